"""How much was done on each day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.days import midnight
from labeling.lead.decided import DAYS, Decided, count_decided
from labeling.models import REVIEWING, Assignment, Project, Purpose, Status


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """What a project's people did on one day: counted primary answers, adjudications of any kind, and candidates decided for good."""

    day: date
    primary: int
    adjudications: int
    decided: int

    @property
    def answers(self) -> int:
        """Primary answers and adjudications together."""
        return self.primary + self.adjudications


def count_days(project: Project, decided: Decided | None = None) -> list[DayCount]:
    """The last `DAYS` days including today, oldest first, idle ones as zeros; days are those of the site's time zone.

    Answers are those that still stand on the day they came in. `decided` are the project's decisions where they are counted already; one
    made elsewhere was not decided here and is left out.
    """
    decided = decided or count_decided(project)
    since = midnight() - timedelta(days=DAYS - 1)
    answered = Assignment.objects.filter(project=project, status=Status.SUBMITTED, submitted_at__gte=since).order_by()
    primary: Counter[date] = Counter()
    adjudications: Counter[date] = Counter()
    for day, purpose, count in answered.values_list(TruncDate("submitted_at"), "purpose").annotate(count=Count("pk")):
        if purpose == Purpose.PRIMARY:
            primary[day] += count
        elif purpose in REVIEWING:
            adjudications[day] += count
    first = timezone.localdate() - timedelta(days=DAYS - 1)
    each = [first + timedelta(days=number) for number in range(DAYS)]
    return [DayCount(day=day, primary=primary[day], adjudications=adjudications[day], decided=decided.per_day[day]) for day in each]

"""How much was done on each day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.days import midnight
from labeling.models import REVIEWING, Assignment, Decision, Project, Purpose, Status

DAYS = 30


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


def count_days(project: Project, days: int = DAYS) -> list[DayCount]:
    """The last `days` days including today, oldest first, idle ones as zeros; days are those of the site's time zone.

    Answers are those that still stand on the day they came in. A decision made elsewhere was not decided here and is left out.
    """
    since = midnight() - timedelta(days=days - 1)
    answered = Assignment.objects.filter(project=project, status=Status.SUBMITTED, submitted_at__gte=since)
    primary = per_day(answered.filter(purpose=Purpose.PRIMARY), "submitted_at")
    adjudications = per_day(answered.filter(purpose__in=REVIEWING), "submitted_at")
    here = Decision.objects.current().filter(decided_at__gte=since).exclude(how=Decision.How.IMPORTED).of_project(project.pk)
    decided = per_day(here, "decided_at")
    first = timezone.localdate() - timedelta(days=days - 1)
    each = [first + timedelta(days=number) for number in range(days)]
    return [DayCount(day=day, primary=primary[day], adjudications=adjudications[day], decided=decided[day]) for day in each]


def per_day(rows: QuerySet[Assignment] | QuerySet[Decision], column: str) -> Counter[date]:
    """How many of `rows` fall on each day."""
    return Counter(dict(rows.order_by().annotate(on=TruncDate(column)).values_list("on").annotate(count=Count("pk"))))

"""The decisions of a project, counted in one reading: how they were reached, and on which days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Count, Q, When
from django.db.models.functions import TruncDate

from labeling.days import midnight
from labeling.models import Decision, Project

DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The decisions that stand: `others` are those that no two equal answers made, by how they were reached; `per_day` those of the last
    `DAYS` days of the site's time zone, without decisions made elsewhere.
    """

    others: Counter[str]
    per_day: Counter[date]


def count_decided(project: Project) -> Decided:
    """The decisions of `project`; both counts at once, for in a large project it takes long to look up whose decision each is."""
    recent = Q(decided_at__gte=midnight() - timedelta(days=DAYS - 1))
    found = Decision.objects.current().filter(recent | ~Q(how=Decision.How.CONSENSUS)).of_project(project.pk).order_by()
    keys = "how", Case(When(recent, then=TruncDate("decided_at")))
    others: Counter[str] = Counter()
    per_day: Counter[date] = Counter()
    for how, day, count in found.values_list(*keys).annotate(count=Count("pk")):
        if how != Decision.How.CONSENSUS:
            others[how] += count
        if how != Decision.How.IMPORTED and day is not None:
            per_day[day] += count
    return Decided(others=others, per_day=per_day)

"""The judges of a project with what they cover, how often they fail and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from judging.lead.coverage import candidates_to_judge, count_covered
from judging.lead.words import name_rubric
from judging.models import Backend, Judge, JudgeRun, Score
from judging.rubrics.base import Why
from labeling.models import Project


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many out of so many."""

    count: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        """In [0, 1]; None where there is nothing to divide by."""
        return self.count / self.total if self.total else None

    @property
    def percent(self) -> float | None:
        """In percent; None where there is nothing to divide by."""
        return None if self.share is None else 100 * self.share


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What came of all runs of a judge: unusable replies among all, and their cost."""

    unusable: Rate
    cost_usd: Decimal


NOTHING = Spent(unusable=Rate(), cost_usd=Decimal(0))


@dataclass(frozen=True, kw_only=True)
class JudgeRow:
    """A judge with its figures.

    `covered` counts candidates it has judged as they are now among those that can be, `unusable` replies without a value among all of its
    runs, `not_applicable` scores of concepts that do not apply among those that stand. `cost_usd` is None where nobody can tell.
    """

    judge: Judge
    covered: Rate
    unusable: Rate
    not_applicable: Rate
    cost_usd: Decimal | None
    last_run: JudgeRun | None

    @property
    def rubric_name(self) -> str:
        """The rubric in words."""
        return name_rubric(self.judge.rubric)


def list_judges(project: Project) -> list[JudgeRow]:
    """Every judge version of the project, by name, newest version first."""
    return read_rows(project, Judge.objects.filter(project=project).select_related("project", "created_by"))


def read_row(judge: Judge) -> JudgeRow:
    """One judge with its figures."""
    return read_rows(judge.project, Judge.objects.filter(pk=judge.pk).select_related("project", "created_by"))[0]


def read_rows(project: Project, judges: QuerySet[Judge]) -> list[JudgeRow]:
    """Judges with their figures, in their order."""
    candidates, known = candidates_to_judge(project).count(), dict[int, str]()
    ids = [judge.pk for judge in judges]
    runs, inapplicable, last = sum_runs(ids), count_inapplicable(ids), last_runs(ids)
    return [
        JudgeRow(
            judge=judge,
            covered=Rate(count=count_covered(judge, known), total=candidates),
            unusable=runs.get(judge.pk, NOTHING).unusable,
            not_applicable=inapplicable.get(judge.pk, Rate()),
            cost_usd=runs.get(judge.pk, NOTHING).cost_usd if tells_cost(judge) else None,
            last_run=last.get(judge.pk),
        )
        for judge in judges
    ]


def tells_cost(judge: Judge) -> bool:
    """Whether the cost of its calls is known: a server's prices have to be given, everything else is free of charge."""
    return judge.backend != Backend.OPENAI or all(judge.config.get(name) is not None for name in ("price_in_usd", "price_out_usd"))


def sum_runs(judges: list[int]) -> dict[int, Spent]:
    """By judge: what its runs have counted; the replies themselves are not read."""
    rows = JudgeRun.objects.filter(judge__in=judges).order_by().values_list("judge")
    summed = rows.annotate(Sum("calls"), Sum("unusable"), Sum("cost_usd"))
    return {judge: Spent(unusable=Rate(count=unusable, total=calls), cost_usd=cost) for judge, calls, unusable, cost in summed}


def count_inapplicable(judges: list[int]) -> dict[int, Rate]:
    """By judge: scores whose concept does not apply among those that stand."""
    rows = Score.objects.filter(judge__in=judges, superseded_at=None).order_by().values("judge")
    counted = rows.annotate(count=Count("pk", filter=Q(why=Why.NOT_APPLICABLE)), total=Count("pk")).values_list("judge", "count", "total")
    return {judge: Rate(count=count, total=total) for judge, count, total in counted}


def last_runs(judges: list[int]) -> dict[int, JudgeRun]:
    """By judge: its newest run."""
    newest = JudgeRun.objects.filter(judge__in=judges).order_by().values("judge").annotate(last=Max("pk")).values("last")
    return {run.judge_id: run for run in JudgeRun.objects.filter(pk__in=newest)}


def find_judge(project: Project, public_id: Any) -> Judge | None:
    """A judge of this project; None if there is none by that id."""
    return Judge.objects.filter(project=project, public_id=public_id).select_related("project", "created_by").first()

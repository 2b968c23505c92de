"""The judges of a project with what they cover, how often they fail and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from judging.lead.words import name_rubric
from judging.load_material import JUDGED
from judging.models import Backend, Call, Judge, JudgeRun, Score
from judging.rubrics.base import Why
from labeling.models import Candidate, Project


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
class JudgeRow:
    """A judge with its figures.

    `covered` counts candidates it has judged as they are now among those that can be, `unusable` calls without a value among those that
    stand, `not_applicable` scores of concepts that do not apply among those that stand. `cost_usd` is None where nobody can tell.
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
    return read_rows(project, Judge.objects.filter(project=project).select_related("created_by"))


def read_row(judge: Judge) -> JudgeRow:
    """One judge with its figures."""
    return read_rows(judge.project, Judge.objects.filter(pk=judge.pk).select_related("created_by"))[0]


def read_rows(project: Project, judges: QuerySet[Judge]) -> list[JudgeRow]:
    """Judges with their figures, in their order."""
    candidates = count_candidates(project)
    ids = [judge.pk for judge in judges]
    covered, unusable, inapplicable = count_covered(ids), count_unusable(ids), count_inapplicable(ids)
    spent = dict(JudgeRun.objects.filter(judge__in=ids).order_by().values_list("judge").annotate(Sum("cost_usd")))
    last = last_runs(ids)
    return [
        JudgeRow(
            judge=judge,
            covered=Rate(count=covered.get(judge.pk, 0), total=candidates),
            unusable=unusable.get(judge.pk, Rate()),
            not_applicable=inapplicable.get(judge.pk, Rate()),
            cost_usd=spent.get(judge.pk, Decimal(0)) if tells_cost(judge) else None,
            last_run=last.get(judge.pk),
        )
        for judge in judges
    ]


def tells_cost(judge: Judge) -> bool:
    """Whether the cost of its calls is known: a server's prices have to be given, everything else is free of charge."""
    return judge.backend != Backend.OPENAI or all(judge.config.get(name) is not None for name in ("price_in_usd", "price_out_usd"))


def candidates_to_judge(project: Project) -> QuerySet[Candidate]:
    """The candidates that judges look at: submitted samples with an image that are not withdrawn or still being imported."""
    return Candidate.objects.filter(project=project, is_submitted_sample=True, image__isnull=False, state__in=JUDGED)


def count_candidates(project: Project) -> int:
    """How many candidates of the project judges look at."""
    return candidates_to_judge(project).count()


def count_covered(judges: list[int]) -> Mapping[int, int]:
    """By judge: how many candidates have a score about the image they have now, or one of their bundle where it speaks of bundles alone."""
    standing = Score.objects.current().filter(judge__in=judges).order_by()
    own = standing.filter(
        candidate__is_submitted_sample=True, candidate__state__in=JUDGED, candidate__image__isnull=False, image=F("candidate__image")
    )
    found: dict[int, int] = dict(own.values_list("judge").annotate(Count("candidate", distinct=True)))
    for judge in standing.filter(candidate=None).exclude(judge__in=found).values_list("judge", flat=True).distinct():
        bundles = standing.filter(judge=judge, candidate=None).values("bundle")
        shown = Candidate.objects.filter(bundle__in=bundles, is_submitted_sample=True, image__isnull=False, state__in=JUDGED)
        found[judge] = shown.count()
    return found


def count_unusable(judges: list[int]) -> dict[int, Rate]:
    """By judge: calls whose reply was unusable among those that stand."""
    rows = Call.objects.filter(judge__in=judges, superseded_at=None).order_by().values("judge")
    counted = rows.annotate(count=Count("pk", filter=~Q(why="")), total=Count("pk")).values_list("judge", "count", "total")
    return {judge: Rate(count=count, total=total) for judge, count, total in counted}


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

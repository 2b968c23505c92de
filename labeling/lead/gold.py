"""The gold of a project as its leads see it, and who missed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Decision, Gold, Project, Purpose, State, Status

RELATED = ("candidate__bundle__task", "candidate__bundle__generator", "candidate__deliverable")


@dataclass(frozen=True, kw_only=True)
class GoldRow:
    """One candidate that is gold, with how often it was answered for good. `is_current`: its answer is still that of the decision and its
    image the same, so it is given out."""

    gold: Gold
    given: int
    missed: int
    is_current: bool


def list_gold(project: Project) -> list[GoldRow]:
    """The gold of the project that was not retired, the newest first."""
    rows = Gold.objects.filter(project=project, retired_at=None).select_related("image", "added_by", *RELATED).order_by("-pk")
    decided = dict(
        Decision.objects.current().filter(candidate__in=rows.values("candidate")).order_by().values_list("candidate_id", "verdict")
    )
    answers = Assignment.objects.filter(candidate__in=rows.values("candidate"), purpose=Purpose.GOLD, status=Status.SUBMITTED)
    answers = answers.filter(editable_until__lte=timezone.now())
    said: dict[int, list[str]] = {}
    for candidate, verdict in answers.order_by().values_list("candidate_id", "verdict"):
        said.setdefault(candidate, []).append(str(verdict))
    return [
        GoldRow(
            gold=row,
            given=len(said.get(row.candidate_id, [])),
            missed=sum(verdict != row.verdict for verdict in said.get(row.candidate_id, [])),
            is_current=is_current(row, decided.get(row.candidate_id)),
        )
        for row in rows
    ]


def is_current(gold: Gold, decided: str | None) -> bool:
    """Whether the ground of a gold is still there."""
    candidate = gold.candidate
    return candidate.state == State.SETTLED and candidate.image_id == gold.image_id and decided == gold.verdict


def gold_answers(project: Project) -> QuerySet[Any]:
    """Every assignment of gold whose answer can be changed no more, with the known answer as `wanted`."""
    # Of several that a candidate was over time, the one the person was given.
    of_answer = Gold.objects.filter(candidate=OuterRef("candidate"), image=OuterRef("image"), added_at__lte=OuterRef("leased_at"))
    wanted = Subquery(of_answer.order_by("-pk").values("verdict")[:1], output_field=CharField())
    candidates = Gold.objects.filter(project=project).values("candidate")
    rows = Assignment.objects.filter(candidate__in=candidates, purpose=Purpose.GOLD, status=Status.SUBMITTED)
    return rows.filter(editable_until__lte=timezone.now()).annotate(wanted=wanted).filter(wanted__isnull=False)


def missed_gold(project: Project) -> QuerySet[Any]:
    """Answers to gold that are wrong and that no lead has looked at, oldest first."""
    wrong = gold_answers(project).filter(reviewed_at=None).exclude(verdict=F("wanted")).order_by("submitted_at", "pk")
    return wrong.select_related("person", "image", *RELATED).prefetch_related(Prefetch("answers", Answer.objects.order_by("-number")))


def find_gold_of(candidate: Candidate) -> Gold | None:
    """The gold that the candidate is; None if it is none."""
    return Gold.objects.filter(candidate=candidate, retired_at=None).first()

"""Audits and second adjudications that contradict the decision they were drawn to look at once more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, F, OuterRef, Prefetch, QuerySet, Subquery, Value, When

from labeling.among import Ids
from labeling.models import DECIDING, Answer, Assignment, Decision, Project, Purpose, Reason, Status
from labeling.models.assignment import AssignmentQuerySet

RELATED = ("person", "image", "candidate__bundle__task", "candidate__bundle__generator", "candidate__deliverable")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one person said of the candidate; `is_check` is the one that contradicts."""

    person: str
    purpose: str
    answer: Answer
    reasons: list[str]
    is_check: bool


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """One audit or second adjudication that contradicts, with everything that was said in its round."""

    row: Assignment
    said: list[Said]


def contradicting(checks: AssignmentQuerySet) -> AssignmentQuerySet:
    """Those of `checks` that contradict the decision they were drawn to look at, as long as that stands."""
    how = Case(When(purpose=Purpose.AUDIT, then=Value(Decision.How.CONSENSUS)), default=Value(Decision.How.ADJUDICATION))
    decided = Decision.objects.filter(
        candidate=OuterRef("candidate"), round=OuterRef("round"), revoked_event=None, how=OuterRef("looked_at")
    )
    verdict = Subquery(decided.order_by().values("verdict")[:1])
    return checks.alias(looked_at=how).alias(decided=verdict).filter(decided__isnull=False).exclude(decided=F("verdict"))


def find_open(project: Project) -> list[int]:
    """Row ids of the contradictions of a project that no lead has looked at."""
    unseen = contradicting(Assignment.objects.checks(project.pk).filter(reviewed_at=None))
    return list(unseen.order_by("pk").values_list("pk", flat=True))


def open_contradictions(project: Project) -> QuerySet[Assignment]:
    """Contradictions that no lead has looked at, oldest first."""
    rows = Assignment.objects.filter(pk__among=Ids(find_open(project))).order_by("submitted_at", "pk")
    answered = Assignment.objects.filter(purpose__in=DECIDING, status=Status.SUBMITTED).order_by("submitted_at", "pk")
    answered = answered.select_related("person").prefetch_related(Prefetch("answers", Answer.objects.order_by("-number")))
    return rows.select_related(*RELATED).prefetch_related(Prefetch("candidate__assignments", answered, to_attr="said"))


def describe_contradiction(row: Assignment) -> Contradiction:
    """A row of `open_contradictions` with who said what in its round, in the order of time."""
    here: Iterable[Assignment] = (other for other in row.candidate.said if other.round == row.round)  # type: ignore[attr-defined]
    return Contradiction(row=row, said=[describe_said(other, row) for other in here])


def describe_said(row: Assignment, check: Assignment) -> Said:
    """What the person of one row says now: their newest answer."""
    newest = row.answers.all()[0]
    return Said(
        person=row.person.get_username(),
        purpose=row.get_purpose_display(),
        answer=newest,
        reasons=[str(reason.label) for reason in Reason if reason in newest.reasons],
        is_check=row.pk == check.pk,
    )

"""Audits and second adjudications written straight into the tables."""

from __future__ import annotations

from datetime import timedelta

from labeling.models import Assignment, Candidate, Project, User
from tests.labeling.paired import NOON
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment, raw_decision

OPPOSITE = {"accept": "reject", "reject": "accept"}


def write_checks(project: Project, first: User, second: User, most: int = 40) -> None:
    """Audit up to `most` agreed candidates of a project of pairs, and adjudicate as many disputes twice; every eighth check contradicts."""
    pairs = Candidate.objects.filter(project=project).prefetch_related("assignments").order_by("pk")
    said = [(candidate, [str(row.verdict) for row in candidate.assignments.all()]) for candidate in pairs]
    agreed = [(candidate, verdicts[0]) for candidate, verdicts in said if len(set(verdicts)) == 1]
    for number, (candidate, verdict) in enumerate(agreed[:most]):
        raw_decision(candidate, verdict=verdict)
        answer_raw(candidate, first, "audit", OPPOSITE[verdict] if number % 8 == 0 else verdict, number)
    disputed = [candidate for candidate, verdicts in said if len(set(verdicts)) == 2]
    for number, candidate in enumerate(disputed[:most]):
        raw_decision(candidate, verdict="accept", how="adjudication")
        answer_raw(candidate, first, "adjudication", "accept", number)
        answer_raw(candidate, second, "second_adjudication", "reject" if number % 8 == 0 else "accept", number)


def answer_raw(candidate: Candidate, person: User, purpose: str, verdict: str, number: int) -> Assignment:
    """A submitted row with its first answer, week by week."""
    at = NOON + timedelta(days=7 * (number % 3))
    times = {"submitted_at": at, "editable_until": at}
    row = raw_assignment(candidate, person, purpose=purpose, **answered(verdict) | times)
    if purpose == "adjudication":
        Assignment.objects.filter(pk=row.pk).update(confirmed_at=at)
    raw_answer(row, verdict=verdict)
    return row

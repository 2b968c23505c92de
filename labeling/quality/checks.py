"""What audits, second adjudications and reveals came to, row by row, for the figures of the control page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils import timezone

from labeling.among import Ids
from labeling.days import monday_of
from labeling.models import Answer, Assignment, Project, Purpose, Status, Verdict
from labeling.quality.pairs import WINDOW

Place = tuple[int, int]  # candidate and round


class Audit(NamedTuple):
    """An audit of two equal answers; `contradicts`: it says the opposite."""

    task: int
    category: str
    contradicts: bool


class Second(NamedTuple):
    """The blind answers of two adjudicators to one dispute, as 1 for accept and 0 for reject; the Monday of the first one's week."""

    task: int
    first: int
    second: int
    week: str


class Reveal(NamedTuple):
    """An adjudication that was confirmed or revised; `changed`: its verdict is no longer that of the blind answer."""

    task: int
    changed: bool


def read_audits(project: Project) -> list[Audit]:
    """Every audit of two answers that stand and are equal, in whichever round.

    What a lead reopened because of an audit stays in: without it only the audits that nobody minded would be left.
    """
    columns = ("candidate_id", "round", "verdict", "candidate__bundle__task_id", "candidate__bundle__task__category")
    rows = list(Assignment.objects.checks(project.pk).filter(purpose=Purpose.AUDIT).order_by("pk").values_list(*columns))
    agreed = read_agreed({candidate for candidate, *_rest in rows})
    return [
        Audit(task=task, category=category, contradicts=verdict != agreed[candidate, number])
        for candidate, number, verdict, task, category in rows
        if (candidate, number) in agreed
    ]


def read_agreed(candidates: Iterable[int]) -> dict[Place, str]:
    """What the two primary answers of a round say where they stand and are equal."""
    said: dict[Place, list[str]] = {}
    for ids in in_windows(candidates):
        rows = Assignment.objects.primaries().filter(candidate__among=ids).order_by()
        for candidate, number, verdict in rows.values_list("candidate_id", "round", "verdict"):
            said.setdefault((candidate, number), []).append(str(verdict))
    return {place: verdicts[0] for place, verdicts in said.items() if len(verdicts) == 2 and verdicts[0] == verdicts[1]}


def read_seconds(project: Project) -> list[Second]:
    """Every second adjudication whose first one stands."""
    rows = Assignment.objects.checks(project.pk).filter(purpose=Purpose.SECOND_ADJUDICATION).order_by("pk")
    found = list(rows.values_list("candidate_id", "round", "verdict", "candidate__bundle__task_id"))
    firsts = read_firsts({candidate for candidate, *_rest in found})
    return [
        Second(task=task, first=firsts[candidate, number][0], second=accepts(verdict), week=firsts[candidate, number][1])
        for candidate, number, verdict, task in found
        if (candidate, number) in firsts
    ]


def read_firsts(candidates: Iterable[int]) -> dict[Place, tuple[int, str]]:
    """The blind answer of the adjudication of each round of these candidates, and the Monday of its week."""
    found: dict[Place, tuple[int, str]] = {}
    zone = timezone.get_current_timezone()
    for ids in in_windows(candidates):
        blind = Answer.objects.filter(number=1, assignment__candidate__among=ids, assignment__purpose=Purpose.ADJUDICATION)
        rows = blind.filter(assignment__status=Status.SUBMITTED).order_by()
        columns = ("assignment__candidate_id", "assignment__round", "verdict", "assignment__submitted_at")
        for candidate, number, verdict, at in rows.values_list(*columns):
            found[candidate, number] = accepts(verdict), monday_of(at.astimezone(zone).date()).isoformat()
    return found


def read_reveals(project: Project) -> list[Reveal]:
    """Every adjudication that was confirmed or revised after the reveal."""
    rows = Assignment.objects.filter(project=project, purpose=Purpose.ADJUDICATION, status=Status.SUBMITTED, confirmed_at__isnull=False)
    found = list(rows.order_by("pk").values_list("pk", "verdict", "candidate__bundle__task_id"))
    blind: dict[int, str | None] = {}
    for ids in in_windows(pk for pk, *_rest in found):
        blind.update(Answer.objects.filter(number=1, assignment__among=ids).order_by().values_list("assignment_id", "verdict"))
    return [Reveal(task=task, changed=verdict != blind[pk]) for pk, verdict, task in found]


def accepts(verdict: str | None) -> int:
    """1 for accept, 0 for reject."""
    return int(verdict == Verdict.ACCEPT)


def in_windows(ids: Iterable[int]) -> Iterator[Ids]:
    """So many row ids at a time that no statement takes long."""
    ordered = sorted(ids)
    return (Ids(ordered[start : start + WINDOW]) for start in range(0, len(ordered), WINDOW))

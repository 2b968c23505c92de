"""What a list of candidates shows of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from labeling.browse.find import read_all
from labeling.browse.orders import Order
from labeling.browse.wanted import ANSWERED, Wanted
from labeling.models import Assignment, Candidate, Decision, Flag, Project, Purpose, Status

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Row:
    """One candidate with its decision, what was answered in its present round, and what else to look at."""

    candidate: Candidate
    decision: Decision | None
    primaries: list[Assignment]
    adjudication: Assignment | None
    surplus: int
    flags: int


def load_rows(ids: Sequence[int]) -> list[Row]:
    """The rows of these candidates, in the order of `ids`."""
    answers = Assignment.objects.filter(status__in=ANSWERED).select_related("person").order_by("seat", "pk")
    candidates = Candidate.objects.select_related("bundle__task", "bundle__generator", "deliverable", "image").prefetch_related(
        Prefetch("assignments", answers, to_attr="answered"), Prefetch("decisions", Decision.objects.current(), to_attr="standing")
    )
    flagged = list(Flag.objects.filter(assignment__candidate__in=ids).order_by("pk").values_list("assignment__candidate_id", flat=True))
    found = {row.pk: make_row(row, flagged.count(row.pk)) for row in candidates.filter(pk__in=ids).order_by("pk")}
    return [found[pk] for pk in ids if pk in found]


def make_row(candidate: Any, flags: int) -> Row:
    """One row; `candidate` has its answers and its standing decision loaded."""
    present = [row for row in candidate.answered if row.round == candidate.round and row.status == Status.SUBMITTED]
    return Row(
        candidate=candidate,
        decision=candidate.standing[0] if candidate.standing else None,
        primaries=[row for row in present if row.purpose == Purpose.PRIMARY],
        adjudication=next((row for row in present if row.purpose == Purpose.ADJUDICATION), None),
        surplus=sum(row.status == Status.SURPLUS for row in candidate.answered),
        flags=flags,
    )


def list_columns() -> list[str]:
    """The heads of the table as a file."""
    return [
        _("candidate"),
        _("task"),
        _("name"),
        _("category"),
        _("deliverable"),
        _("generator"),
        _("sample"),
        _("state"),
        _("reason"),
        _("last change"),
        _("round"),
        _("decision"),
        _("how decided"),
        *(head % {"number": number} for number in (1, 2) for head in (_("person %(number)d"), _("answer %(number)d"))),
        _("adjudicator"),
        _("adjudication"),
        _("surplus answers"),
        _("flags"),
    ]


def list_cells(rows: Iterable[Row]) -> Iterator[list[Any]]:
    """The table as a file; codes and not names, so that a program can read it in every language."""
    for row in rows:
        candidate, task = row.candidate, row.candidate.bundle.task
        answered = [*row.primaries[:2], None, None][:2]
        yield [
            candidate.public_id,
            task.external_id,
            task.name,
            task.category,
            candidate.deliverable.number,
            candidate.bundle.generator.slug,
            candidate.sample,
            candidate.state,
            candidate.reason,
            candidate.state_changed_at.isoformat(),
            candidate.round,
            row.decision.verdict if row.decision else "",
            row.decision.how if row.decision else "",
            *(cell for answer in (*answered, row.adjudication) for cell in name_answer(answer)),
            row.surplus,
            row.flags,
        ]


def name_answer(row: Assignment | None) -> tuple[str, str]:
    """Who answered and what; empty texts for None."""
    return (row.person.get_username(), row.verdict or "") if row else ("", "")


def read_table(project: Project, wanted: Wanted, order: Order) -> Iterator[list[Any]]:
    """Every matching candidate as cells, read page by page so that no statement lasts and memory stays flat."""
    for piece in read_all(project, wanted, order):
        ids = [abs(key[-1]) for key in piece]
        for start in range(0, len(ids), AT_ONCE):
            yield from list_cells(load_rows(ids[start : start + AT_ONCE]))

"""The assignments of candidates as of an event, with answers, skips and flags, people under their pseudonyms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from labeling.data_out.as_of import CandidateAsOf
from labeling.data_out.history import read_statuses
from labeling.data_out.pseudonym import make_pseudonym
from labeling.models import Answer, Assignment, Flag, Project, Purpose, Skip, Status

Described = dict[str, Any]

ASSIGNMENT = (
    "pk",
    "candidate_id",
    "person__public_id",
    "purpose",
    "seat",
    "round",
    "status",
    "arm",
    "release_reason",
    "void_reason",
    "late_of_id",
    "image__sha256",
    "task_version",
)
ANSWER = (
    "number",
    "kind",
    "verdict",
    "reasons",
    "note",
    "reason_class",
    "exposure",
    "model_version",
    "probability",
    "shown_at",
    "answered_at",
    "received_at",
    "active_ms",
    "guideline__number",
)
# The same in an export, where a guideline is named by its number.
ANSWER_KEYS = (*ANSWER[:-1], "guideline")


def read_assignments(project: Project, candidates: Sequence[CandidateAsOf], cutoff: int) -> dict[int, list[Described]]:
    """Every assignment that each candidate had at event `cutoff`, oldest first, by the row id of the candidate."""
    ids = [candidate.pk for candidate in candidates]
    rows: dict[int, list[Described]] = {}
    for row in Assignment.objects.filter(candidate__among=ids).order_by("pk").values(*ASSIGNMENT):
        rows.setdefault(row["candidate_id"], []).append(row)
    # Read after the rows, so that whatever happened to one in between is taken back.
    changed = read_statuses(ids, cutoff)
    answers = read_answers([row["pk"] for found in rows.values() for row in found], cutoff)
    skips = read_skips([pk for candidate in candidates for pk in candidate.history.skipped])
    flags = read_flags([pk for candidate in candidates for pk in candidate.history.flags])
    found = {}
    for candidate in candidates:
        mine = as_they_were(rows.get(candidate.pk, []), changed.get(candidate.pk))
        numbers = {row["pk"]: number for number, row in enumerate(mine, start=1)}
        found[candidate.pk] = [
            describe_assignment(project, row, candidate.history.round, numbers)
            | {"answers": answers.get(row["pk"], []), "skip": skips.get(row["pk"]), "flags": flags.get(row["pk"], [])}
            for row in mine
        ]
    return found


def as_they_were(rows: list[Described], statuses: dict[int, str] | None) -> list[Described]:
    """The assignments of a candidate with the `statuses` that they had, without those that came later; as they are for None."""
    return rows if statuses is None else [row | {"status": statuses[row["pk"]]} for row in rows if row["pk"] in statuses]


def describe_assignment(project: Project, row: Described, current_round: int, numbers: dict[int, int]) -> Described:
    """One assignment without its answers; `numbers` are the places of the candidate's assignments, by row id."""
    status = row["status"]
    counts = status == Status.SUBMITTED and row["round"] == current_round and row["purpose"] in (Purpose.PRIMARY, Purpose.ADJUDICATION)
    return {
        "number": numbers[row["pk"]],
        "person": make_pseudonym(project, row["person__public_id"]),
        "purpose": row["purpose"],
        "seat": row["seat"],
        "round": row["round"],
        "status": status,
        "counted": counts,
        # A lease that ended after the cut-off has a reason by now that it did not have then.
        "release_reason": row["release_reason"] if status == Status.RELEASED else "",
        "void_reason": row["void_reason"] if status == Status.VOID else "",
        "late_of": numbers.get(row["late_of_id"]),
        "arm": row["arm"],
        "task_version": row["task_version"],
        "image_sha256": row["image__sha256"],
    }


def read_answers(assignment_ids: Collection[int], cutoff: int) -> dict[int, list[Described]]:
    """The answers up to event `cutoff` by the row id of their assignment, in the order they were given."""
    answers: dict[int, list[Described]] = {}
    rows = Answer.objects.filter(assignment__among=assignment_ids, event__lte=cutoff).order_by("assignment_id", "number")
    for assignment_id, *values in rows.values_list("assignment_id", *ANSWER):
        answers.setdefault(assignment_id, []).append(dict(zip(ANSWER_KEYS, values, strict=True)))
    return answers


def read_skips(assignment_ids: Collection[int]) -> dict[int, Described]:
    """The skips of these assignments; only those whose event is not after the cut-off are asked for."""
    if not assignment_ids:
        return {}
    rows = Skip.objects.filter(assignment__among=assignment_ids).values("assignment_id", "why", "note", "created_at")
    return {row["assignment_id"]: {"why": row["why"], "note": row["note"], "skipped_at": row["created_at"]} for row in rows}


def read_flags(flag_ids: Collection[int]) -> dict[int, list[Described]]:
    """These flags by the row id of their assignment, oldest first; the lead's replies are not exported."""
    flags: dict[int, list[Described]] = {}
    if not flag_ids:
        return flags
    for row in Flag.objects.filter(pk__among=flag_ids).order_by("pk").values("assignment_id", "text", "created_at"):
        flags.setdefault(row["assignment_id"], []).append({"text": row["text"], "flagged_at": row["created_at"]})
    return flags

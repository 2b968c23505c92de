"""The assignments of candidates as of an event, with answers, skips and flags, people under their pseudonyms."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Func

from labeling.among import Ids
from labeling.data_out.as_of import CandidateAsOf
from labeling.data_out.columns import Parsed
from labeling.data_out.history import read_statuses
from labeling.data_out.page_rows import read_images
from labeling.data_out.pseudonym import make_pseudonym
from labeling.models import Answer, Assignment, Flag, Project, Purpose, Skip, Status, User
from labeling.moment import Moment

Described = dict[str, Any]

# Plain texts: a member of an enumeration takes longer to look up than the whole comparison.
SUBMITTED, RELEASED, VOID = Status.SUBMITTED.value, Status.RELEASED.value, Status.VOID.value
COUNTING = frozenset({Purpose.PRIMARY.value, Purpose.ADJUDICATION.value})


class AssignmentRow(NamedTuple):
    """What the row of an assignment says now."""

    pk: int
    candidate_id: int
    person_id: int
    purpose: str
    seat: int | None
    round: int
    status: str
    arm: str
    release_reason: str
    void_reason: str
    late_of_id: int | None
    image_id: int
    task_version: int


# The columns of an answer under the names they have in an export.
ANSWER: dict[str, str | Func] = {
    "number": "number",
    "kind": "kind",
    "verdict": "verdict",
    "reasons": Parsed("reasons"),
    "note": "note",
    "reason_class": "reason_class",
    "exposure": "exposure",
    "model_version": "model_version",
    "probability": "probability",
    "shown_at": Moment("shown_at"),
    "answered_at": Moment("answered_at"),
    "received_at": Moment("received_at"),
    "active_ms": "active_ms",
    "guideline": "guideline__number",
}


def read_assignments(project: Project, candidates: Sequence[CandidateAsOf], cutoff: int) -> dict[int, list[Described]]:
    """Every assignment that each candidate had at event `cutoff`, oldest first, by the row id of the candidate."""
    ids = [candidate.pk for candidate in candidates]
    rows: dict[int, list[AssignmentRow]] = {pk: [] for pk in ids}
    assignments = Assignment.objects.filter(candidate__among=Ids(ids)).order_by("pk")
    for row in map(AssignmentRow._make, assignments.values_list(*AssignmentRow._fields)):
        rows[row.candidate_id].append(row)
    # Read after the rows, so that whatever happened to one in between is taken back.
    changed = read_statuses(ids, cutoff)
    answers = read_answers([row.pk for mine in rows.values() for row in mine], cutoff)
    skips = read_skips([pk for candidate in candidates for pk in candidate.history.skipped])
    flags = read_flags([pk for candidate in candidates for pk in candidate.history.flags])
    names = name_people(project, {row.person_id for mine in rows.values() for row in mine})
    images = read_images({row.image_id for mine in rows.values() for row in mine})
    found = {}
    for candidate in candidates:
        mine = as_they_were(rows[candidate.pk], changed.get(candidate.pk))
        found[candidate.pk] = described = list(describe_assignments(mine, names, images, candidate.history.round))
        for row, about in zip(mine, described, strict=True):
            about["answers"], about["skip"], about["flags"] = answers.get(row.pk, []), skips.get(row.pk), flags.get(row.pk, [])
    return found


def as_they_were(rows: list[AssignmentRow], statuses: dict[int, str] | None) -> list[AssignmentRow]:
    """The assignments of a candidate with the `statuses` that they had, without those that came later; as they are for None."""
    return rows if statuses is None else [row._replace(status=statuses[row.pk]) for row in rows if row.pk in statuses]


def name_people(project: Project, person_ids: Collection[int]) -> dict[int, str]:
    """The pseudonyms of people in exports of `project`, by the row id of their account."""
    people = User.objects.filter(pk__among=Ids(person_ids)).values_list("pk", "public_id")
    return {pk: make_pseudonym(project, public_id) for pk, public_id in people}


def describe_assignments(
    rows: Sequence[AssignmentRow], names: Mapping[int, str], images: Mapping[int, str], current_round: int
) -> Iterator[Described]:
    """The assignments of a candidate without what was answered, skipped and flagged.

    `names` are pseudonyms and `images` SHA-256, both by row id; `current_round` is where the candidate stood.
    """
    numbers = {row.pk: number for number, row in enumerate(rows, start=1)}
    for row in rows:
        status = row.status
        yield {
            "number": numbers[row.pk],
            "person": names[row.person_id],
            "purpose": row.purpose,
            "seat": row.seat,
            "round": row.round,
            "status": status,
            "counted": status == SUBMITTED and row.round == current_round and row.purpose in COUNTING,
            # A lease that ended after the cut-off has a reason by now that it did not have then.
            "release_reason": row.release_reason if status == RELEASED else "",
            "void_reason": row.void_reason if status == VOID else "",
            "late_of": numbers.get(row.late_of_id) if row.late_of_id else None,
            "arm": row.arm,
            "task_version": row.task_version,
            "image_sha256": images[row.image_id],
        }


def read_answers(assignment_ids: Collection[int], cutoff: int) -> dict[int, list[Described]]:
    """The answers up to event `cutoff` by the row id of their assignment, in the order they were given."""
    answers: dict[int, list[Described]] = {}
    rows = Answer.objects.filter(assignment__among=Ids(assignment_ids), event__lte=cutoff).order_by("assignment_id", "number")
    for assignment_id, *values in rows.values_list("assignment_id", *ANSWER.values()):
        answers.setdefault(assignment_id, []).append(dict(zip(ANSWER, values, strict=True)))
    return answers


def read_skips(assignment_ids: Collection[int]) -> dict[int, Described]:
    """The skips of these assignments; only those whose event is not after the cut-off are asked for."""
    if not assignment_ids:
        return {}
    rows = Skip.objects.filter(assignment__among=Ids(assignment_ids)).values("assignment_id", "why", "note", "created_at")
    return {row["assignment_id"]: {"why": row["why"], "note": row["note"], "skipped_at": row["created_at"]} for row in rows}


def read_flags(flag_ids: Collection[int]) -> dict[int, list[Described]]:
    """These flags by the row id of their assignment, oldest first; the lead's replies are not exported."""
    flags: dict[int, list[Described]] = {}
    if not flag_ids:
        return flags
    for row in Flag.objects.filter(pk__among=Ids(flag_ids)).order_by("pk").values("assignment_id", "text", "created_at"):
        flags.setdefault(row["assignment_id"], []).append({"text": row["text"], "flagged_at": row["created_at"]})
    return flags

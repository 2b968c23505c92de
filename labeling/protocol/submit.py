"""Submitting a primary answer, in time or late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import LABELLING, Answer, Arm, Assignment, Candidate, Event, Purpose, State, Status, User
from labeling.prepared import adapt, insert_row, update_row
from labeling.protocol.arms import REVEAL_WINDOW, arm_of, choose_seat, find_exposure, read_draw
from labeling.protocol.outcome import Outcome, ProtocolError, once
from labeling.protocol.record import lock_own, record_change
from labeling.protocol.submission import Submission, check_submission

# What `reading.version_read` finds.
VERSION_READ = (
    "(SELECT r.guideline_id FROM labeling_guidelinereading r JOIN labeling_guideline g ON g.id = r.guideline_id"
    " WHERE r.person_id = %s AND g.project_id = %s AND r.read_at <= %s ORDER BY g.number DESC LIMIT 1)"
)
NEXT_NUMBER = "(SELECT COALESCE(MAX(n.number), 0) + 1 FROM labeling_answer n WHERE n.assignment_id = %s)"


def submit_answer(assignment_id: UUID, person: User, submission: Submission, key: UUID) -> Outcome:
    """Record one primary answer; the second one of a candidate settles or disputes it.

    A late answer counts if its lease or a seat is still free, else it is kept as surplus. Raises ProtocolError
    `key_reused`; every other refusal is stored and returned as an outcome of kind `refused`.
    """
    body = {"act": "submit", "assignment": assignment_id, **submission.body()}
    return once(person, key, body, lambda: submit_locked(assignment_id, person, submission))


def submit_locked(assignment_id: UUID, person: User, submission: Submission) -> Outcome:
    """`submit_answer` without the receipt. The lock keeps two people from both finding that theirs is the last answer."""
    candidate, assignment, rows = lock_own(assignment_id, person, "can_label")
    check_submission(candidate.project, submission)
    if assignment.purpose not in LABELLING:
        raise ProtocolError("wrong_purpose", _("This candidate is yours to adjudicate, not to label."))
    if assignment.status == Status.LEASED:
        return count_answer(candidate, assignment, submission, rows)
    if assignment.status == Status.RELEASED and assignment.purpose != Purpose.PRIMARY:
        return submit_hidden_late(candidate, assignment, submission, rows)
    if assignment.status == Status.RELEASED:
        return submit_late(candidate, assignment, submission, rows)
    raise already_answered()


def already_answered() -> ProtocolError:
    """The refusal of a second answer under one lease."""
    return ProtocolError("already_answered", _("You have answered this candidate already. Use undo to change the answer."))


def count_answer(candidate: Candidate, assignment: Assignment, submission: Submission, rows: Sequence[Assignment]) -> Outcome:
    """Turn a live lease of the locked candidate, one of its live `rows`, into a submitted answer."""
    now = timezone.now()
    fill_in(assignment, Status.SUBMITTED, submission, now)
    event = record_change(candidate, Event.Kind.SUBMITTED, assignment.person, assignment, rows=rows)
    answer = add_answer(assignment, Answer.Kind.FIRST, event, submission, now)
    return Outcome(kind="submitted", code="submitted", text=_("Saved"), assignment=assignment.public_id, answer=answer.public_id)


def submit_late(candidate: Candidate, lease: Assignment, submission: Submission, rows: Sequence[Assignment]) -> Outcome:
    """Count an answer whose lease was released if there is room for it in the same round and arm; keep it as surplus otherwise."""
    check_unanswered(lease)
    mine = next((row for row in rows if row.person_id == lease.person_id), None)
    if mine is not None and mine.purpose == Purpose.PRIMARY and mine.status == Status.SUBMITTED and candidate.round == lease.round:
        raise already_answered()
    if not is_unchanged(candidate, lease) or has_seen_answers(candidate, lease):
        return keep_late(candidate, lease, submission, Status.SURPLUS, lease.seat)
    if mine is not None and mine.purpose == Purpose.PRIMARY and mine.arm == lease.arm:
        return count_answer(candidate, mine, submission, rows)
    draw = read_draw(candidate)
    # Another arm is another question: what was answered in one does not count in the other.
    free = [seat for seat in (1, 2) if seat not in {row.seat for row in rows} and arm_of(draw, seat) == lease.arm]
    seat = choose_seat(candidate, lease.person_id, draw, free) if mine is None else None
    if seat is not None:
        return keep_late(candidate, lease, submission, Status.SUBMITTED, seat)
    return keep_late(candidate, lease, submission, Status.SURPLUS, lease.seat)


def submit_hidden_late(candidate: Candidate, lease: Assignment, submission: Submission, rows: Sequence[Assignment]) -> Outcome:
    """Count a late answer to gold or a repeat, which nobody else is waiting for; under the newer lease if the person has one."""
    check_unanswered(lease)
    newer = candidate.assignments.filter(person_id=lease.person_id, purpose=lease.purpose, status__in=[Status.LEASED, Status.SUBMITTED])
    row = newer.first()
    if row is not None and row.status == Status.SUBMITTED:
        raise already_answered()
    if candidate.image_id != lease.image_id:
        return keep_late(candidate, lease, submission, Status.SURPLUS, None)
    if row is None:
        return keep_late(candidate, lease, submission, Status.SUBMITTED, None)
    row.candidate, row.person, row.project = candidate, lease.person, candidate.project
    return count_answer(candidate, row, submission, rows)


def is_unchanged(candidate: Candidate, lease: Assignment) -> bool:
    """Whether the candidate still waits for primary answers to what the person was shown under `lease`."""
    shown = (lease.round, lease.image_id, lease.task_version)
    current = (candidate.round, candidate.image_id, candidate.bundle.task.version)
    return shown == current and candidate.state in (State.OPEN, State.HELD)


def has_seen_answers(candidate: Candidate, lease: Assignment) -> bool:
    """Whether the person adjudicated the candidate in this round and that was voided: no live row bars them, but they are not blind."""
    mine = candidate.assignments.filter(person_id=lease.person_id, round=candidate.round, status=Status.VOID)
    return mine.filter(purpose=Purpose.ADJUDICATION).exists()


def check_unanswered(lease: Assignment) -> None:
    """Raise ProtocolError if a released lease was answered late, or skipped, before."""
    if lease.late_answers.exists():
        raise already_answered()
    if hasattr(lease, "skip"):
        raise ProtocolError("skipped", _("You have skipped this candidate."))


def keep_late(candidate: Candidate, lease: Assignment, submission: Submission, status: Status, seat: int | None) -> Outcome:
    """Write a new row for a late answer that points to the lease it was made under."""
    now = timezone.now()
    row = Assignment(
        project_id=lease.project_id,
        candidate=candidate,
        person=lease.person,
        purpose=lease.purpose,
        round=lease.round,
        seat=seat,
        arm=lease.arm,
        suggestion_id=lease.suggestion_id,
        leased_at=lease.leased_at,
        late_of=lease,
        image_id=lease.image_id,
        task_version=lease.task_version,
    )
    fill_in(row, status, submission, now)
    surplus = status == Status.SURPLUS
    event = record_change(candidate, Event.Kind.SURPLUS if surplus else Event.Kind.SUBMITTED, lease.person, row, late=True)
    answer = add_answer(row, Answer.Kind.FIRST, event, submission, now)
    if surplus:
        text = _("Your time for this candidate was over. Your answer is kept, but not counted.")
        return Outcome(kind="surplus", code="surplus", text=text, assignment=row.public_id, answer=answer.public_id)
    return Outcome(kind="submitted", code="late", text=_("Saved"), assignment=row.public_id, answer=answer.public_id)


def fill_in(row: Assignment, status: Status, submission: Submission, now: datetime) -> None:
    """Store `row` as answered; its undo window is fixed here, so that a later setting does not move it."""
    row.status, row.verdict, row.lease_until, row.is_ahead = status, submission.verdict, None, False
    window = row.project.undo_window
    row.submitted_at, row.editable_until = now, now + (max(window, REVEAL_WINDOW) if row.arm == Arm.REVEAL else window)
    if row.pk is None:
        insert_row(row)
    else:
        update_row(row, ["status", "verdict", "lease_until", "is_ahead", "submitted_at", "editable_until"])


def add_answer(
    assignment: Assignment, kind: Answer.Kind, event: Event, submission: Submission | None, now: datetime, **fields: Any
) -> Answer:
    """Append one answer to `assignment`; `submission` None for taking an answer back.

    The database counts and finds the guideline while it writes: neither is to be read from what comes back.
    """
    answered_at = submission.answered_at(now) if submission else now
    if submission is not None:
        fields |= {
            "verdict": submission.verdict,
            "reasons": submission.sorted_reasons(),
            "note": submission.note,
            "active_ms": submission.active_ms,
            "shown_at": submission.shown_at(now),
            "answered_at": answered_at,
            **find_exposure(assignment),
        }
    # What was read after the answer was given, while it waited to be sent, had no part in it.
    read = (VERSION_READ, [assignment.person_id, assignment.project_id, adapt(answered_at, connection)])
    answer = Answer(assignment=assignment, kind=kind, event=event, received_at=now, **fields)
    insert_row(answer, number=(NEXT_NUMBER, [assignment.pk]), guideline_id=read)
    return answer

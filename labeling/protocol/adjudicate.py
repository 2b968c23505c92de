"""Adjudicating a dispute: blind answer, reveal, then confirm or revise.

Audits and second adjudications come by the same way and end with the blind answer; until then nothing tells them apart.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import (
    REVIEWING,
    Answer,
    Assignment,
    Candidate,
    Event,
    Project,
    Purpose,
    QState,
    ReasonClass,
    State,
    Status,
    Suggestion,
    User,
)
from labeling.protocol.arms import describe, find_revealed
from labeling.protocol.dispute import held_dispute, lease_dispute
from labeling.protocol.outcome import Outcome, ProtocolError, once
from labeling.protocol.reading import find_unread
from labeling.protocol.reap import reap_due
from labeling.protocol.record import live_rows, lock_assignment, record_change, require_right
from labeling.protocol.standing import find_in_play, find_purpose
from labeling.protocol.submission import Submission, check_submission
from labeling.protocol.submit import add_answer, check_unanswered, fill_in, keep_late

REVEAL_STANDS_AFTER = timedelta(hours=24)
KINDS: dict[str, Event.Kind] = {
    Purpose.ADJUDICATION: Event.Kind.ADJUDICATED,
    Purpose.AUDIT: Event.Kind.AUDITED,
    Purpose.SECOND_ADJUDICATION: Event.Kind.SECOND_ADJUDICATED,
}


@dataclass(frozen=True, kw_only=True)
class Reveal:
    """What an adjudicator sees after the blind answer: both primary answers in random order, without names, and what a model had said."""

    own: Answer
    primaries: tuple[Answer, ...]
    suggestion: Suggestion | None


def take_adjudication(project: Project, person: User) -> Assignment | None:
    """The adjudication the person should do now: an unconfirmed reveal first, then what they hold, then a new lease.

    None if there is none for them, the project is paused or archived, or they have to read its guideline first.
    """
    require_right(project, person, "can_adjudicate")
    reap_due(project.pk, limit=5)
    pending = pending_reveal(project, person)
    if pending is not None:
        return pending
    held = held_dispute(project, person)
    if held is not None or not project.gives_work or find_unread(project, person) is not None:
        return held
    return lease_dispute(project, person)


def pending_reveal(project: Project, person: User) -> Assignment | None:
    """The person's oldest blind adjudication that still waits for confirmation; after 24 h the blind answer stands."""
    mine = Assignment.objects.filter(person=person, project=project, status=Status.SUBMITTED, purpose=Purpose.ADJUDICATION)
    since = timezone.now() - REVEAL_STANDS_AFTER
    return mine.filter(confirmed_at=None, submitted_at__gt=since).order_by("submitted_at", "id").first()


def submit_blind(assignment_id: UUID, person: User, submission: Submission, key: UUID) -> Outcome:
    """Record the adjudicator's blind answer; it settles a dispute, and changes nothing where it is an audit or a second adjudication.

    A late one counts while what it was taken for is still free.
    """
    body = {"act": "adjudicate", "assignment": assignment_id, **submission.body()}
    return once(person, key, body, lambda: submit_blind_locked(assignment_id, person, submission))


def submit_blind_locked(assignment_id: UUID, person: User, submission: Submission) -> Outcome:
    """`submit_blind` without the receipt; locks the candidate."""
    candidate, assignment = lock_adjudication(assignment_id, person)
    check_submission(candidate.project, submission)
    if assignment.status == Status.RELEASED:
        return submit_blind_late(candidate, assignment, submission)
    if assignment.status != Status.LEASED:
        raise ProtocolError("already_answered", _("You have adjudicated this candidate already."))
    now = timezone.now()
    fill_in(assignment, Status.SUBMITTED, submission, now)
    event = record_change(candidate, KINDS[assignment.purpose], person, assignment)
    answer = add_answer(assignment, Answer.Kind.FIRST, event, submission, now)
    return Outcome(kind="submitted", code="adjudicated", text=_("Saved"), assignment=assignment.public_id, answer=answer.public_id)


def submit_blind_late(candidate: Candidate, lease: Assignment, submission: Submission) -> Outcome:
    """Count a late blind answer if the candidate still waits for one of its purpose; keep it as surplus otherwise."""
    check_unanswered(lease)
    rows = live_rows(candidate)
    is_open = candidate.round == lease.round and candidate.state in (State.DISPUTED, State.SETTLED, State.HELD)
    is_waiting = is_open and find_in_play(candidate, rows, None, timezone.now()).q_state == QState.DISPUTED
    is_free = is_waiting and find_purpose(rows) == lease.purpose
    mine = candidate.assignments.filter(person_id=lease.person_id, round=candidate.round)
    is_third = not mine.filter(status__in=[Status.LEASED, Status.SUBMITTED, Status.SURPLUS, Status.VOID]).exists()
    return keep_late(candidate, lease, submission, Status.SUBMITTED if is_free and is_third else Status.SURPLUS, None)


def read_reveal(assignment_id: UUID, person: User) -> Reveal:
    """Both primary answers behind the person's own adjudication. Raises ProtocolError before the blind answer is in."""
    assignment = Assignment.objects.filter(public_id=assignment_id, person=person, purpose=Purpose.ADJUDICATION).first()
    if assignment is None or assignment.status != Status.SUBMITTED:
        raise ProtocolError("not_revealed", _("The two answers are shown after your own."))
    seats = Assignment.objects.filter(candidate_id=assignment.candidate_id, round=assignment.round, purpose=Purpose.PRIMARY)
    primaries = [row.answers.latest("number") for row in seats.filter(status=Status.SUBMITTED).order_by("id")]
    # Seeded by the assignment: the order says nothing about seats, and a reload does not change it.
    random.Random(str(assignment.public_id)).shuffle(primaries)
    return Reveal(own=assignment.answers.latest("number"), primaries=tuple(primaries), suggestion=find_revealed(assignment))


def confirm_adjudication(assignment_id: UUID, person: User, reason_class: str, submission: Submission | None, key: UUID) -> Outcome:
    """Close an adjudication after its reveal: keep the blind answer (`submission` None) or revise it, with a reason class."""
    body = {"act": "confirm", "assignment": assignment_id, "reason_class": reason_class, **(submission.body() if submission else {})}
    return once(person, key, body, lambda: confirm_locked(assignment_id, person, reason_class, submission))


def confirm_locked(assignment_id: UUID, person: User, reason_class: str, submission: Submission | None) -> Outcome:
    """`confirm_adjudication` without the receipt; locks the candidate."""
    candidate, assignment = lock_adjudication(assignment_id, person)
    if reason_class not in ReasonClass.values:
        raise ProtocolError("reason_class_required", _("Say why the two answers differed."))
    # An audit or a second adjudication is closed by its blind answer.
    if assignment.status != Status.SUBMITTED or assignment.confirmed_at is not None or assignment.purpose != Purpose.ADJUDICATION:
        raise ProtocolError("already_confirmed", _("This adjudication is closed already."))
    now = timezone.now()
    if assignment.submitted_at is None or assignment.submitted_at <= now - REVEAL_STANDS_AFTER:
        raise ProtocolError("reveal_over", _("The day to revise is over; your first answer stands."))
    blind = assignment.answers.latest("number")
    if submission is not None:
        check_submission(candidate.project, submission)
    final = submission or Submission(verdict=str(blind.verdict), reasons=tuple(blind.reasons), note=blind.note)
    assignment.verdict, assignment.confirmed_at = final.verdict, now
    assignment.save(update_fields=["verdict", "confirmed_at"])
    event = record_change(candidate, Event.Kind.CONFIRMED, person, assignment, reason_class=reason_class)
    kind = Answer.Kind.CONFIRM if submission is None else Answer.Kind.REVISE
    seen = describe(Answer.Exposure.REVEALED, find_revealed(assignment))
    answer = add_answer(assignment, kind, event, final, now, reason_class=reason_class, **seen)
    return Outcome(kind="submitted", code=kind.value, text=_("Saved"), assignment=assignment.public_id, answer=answer.public_id)


def lock_adjudication(assignment_id: UUID, person: User) -> tuple[Candidate, Assignment]:
    """Lock the candidate of the person's own adjudication, audit or second adjudication; raises ProtocolError if it is none."""
    candidate, assignment = lock_assignment(assignment_id, person)
    require_right(candidate.project, person, "can_adjudicate")
    if assignment.purpose not in REVIEWING:
        raise ProtocolError("wrong_purpose", _("This is not an adjudication."))
    return candidate, assignment

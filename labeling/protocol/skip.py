"""Passing a candidate on, and telling the lead about one."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_noop as _

from labeling.models import REVIEWING, Assignment, Candidate, Event, Flag, Skip, State, Status, User
from labeling.protocol.gold import retire_if_broken
from labeling.protocol.hold import move_out
from labeling.protocol.outcome import Outcome, ProtocolError, once
from labeling.protocol.reap import release
from labeling.protocol.record import lock_assignment, lock_membership, record_change, require_right
from labeling.protocol.submission import NOTE_LIMIT

BROKEN_REPORTS = 2


def skip_candidate(assignment_id: UUID, person: User, why: str, note: str, key: UUID) -> Outcome:
    """Free the person's seat and keep the candidate from them for this round; two people's `broken` put it on hold."""
    body = {"act": "skip", "assignment": assignment_id, "why": why, "note": note}
    return once(person, key, body, lambda: skip_locked(assignment_id, person, why, note))


def skip_locked(assignment_id: UUID, person: User, why: str, note: str) -> Outcome:
    """`skip_candidate` without the receipt; locks the membership, so that no other tab takes it again, and the candidate."""
    lock_membership(assignment_id, person)
    candidate, assignment = lock_assignment(assignment_id, person)
    require_purpose(assignment, person)
    check_text(note)
    if why not in Skip.Why.values:
        raise ProtocolError("bad_skip_reason", _("A skip needs one of the listed reasons."))
    if not can_skip(assignment):
        raise ProtocolError("already_answered", _("You have answered or skipped this candidate already."))
    Skip.objects.create(assignment=assignment, candidate=candidate, person=person, round=assignment.round, why=why, note=note)
    # After a late skip the person may hold the same candidate under a newer lease.
    for lease in candidate.assignments.filter(person=person, round=assignment.round, status=Status.LEASED):
        release(candidate, lease, "skipped", person)
    assignment.refresh_from_db(fields=["status"])
    record_change(candidate, Event.Kind.SKIPPED, person, assignment, why=why)
    if why == Skip.Why.BROKEN:
        hold_if_broken(candidate)
        retire_if_broken(candidate, BROKEN_REPORTS)
    return Outcome(kind="submitted", code="skipped", text=_("Skipped"), assignment=assignment.public_id)


def can_skip(assignment: Assignment) -> bool:
    """Whether the person has neither answered nor skipped under this lease, in time or late."""
    if hasattr(assignment, "skip"):
        return False
    if assignment.status == Status.LEASED:
        return True
    same = Assignment.objects.filter(candidate=assignment.candidate_id, person=assignment.person_id, round=assignment.round)
    answered = same.filter(purpose=assignment.purpose, status=Status.SUBMITTED).exists() or assignment.late_answers.exists()
    return assignment.status == Status.RELEASED and not answered


def hold_if_broken(candidate: Candidate) -> None:
    """Hold the locked candidate for the lead if enough people called it broken in this round, since the lead last put it back."""
    reports = candidate.skips.filter(round=candidate.round, why=Skip.Why.BROKEN)
    put_back = candidate.events.filter(kind=Event.Kind.UNHELD).order_by("-id").first()
    if put_back is not None:
        reports = reports.filter(created_at__gt=put_back.at)
    if reports.values("person").distinct().count() >= BROKEN_REPORTS and candidate.state in (State.OPEN, State.DISPUTED):
        move_out(candidate, State.HELD, _("reported as broken by two people"))
        record_change(candidate, Event.Kind.HELD, None, reason=candidate.reason)


def raise_flag(assignment_id: UUID, person: User, text: str, key: UUID) -> Outcome:
    """Send the lead a remark about a candidate the person has or had; changes nothing else."""
    body = {"act": "flag", "assignment": assignment_id, "text": text}
    return once(person, key, body, lambda: flag_locked(assignment_id, person, text))


def flag_locked(assignment_id: UUID, person: User, text: str) -> Outcome:
    """`raise_flag` without the receipt; locks the candidate."""
    candidate, assignment = lock_assignment(assignment_id, person)
    require_purpose(assignment, person)
    check_text(text)
    if not text.strip():
        raise ProtocolError("empty_flag", _("Say what the lead should look at."))
    flag = Flag.objects.create(project_id=candidate.project_id, assignment=assignment, text=text.strip())
    record_change(candidate, Event.Kind.FLAGGED, person, assignment, flag=flag.pk)
    return Outcome(kind="submitted", code="flagged", text=_("Sent to the lead"), assignment=assignment.public_id)


def require_purpose(assignment: Assignment, person: User) -> None:
    """Raise ProtocolError if the person no longer does what the assignment is for."""
    right = "can_adjudicate" if assignment.purpose in REVIEWING else "can_label"
    require_right(assignment.project, person, right)


def check_text(text: str) -> None:
    """Raise ProtocolError if a note or flag is too long."""
    if len(text) > NOTE_LIMIT:
        raise ProtocolError("note_too_long", _("The note is longer than %(limit)d characters."), limit=NOTE_LIMIT)

"""Changing one's own recent answers: edit, undo, and which ones may be changed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import LABELLING, Answer, Arm, Assignment, Candidate, Event, Project, Purpose, QState, State, Status, User
from labeling.protocol.lease import HELD_AT_MOST, count_held
from labeling.protocol.outcome import Outcome, ProtocolError, once
from labeling.protocol.reap import give_back
from labeling.protocol.record import live_rows, lock_assignment, lock_right, record_change, require_right
from labeling.protocol.submission import Submission, check_submission
from labeling.protocol.submit import add_answer

RECENT = 20


def recent_assignments(project: Project, person: User) -> list[Assignment]:
    """The person's last 20 counted answers of the label page whose window is still open, newest first."""
    mine = Assignment.objects.filter(person=person, project=project, status=Status.SUBMITTED, purpose__in=LABELLING)
    last = mine.select_related("candidate__deliverable", "candidate__bundle__task").order_by("-submitted_at", "-id")[:RECENT]
    now = timezone.now()
    return [row for row in last if row.editable_until is not None and row.editable_until > now]


def editable_answers(project: Project, person: User) -> list[Answer]:
    """The newest answer of each assignment the person may still change, newest first."""
    answers: list[Answer] = []
    for row in recent_assignments(project, person):
        newest = row.answers.order_by("-number").first()
        if newest is not None:
            newest.assignment = row
            answers.append(newest)
    return answers


def edit_answer(assignment_id: UUID, person: User, submission: Submission, replaces: UUID, key: UUID) -> Outcome:
    """Replace the answer `replaces` of one's own assignment by another; both are kept. Refused once the window closed."""
    body = {"act": "edit", "assignment": assignment_id, "replaces": replaces, **submission.body()}
    return once(person, key, body, lambda: edit_locked(assignment_id, person, submission, replaces))


def edit_locked(assignment_id: UUID, person: User, submission: Submission, replaces: UUID) -> Outcome:
    """`edit_answer` without the receipt; locks the candidate."""
    candidate, assignment = lock_editable(assignment_id, person, replaces)
    check_submission(candidate.project, submission)
    kind = find_kind(assignment, submission)
    assignment.verdict = submission.verdict
    assignment.save(update_fields=["verdict"])
    event = record_change(candidate, Event.Kind.EDITED, person, assignment)
    answer = add_answer(assignment, kind, event, submission, timezone.now())
    return Outcome(kind="submitted", code="edited", text=_("Changed"), assignment=assignment.public_id, answer=answer.public_id)


def find_kind(assignment: Assignment, submission: Submission) -> Answer.Kind:
    """What changing an answer is: once the suggestion was revealed the first time confirms the blind answer or revises it."""
    newest = assignment.answers.order_by("-number").first()
    if assignment.arm != Arm.REVEAL or newest is None or newest.exposure != Answer.Exposure.NONE:
        return Answer.Kind.EDIT
    return Answer.Kind.CONFIRM if submission.verdict == newest.verdict else Answer.Kind.REVISE


def undo_answer(assignment_id: UUID, person: User, replaces: UUID, key: UUID) -> Outcome:
    """Take the answer `replaces` back: the person holds the candidate again, as the one on screen."""
    body = {"act": "undo", "assignment": assignment_id, "replaces": replaces}
    # In a transaction of its own: one that waits for two candidates could deadlock with another person's.
    make_room(assignment_id, person, replaces)
    return once(person, key, body, lambda: undo_locked(assignment_id, person, replaces))


def undo_locked(assignment_id: UUID, person: User, replaces: UUID) -> Outcome:
    """`undo_answer` without the receipt; locks the membership, so that no other tab leases a fourth, and the candidate."""
    project = find_project(assignment_id, person)
    if project is not None:
        lock_right(project, person, "can_label")
    candidate, assignment = lock_editable(assignment_id, person, replaces)
    if assignment.arm == Arm.REVEAL and not candidate.project.undo_minutes:
        # Its window is open only because the suggestion was revealed: the answer may be changed, not taken back.
        raise window_closed()
    now = timezone.now()
    if is_over(candidate, assignment):
        # There is no seat to hold again: the answer is taken out of what it belonged to.
        assignment.status = Status.VOID
    elif count_held(candidate.project_id, person.pk) >= HELD_AT_MOST:
        raise ProtocolError("too_many_open", _("You have taken back as many answers as you can hold. Answer one of them first."))
    else:
        assignment.status, assignment.verdict = Status.LEASED, None
        assignment.submitted_at = assignment.editable_until = None
        assignment.leased_at, assignment.lease_until = now, now + timedelta(minutes=candidate.project.lease_minutes)
    assignment.save()
    event = record_change(candidate, Event.Kind.UNDONE, person, assignment)
    add_answer(assignment, Answer.Kind.UNDO, event, None, now)
    return Outcome(kind="submitted", code="undone", text=_("Taken back"), assignment=assignment.public_id)


def find_project(assignment_id: UUID, person: User) -> Project | None:
    """The project of the person's own assignment; None if it is not theirs."""
    return Project.objects.filter(assignments__public_id=assignment_id, assignments__person=person).first()


def is_over(candidate: Candidate, assignment: Assignment) -> bool:
    """Whether the lead has reopened or withdrawn the candidate since the answer."""
    return assignment.round != candidate.round or candidate.state == State.WITHDRAWN


def make_room(assignment_id: UUID, person: User, replaces: UUID) -> None:
    """Give back a lease without an answer, ahead ones first, if the person could not hold what an undo returns to them."""
    project = find_project(assignment_id, person)
    if project is None or replaces not in {answer.public_id for answer in editable_answers(project, person)}:
        return
    held = Assignment.objects.leased_by(person.pk, project.pk).filter(purpose__in=LABELLING)
    if held.count() < HELD_AT_MOST:
        return
    unanswered = held.filter(answers=None).order_by("-is_ahead", "-leased_at", "-id").first()
    if unanswered is not None:
        give_back(unanswered, "made_room")


def lock_editable(assignment_id: UUID, person: User, replaces: UUID) -> tuple[Candidate, Assignment]:
    """Lock and return what the person may still change; every refusal is the same whatever the other person did."""
    candidate, assignment = lock_assignment(assignment_id, person)
    require_right(candidate.project, person, "can_label")
    if assignment.status == Status.SURPLUS:
        raise ProtocolError("not_counted", _("This answer is kept but not counted; there is nothing to change."))
    if assignment.status != Status.SUBMITTED or assignment.purpose not in LABELLING:
        raise ProtocolError("not_answered", _("There is no answer of yours to change here."))
    newest = assignment.answers.order_by("-number").first()
    if newest is None or newest.public_id != replaces:
        raise ProtocolError("answer_changed", _("This answer was changed in the meantime. Reload to see it."))
    # The second check matters only where the clocks of two servers differ: a dispute opened by one stays closed to edits.
    recent = {row.pk for row in recent_assignments(candidate.project, person)}
    if assignment.pk not in recent or is_being_adjudicated(candidate, assignment):
        raise window_closed()
    return candidate, assignment


def window_closed() -> ProtocolError:
    """The refusal of a change that comes too late."""
    return ProtocolError("window_closed", _("The time to change this answer is over. Flag it to ask the lead for a correction."))


def is_being_adjudicated(candidate: Candidate, assignment: Assignment) -> bool:
    """Whether the pair that `assignment` belongs to is open to adjudicators or already adjudicated.

    An audit that is in does not count: where it outlived the pair it was about, the present one may still be changed.
    """
    if assignment.round != candidate.round or assignment.purpose != Purpose.PRIMARY:
        return False
    is_taken = candidate.q_state in (QState.DISPUTED, QState.ADJUDICATED)
    return is_taken or any(row.purpose == Purpose.ADJUDICATION for row in live_rows(candidate))

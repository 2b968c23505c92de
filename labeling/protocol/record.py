"""Locking a candidate, and writing down what a change did to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import (
    DECIDING,
    Assignment,
    Batch,
    Candidate,
    Decision,
    Event,
    Guideline,
    GuidelineReading,
    Membership,
    Project,
    Purpose,
    State,
    Status,
    Task,
    User,
)
from labeling.prepared import Prepared, insert_row, update_row
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.standing import Standing, find_standing

# What a change of standing writes, and what callers change before they record it.
STORED = ["state", "state_changed_at", "reason", "round", "image", "q_state", "q_excl", "q_excl2", "batch", "lane", "ready_at"]
RIGHTS = ("can_label", "can_adjudicate", "is_lead")
LOCKED = Candidate.objects.select_for_update(of=("self",), no_key=True)


def live_in(round: int) -> Q:
    """The condition of the leased and submitted rows that decide a round."""
    return Q(round=round, purpose__in=DECIDING, status__in=["leased", "submitted"])


def find_locked_membership(right: str) -> Prepared[Membership]:
    """The locked membership that gives a person a right in a project, with what `is_reading_asked` and `find_lanes` ask."""
    versions = Guideline.objects.filter(project=OuterRef("project")).order_by("-number")
    asked = versions.filter(must_read=True).exclude(body="").values("number")
    read = GuidelineReading.objects.filter(person=OuterRef("person"), guideline__project=OuterRef("project"))
    locked = (
        Membership.objects.select_for_update(of=("self",), no_key=True)
        .filter(active=True, **{right: True})
        .annotate(
            text_in_force=Subquery(versions.annotate(has_text=~Q(body="")).values("has_text")[:1]),
            number_asked=Subquery(asked[:1]),
            has_batches=Exists(Batch.objects.filter(project=OuterRef("project"))),
            number_read=Subquery(read.order_by("-guideline__number").values("guideline__number")[:1]),
        )
    )
    return Prepared(lambda project, person: locked.filter(project_id=project, person_id=person))


def find_own_candidate(right: str | None) -> Prepared[Candidate]:
    """The locked candidate of a person's own assignment, if the person has the right in its project."""
    rights = {"project__memberships__active": True, f"project__memberships__{right}": True}
    project = LOCKED.select_related("project")

    def build(public_id: UUID, person: int) -> QuerySet[Candidate]:
        mine = Assignment.objects.filter(public_id=public_id, person_id=person)
        allowed = mine.filter(project__memberships__person_id=person, **rights) if right else mine
        return project.filter(pk=Subquery(allowed.values("candidate")[:1]))

    return Prepared(build)


LOCKED_MEMBERSHIP = {right: find_locked_membership(right) for right in RIGHTS}
OWN_CANDIDATE = {right: find_own_candidate(right) for right in (*RIGHTS, None)}
OWN_AND_LIVE = Prepared(
    lambda candidate, round, public_id: Assignment.objects.filter(Q(public_id=public_id) | live_in(round), candidate_id=candidate).order_by(
        "id"
    )
)
LIVE_ROWS = Prepared(lambda candidate, round: Assignment.objects.filter(live_in(round), candidate_id=candidate).order_by("id"))
# With everything that the card of a new lease shows of it.
SHOWN = ("project", "bundle__task", "deliverable", "image")
READ = Prepared(lambda pk: Candidate.objects.select_related(*SHOWN).filter(pk=pk))


def require_right(project: Project, person: User, right: str) -> Membership:
    """The membership that gives `person` the `right` (can_label, can_adjudicate, is_lead); raises ProtocolError without it."""
    membership = Membership.objects.filter(project=project, person=person, active=True, **{right: True}).first()
    if membership is None or not person.is_active:
        raise not_allowed()
    return membership


def require_member(project: Project, person: User) -> Membership:
    """The active membership of `person`, whatever their rights; raises ProtocolError without one."""
    membership = Membership.objects.active().filter(project=project, person=person).first()
    if membership is None:
        raise not_allowed()
    return membership


def not_allowed() -> ProtocolError:
    """The refusal of what somebody has no right to."""
    return ProtocolError("not_allowed", _("You are not allowed to do this in this project."))


def lock_right(project: Project, person: User, right: str) -> Membership:
    """`require_right` with the membership locked: one person's leases take turns, and nobody loses the right in between.

    It comes before any lock of a candidate.
    """
    membership = LOCKED_MEMBERSHIP[right].first(project=project.pk, person=person.pk)
    if membership is None or not person.is_active:
        raise not_allowed()
    return membership


def is_reading_asked(membership: Membership) -> bool:
    """Whether the person has to read the guideline before they take new work (`reading.find_unread`), of a membership just locked."""
    text, asked, read = (getattr(membership, name) for name in ("text_in_force", "number_asked", "number_read"))
    return bool(text) and asked is not None and (read or 0) < asked


def lock_candidate(candidate_id: int) -> Candidate:
    """Lock one candidate until the transaction ends; every write of its assignments, answers and decisions starts here.

    A transaction that needs several takes them in the order of their ids: two that wait for each other would both fail.
    """
    return read_locked(LOCKED.values_list("pk", flat=True).get(pk=candidate_id))


def lock_candidates_of(task: Task) -> list[int]:
    """Lock every candidate of the locked `task`, in the order of their ids; return these."""
    return list(LOCKED.filter(bundle__task=task).order_by("pk").values_list("pk", flat=True))


def read_locked(pk: int) -> Candidate:
    """The candidate of that id, which this transaction has locked, as it is now, with its task and its image as they are now.

    In a statement of its own: one that waits for a lock on PostgreSQL reads only the locked row anew, and joins it with what the other
    tables said before the wait.
    """
    [candidate] = READ.all(pk=pk)
    return remember(candidate)


def lock_membership(assignment_id: UUID, person: User) -> None:
    """Lock the membership under which `person` has an assignment, if there is one: what they take and skip takes turns.

    It comes before any lock of a candidate.
    """
    memberships = Membership.objects.select_for_update(of=("self",), no_key=True)
    memberships.filter(person=person, project__assignments__public_id=assignment_id).first()


def lock_assignment(public_id: UUID, person: User) -> tuple[Candidate, Assignment]:
    """Lock the candidate of `person`'s own assignment and read the assignment after that; raises ProtocolError if there is none."""
    candidate, assignment, _rows = lock_own(public_id, person)
    return candidate, assignment


def lock_own(public_id: UUID, person: User, right: str | None = None) -> tuple[Candidate, Assignment, list[Assignment]]:
    """`lock_assignment` with the live rows of the candidate's round; raises ProtocolError too if `person` lacks the `right`.

    The assignment itself is one of the rows while it is live. Two statements: this is asked with every answer.
    """
    candidate = OWN_CANDIDATE[right].first(public_id=public_id, person=person.pk)
    if candidate is None and Assignment.objects.filter(public_id=public_id, person=person).exists():
        raise not_allowed()
    if candidate is None:
        raise ProtocolError("not_found", _("This is not one of your assignments."))
    # Read after the lock: the state seen before it may be gone.
    rows = OWN_AND_LIVE.all(candidate=candidate.pk, round=candidate.round, public_id=public_id)
    assignment = next(row for row in rows if row.public_id == public_id)
    assignment.candidate, assignment.person, assignment.project = candidate, person, candidate.project
    return remember(candidate), assignment, [row for row in rows if is_live(candidate, row)]


def remember(candidate: Candidate) -> Candidate:
    """Note what the row of the locked `candidate` says, so that it is written only where that changes."""
    candidate.stored = read_stored(candidate)
    candidate.stored_state, candidate.stored_q_state = candidate.state, candidate.q_state
    return candidate


def read_stored(candidate: Candidate) -> tuple[Any, ...]:
    """The values of `candidate` that `store_standing` writes."""
    return tuple(candidate.image_id if name == "image" else getattr(candidate, name) for name in STORED)


def is_live(candidate: Candidate, row: Assignment) -> bool:
    """`live_in` of a row of `candidate` that may have been changed and not been written."""
    return row.round == candidate.round and row.purpose in DECIDING and row.status in (Status.LEASED, Status.SUBMITTED)


def live_rows(candidate: Candidate) -> list[Assignment]:
    """The leased and submitted rows of the candidate's round that decide it."""
    return LIVE_ROWS.all(candidate=candidate.pk, round=candidate.round)


def record_change(
    candidate: Candidate,
    kind: Event.Kind,
    actor: User | None,
    assignment: Assignment | None = None,
    *,
    rows: Sequence[Assignment] | None = None,
    **data: Any,
) -> Event:
    """Work out where the locked `candidate` stands now, store that, and return the event that says so.

    `rows` are its live rows where the caller has read them under the lock and made its changes to them; None reads them.
    """
    live = live_rows(candidate) if rows is None else [row for row in rows if is_live(candidate, row)]
    # Only where nobody answers does an imported verdict count.
    imported = None if any(row.purpose == Purpose.PRIMARY for row in live) else find_imported(candidate)
    # What the row says, for the caller may have moved it already; only a settled candidate has a decision.
    was_settled = candidate.stored_state == State.SETTLED
    standing = find_standing(candidate, live, imported, timezone.now())
    store_standing(candidate, standing)
    event = Event(
        project_id=candidate.project_id,
        actor=actor,
        kind=kind,
        candidate=candidate,
        assignment=assignment,
        candidate_state=candidate.state,
        round=candidate.round,
        assignment_status=assignment.status if assignment else "",
        data=data,
    )
    insert_row(event)
    store_decision(candidate, standing, event, candidate.decisions.filter(revoked_event=None).first() if was_settled else None)
    return event


def find_imported(candidate: Candidate) -> str | None:
    """The verdict imported last for the candidate's round; None if there is none."""
    imported = candidate.decisions.filter(round=candidate.round, how=Decision.How.IMPORTED).order_by("-id")
    return imported.values_list("verdict", flat=True).first()


def move_to(candidate: Candidate, state: State) -> None:
    """Give the locked candidate another state, and remember since when; the caller records the change."""
    if candidate.state != state:
        candidate.state, candidate.state_changed_at = state, timezone.now()


def store_standing(candidate: Candidate, standing: Standing) -> None:
    """Write `standing` to the locked candidate's row, if it says anything new."""
    move_to(candidate, standing.state)
    if standing.state not in (State.HELD, State.WITHDRAWN):
        candidate.reason = ""
    candidate.q_state, candidate.ready_at = standing.q_state, standing.ready_at
    candidate.q_excl, candidate.q_excl2 = standing.q_excl, standing.q_excl2
    if read_stored(candidate) != candidate.stored:
        update_row(candidate, STORED)
        remember(candidate)


def store_decision(candidate: Candidate, standing: Standing, event: Event, current: Decision | None) -> None:
    """Make the decision that stands the `current` one: revoke what no longer holds, add what is new."""
    if current is not None:
        if (current.verdict, current.how) == standing.decision and current.round == candidate.round:
            return
        current.revoked_event = event
        current.save(update_fields=["revoked_event"])
    if standing.decision is not None:
        verdict, how = standing.decision
        insert_row(Decision(candidate=candidate, round=candidate.round, verdict=verdict, how=how, event=event))

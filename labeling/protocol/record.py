"""Locking a candidate, and writing down what a change did to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import DECIDING, Assignment, Candidate, Decision, Event, Membership, Project, State, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.standing import Standing, find_standing


def require_right(project: Project, person: User, right: str, memberships: QuerySet[Membership] | None = None) -> Membership:
    """The membership that gives `person` the `right` (can_label, can_adjudicate, is_lead); raises ProtocolError without it."""
    memberships = Membership.objects.all() if memberships is None else memberships
    membership = memberships.filter(project=project, person=person, active=True, **{right: True}).first()
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
    return require_right(project, person, right, Membership.objects.select_for_update(no_key=True))


def lock_candidate(candidate_id: int) -> Candidate:
    """Lock one candidate until the transaction ends; every write of its assignments, answers and decisions starts here.

    A transaction that needs several takes them in the order of their ids: two that wait for each other would both fail.
    """
    locked = Candidate.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("project", "bundle__task").get(pk=candidate_id)


def lock_assignment(public_id: UUID, person: User) -> tuple[Candidate, Assignment]:
    """Lock the candidate of `person`'s own assignment and read the assignment after that; raises ProtocolError if there is none."""
    candidate_id = Assignment.objects.filter(public_id=public_id, person=person).values_list("candidate_id", flat=True).first()
    if candidate_id is None:
        raise ProtocolError("not_found", _("This is not one of your assignments."))
    candidate = lock_candidate(candidate_id)
    # Read after the lock: the state seen before it may be gone.
    return candidate, candidate.assignments.get(public_id=public_id)


def live_rows(candidate: Candidate) -> list[Assignment]:
    """The leased and submitted rows of the candidate's round that decide it."""
    return list(
        candidate.assignments.filter(round=candidate.round, purpose__in=DECIDING, status__in=["leased", "submitted"]).order_by("id")
    )


def record_change(candidate: Candidate, kind: Event.Kind, actor: User | None, assignment: Assignment | None = None, **data: Any) -> Event:
    """Work out where the locked `candidate` stands now, store that, and return the event that says so."""
    standing = find_standing(candidate, live_rows(candidate), find_imported(candidate), timezone.now())
    store_standing(candidate, standing)
    event = Event.objects.create(
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
    store_decision(candidate, standing, event)
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
    """Write `standing` to the candidate's row."""
    move_to(candidate, standing.state)
    if standing.state not in (State.HELD, State.WITHDRAWN):
        candidate.reason = ""
    candidate.q_state, candidate.ready_at = standing.q_state, standing.ready_at
    candidate.q_excl, candidate.q_excl2 = standing.q_excl, standing.q_excl2
    candidate.save(update_fields=["state", "state_changed_at", "reason", "round", "image", "q_state", "q_excl", "q_excl2", "ready_at"])


def store_decision(candidate: Candidate, standing: Standing, event: Event) -> None:
    """Make the decision that stands the current one: revoke what no longer holds, add what is new."""
    current = candidate.decisions.filter(revoked_event=None).first()
    if current is not None:
        if (current.verdict, current.how) == standing.decision and current.round == candidate.round:
            return
        current.revoked_event = event
        current.save(update_fields=["revoked_event"])
    if standing.decision is not None:
        verdict, how = standing.decision
        Decision.objects.create(candidate=candidate, round=candidate.round, verdict=verdict, how=how, event=event)

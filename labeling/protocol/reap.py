"""Ending leases: those that are due, and those a person gives back."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from labeling.models import Assignment, Candidate, Event, Project, Status, User
from labeling.prepared import Prepared
from labeling.protocol import queue
from labeling.protocol.record import lock_candidate, record_change


def reap_due(project_id: int | None = None, limit: int = 200) -> int:
    """Release at most `limit` leases whose time is over (of one project, or of each); return how many."""
    if project_id is None:
        return sum(reap_due(pk, limit) for pk in all_projects())
    candidates = find_due(limit).all(project=project_id, now=timezone.now())
    return sum(reap_candidate(candidate_id) for candidate_id in dict.fromkeys(candidates))


@cache
def find_due(limit: int) -> Prepared[int]:
    """The candidates of at most `limit` leases that are due in a project, longest ago first."""
    leases = Assignment.objects.filter(status=Status.LEASED).order_by("lease_until").values_list("candidate_id", flat=True)
    return Prepared(lambda project, now: leases.filter(project_id=project, lease_until__lte=now)[:limit])


def all_projects() -> list[int]:
    """The ids of all projects: the indexes of due rows start with the project."""
    return list(Project.objects.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def reap_candidate(candidate_id: int) -> int:
    """Release the due leases of one candidate; return how many. Leaves a candidate alone that somebody else is locking."""
    if not try_lock(candidate_id):
        return 0
    candidate = lock_candidate(candidate_id)
    # Locked too: a heartbeat extends a lease without locking the candidate.
    due = candidate.assignments.select_for_update(no_key=True).filter(status=Status.LEASED, lease_until__lte=timezone.now())
    released = list(due.order_by("id"))
    for lease in released:
        release(candidate, lease, "expired", None)
    return len(released)


def try_lock(candidate_id: int) -> bool:
    """Lock a candidate unless somebody else is locking it."""
    if connection.vendor == "sqlite":
        return True
    return Candidate.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=candidate_id).first() is not None


def release(candidate: Candidate, lease: Assignment, reason: str, actor: User | None, note: str = "") -> None:
    """End one lease of the locked candidate and free its seat; `reason` says why, a `note` is kept with the event."""
    lease.status, lease.lease_until, lease.release_reason = Status.RELEASED, None, reason
    lease.save(update_fields=["status", "lease_until", "release_reason"])
    said: dict[str, Any] = {"reason": reason, "note": note} if note else {"reason": reason}
    record_change(candidate, Event.Kind.RELEASED, actor, lease, **said)


def release_ahead(project: Project, person: User) -> int:
    """Give back what was leased ahead, because the page goes; return how many."""
    ahead = Assignment.objects.leased_by(person.pk, project.pk).filter(is_ahead=True)
    return sum(give_back(lease, "page_left") for lease in list(ahead))


@transaction.atomic
def give_back(found: Assignment, reason: str) -> int:
    """Release a lease its person does not need; return 1, or 0 if it has come on screen or ended by now."""
    candidate = lock_candidate(found.candidate_id)
    leases = candidate.assignments.select_for_update(of=("self",), no_key=True).select_related("person")
    lease = leases.filter(pk=found.pk, status=Status.LEASED, is_ahead=found.is_ahead).first()
    if lease is None:
        return 0
    release(candidate, lease, reason, lease.person)
    return 1


def promote_ready(project_id: int | None = None, limit: int = 200) -> int:
    """Open at most `limit` disputes (of one project, or of each) for adjudication whose windows have closed; return how many."""
    if project_id is None:
        return sum(promote_ready(pk, limit) for pk in all_projects())
    return sum(promote_dispute(pk) for pk in queue.ready_disputes(project_id, timezone.now(), limit))


@transaction.atomic
def promote_dispute(candidate_id: int) -> int:
    """Make one dispute leasable if its windows have closed; return 1, or 0 if it is something else by now."""
    if not try_lock(candidate_id):
        return 0
    candidate = lock_candidate(candidate_id)
    if candidate.ready_at is None or candidate.ready_at > timezone.now():
        return 0
    record_change(candidate, Event.Kind.DISPUTE_READY, None)
    return 1

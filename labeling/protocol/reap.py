"""Ending leases: those that are due, and those a person gives back."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from labeling.models import Assignment, Candidate, Event, Project, QState, Status, User
from labeling.protocol.record import lock_candidate, record_change


def reap_due(project_id: int | None = None, limit: int = 200) -> int:
    """Release at most `limit` leases whose time is over (of one project, or of all); return how many."""
    due = Assignment.objects.filter(status=Status.LEASED, lease_until__lte=timezone.now())
    if project_id is not None:
        due = due.filter(project_id=project_id)
    candidates = due.order_by("lease_until").values_list("candidate_id", flat=True)[:limit]
    return sum(reap_candidate(candidate_id) for candidate_id in dict.fromkeys(candidates))


@transaction.atomic
def reap_candidate(candidate_id: int) -> int:
    """Release the due leases of one candidate; return how many. Leaves a candidate alone that somebody else is locking."""
    if not try_lock(candidate_id):
        return 0
    candidate = lock_candidate(candidate_id)
    due = list(candidate.assignments.filter(status=Status.LEASED, lease_until__lte=timezone.now()).order_by("id"))
    for lease in due:
        release(candidate, lease, "expired", None)
    return len(due)


def try_lock(candidate_id: int) -> bool:
    """Lock a candidate unless somebody else is locking it."""
    if connection.vendor == "sqlite":
        return True
    return Candidate.objects.select_for_update(skip_locked=True).filter(pk=candidate_id).exists()


def release(candidate: Candidate, lease: Assignment, reason: str, actor: User | None) -> None:
    """End one lease of the locked candidate and free its seat; `reason` says why."""
    lease.status, lease.lease_until, lease.release_reason = Status.RELEASED, None, reason
    lease.save(update_fields=["status", "lease_until", "release_reason"])
    record_change(candidate, Event.Kind.RELEASED, actor, lease, reason=reason)


def release_ahead(project: Project, person: User) -> int:
    """Give back what was leased ahead, because the page goes; return how many."""
    ahead = Assignment.objects.leased_by(person.pk, project.pk).filter(is_ahead=True)
    return sum(give_back(candidate_id, person) for candidate_id in list(ahead.values_list("candidate_id", flat=True)))


@transaction.atomic
def give_back(candidate_id: int, person: User) -> int:
    """Release the person's ahead lease of one candidate; return 1, or 0 if it is on screen or gone by now."""
    candidate = lock_candidate(candidate_id)
    lease = candidate.assignments.filter(person=person, status=Status.LEASED, is_ahead=True).first()
    if lease is None:
        return 0
    release(candidate, lease, "page_left", person)
    return 1


def promote_ready(project_id: int | None = None, limit: int = 200) -> int:
    """Open at most `limit` disputes for adjudication whose windows have closed; return how many."""
    ready = Candidate.objects.filter(q_state=QState.BOTH, ready_at__lte=timezone.now())
    if project_id is not None:
        ready = ready.filter(project_id=project_id)
    return sum(promote_dispute(pk) for pk in list(ready.order_by("ready_at").values_list("pk", flat=True)[:limit]))


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

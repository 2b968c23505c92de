"""A lead ends leases: one, or all that a person holds. What was typed is not lost: an answer that comes later is a late answer."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Project, Status, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import release
from labeling.protocol.record import lock_candidate, require_right

BY_LEAD = "by_lead"


@transaction.atomic
def release_lease(project: Project, lead: User, assignment_id: UUID, reason: str) -> Assignment:
    """End one lease of `project` now; its seat is free for somebody else. Raises ProtocolError if it has ended already."""
    require_right(project, lead, "is_lead")
    note = check_reason(reason)
    candidate_id = Assignment.objects.filter(project=project, public_id=assignment_id).values_list("candidate_id", flat=True).first()
    if candidate_id is None:
        raise ProtocolError("not_found", _("There is no such lease."))
    candidate = lock_candidate(candidate_id)
    # Locked too: a heartbeat extends a lease without locking the candidate.
    leases = candidate.assignments.select_for_update(no_key=True)
    lease = leases.filter(public_id=assignment_id, status=Status.LEASED).first()
    if lease is None:
        raise ProtocolError("not_leased", _("This lease has ended already: it was answered, given back, or its time was over."))
    release(candidate, lease, BY_LEAD, lead, note=note)
    return lease


def release_person(project: Project, lead: User, person: User, reason: str) -> int:
    """End what `person` holds in the project, one short transaction per candidate; return how many. What ends meanwhile is left."""
    require_right(project, lead, "is_lead")
    check_reason(reason)
    held = Assignment.objects.leased_by(person.pk, project.pk).values_list("public_id", flat=True)
    return sum(release_if_leased(project, lead, public_id, reason) for public_id in list(held))


def release_if_leased(project: Project, lead: User, assignment_id: UUID, reason: str) -> int:
    """End one lease; return 1, or 0 if it has ended by itself meanwhile."""
    try:
        release_lease(project, lead, assignment_id, reason)
    except ProtocolError as error:
        if error.code != "not_leased":
            raise
        return 0
    return 1


def check_reason(reason: str) -> str:
    """The reason as it is kept; raises ProtocolError without one."""
    if not reason.strip():
        raise ProtocolError("reason_required", _("Say why."))
    return reason.strip()[:300]

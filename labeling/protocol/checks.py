"""What a lead does about an audit or a second adjudication that contradicts: note that somebody has looked at it. Nothing else changes."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import CHECKS, Assignment, Event, Project, Status, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import lock_candidate, record_change, require_right


@transaction.atomic
def review_check(project: Project, assignment_id: UUID, lead: User) -> Assignment:
    """Mark an audit or a second adjudication of `project` as looked at; the decision stays what it is."""
    require_right(project, lead, "is_lead")
    checks = Assignment.objects.filter(project=project, public_id=assignment_id, purpose__in=CHECKS, status=Status.SUBMITTED)
    candidate_id = checks.values_list("candidate_id", flat=True).first()
    if candidate_id is None:
        raise ProtocolError("not_found", _("There is no such audit or second adjudication."))
    candidate = lock_candidate(candidate_id)
    # Read after the lock: it may just have been voided.
    assignment = checks.first()
    if assignment is None:
        raise ProtocolError("not_found", _("There is no such audit or second adjudication."))
    if assignment.reviewed_at is not None:
        raise ProtocolError("already_reviewed", _("Somebody has looked at this already."))
    assignment.reviewed_at = timezone.now()
    assignment.save(update_fields=["reviewed_at"])
    record_change(candidate, Event.Kind.CHECK_REVIEWED, lead, assignment)
    return assignment

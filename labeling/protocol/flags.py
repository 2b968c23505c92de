"""What a lead does about remarks and surplus answers: reply to a flag, mark a surplus answer as reviewed."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Event, Flag, Project, Status, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import lock_candidate, record_change, require_right
from labeling.protocol.skip import check_text


@transaction.atomic
def answer_flag(project: Project, flag_id: int, lead: User, reply: str) -> Flag:
    """Reply to a flag of `project`; its author sees the reply beside their progress. A flag is answered once."""
    require_right(project, lead, "is_lead")
    check_text(reply)
    if not reply.strip():
        raise ProtocolError("empty_reply", _("Write a reply."))
    candidate_id = Flag.objects.filter(project=project, pk=flag_id).values_list("assignment__candidate_id", flat=True).first()
    if candidate_id is None:
        raise ProtocolError("not_found", _("There is no such flag."))
    candidate = lock_candidate(candidate_id)
    flag = Flag.objects.select_related("assignment").get(pk=flag_id)
    if flag.replied_at is not None:
        raise ProtocolError("already_answered", _("This flag is answered already."))
    flag.reply, flag.replied_by, flag.replied_at = reply.strip(), lead, timezone.now()
    flag.save(update_fields=["reply", "replied_by", "replied_at"])
    record_change(candidate, Event.Kind.FLAG_ANSWERED, lead, flag.assignment, flag=flag.pk)
    return flag


@transaction.atomic
def review_surplus(project: Project, assignment_id: UUID, lead: User) -> Assignment:
    """Mark a surplus answer of `project` as seen by the lead; it stays kept and uncounted."""
    require_right(project, lead, "is_lead")
    surplus = Assignment.objects.filter(project=project, public_id=assignment_id, status=Status.SURPLUS)
    candidate_id = surplus.values_list("candidate_id", flat=True).first()
    if candidate_id is None:
        raise ProtocolError("not_found", _("There is no such surplus answer."))
    candidate = lock_candidate(candidate_id)
    assignment = surplus.get()
    if assignment.reviewed_at is not None:
        raise ProtocolError("already_reviewed", _("This answer is marked as reviewed already."))
    assignment.reviewed_at = timezone.now()
    assignment.save(update_fields=["reviewed_at"])
    record_change(candidate, Event.Kind.SURPLUS_REVIEWED, lead, assignment)
    return assignment

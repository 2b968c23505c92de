"""Concerns about figures of a person: raised by a measurement, answered by the person, closed by a lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Concern, Event, Membership, Project, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_member, require_right
from labeling.protocol.skip import check_text

# A figure that a lead has looked at is not brought up again before it can have changed.
QUIET = timedelta(days=30)

Found = Iterable[tuple[int, Mapping[str, Mapping[str, float]]]]


@transaction.atomic
def raise_concerns(project: Project, found: Found) -> list[Concern]:
    """Raise what was found of active members, by row id and kind: one open concern per person and kind, and none that was closed lately.

    Locks the project, so that two measurements take turns.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    known = Concern.objects.filter(project=project, closed_at=None) | Concern.objects.filter(
        project=project, closed_at__gt=timezone.now() - QUIET
    )
    taken = set(known.values_list("person_id", "kind"))
    members = set(Membership.objects.active().filter(project=project).values_list("person_id", flat=True))
    return [
        raise_concern(project, person, kind, values)
        for person, kinds in found
        for kind, values in kinds.items()
        if person in members and (person, kind) not in taken
    ]


def raise_concern(project: Project, person: int, kind: str, values: Mapping[str, float]) -> Concern:
    """Raise one concern and log it."""
    concern = Concern.objects.create(project=project, person_id=person, kind=kind, values=dict(values))
    log(concern, Event.Kind.CONCERN_RAISED, None)
    return concern


@transaction.atomic
def answer_concern(project: Project, concern_id: int, person: User, reply: str) -> Concern:
    """Say something to a concern about oneself; what was said before is replaced while the concern is open."""
    require_member(project, person)
    check_text(reply)
    if not reply.strip():
        raise ProtocolError("empty_reply", _("Write a reply."))
    concern = lock_concern(project, concern_id, person=person)
    concern.reply, concern.replied_at = reply.strip(), timezone.now()
    concern.save(update_fields=["reply", "replied_at"])
    log(concern, Event.Kind.CONCERN_ANSWERED, person)
    return concern


@transaction.atomic
def close_concern(project: Project, concern_id: int, lead: User, closing: str) -> Concern:
    """Close a concern with a remark, which the person reads."""
    require_right(project, lead, "is_lead")
    check_text(closing)
    if not closing.strip():
        raise ProtocolError("empty_remark", _("Write a remark."))
    concern = lock_concern(project, concern_id)
    concern.closing, concern.closed_by, concern.closed_at = closing.strip(), lead, max(timezone.now(), concern.raised_at)
    concern.save(update_fields=["closing", "closed_by", "closed_at"])
    log(concern, Event.Kind.CONCERN_CLOSED, lead)
    return concern


def lock_concern(project: Project, concern_id: int, **about: User) -> Concern:
    """The open concern of that id, locked; raises ProtocolError if the project has none, or none about the `person` given."""
    rows = Concern.objects.select_for_update(of=("self",), no_key=True).filter(project=project, pk=concern_id, **about)
    concern = rows.first()
    if concern is None:
        raise ProtocolError("not_found", _("There is no such concern."))
    if concern.closed_at is not None:
        raise ProtocolError("already_closed", _("This concern is closed already."))
    return concern


def log(concern: Concern, kind: Event.Kind, actor: User | None) -> None:
    """Write down what was done to a concern, with what it said by then."""
    data = {"concern": concern.pk, "person": concern.person_id, "kind": concern.kind, "values": concern.values}
    texts = {"reply": concern.reply, "closing": concern.closing}
    data |= {name: text for name, text in texts.items() if text}
    Event.objects.create(project_id=concern.project_id, actor=actor, kind=kind, data=data)

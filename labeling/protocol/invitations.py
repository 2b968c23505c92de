"""Letting people in by a link: making it, taking it back, and joining by it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Invitation, InvitationUse, Membership, Project, User, digest_token
from labeling.protocol.archive import require_open
from labeling.protocol.members import Rights, check_some, choose_categories
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import set_member
from labeling.protocol.record import require_right

MOST_USES = 50
MOST_DAYS = 90


@transaction.atomic
def make_invitation(
    project: Project,
    lead: User,
    rights: Rights,
    note: str = "",
    uses: int = 1,
    days: int = 7,
    categories: Sequence[str] = (),
    daily_cap: int | None = None,
) -> tuple[Invitation, str]:
    """A new invitation for `uses` people within `days`, and its token, which is not kept anywhere.

    Whoever comes by it is given work of these `categories` only and no more than `daily_cap` (`members.limit_member`). Raises ValueError
    for what is no category.
    """
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    check_some(rights)
    if not 1 <= uses <= MOST_USES:
        raise ProtocolError("bad_uses", _("A link lets in between 1 and %(most)d people."), most=MOST_USES)
    if not 1 <= days <= MOST_DAYS:
        raise ProtocolError("bad_days", _("A link is valid for between 1 and %(most)d days."), most=MOST_DAYS)
    if rights.is_lead and uses > 1:
        raise ProtocolError("one_lead", _("A link that makes somebody a lead is for one person."))
    limits = {"categories": choose_categories(categories), "daily_cap": daily_cap}
    if any(limits.values()) and not (rights.can_label or rights.can_adjudicate):
        raise ProtocolError("limits_without_work", _("Categories and a daily cap are for people who label or adjudicate."))
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        project=project,
        token_sha256=digest_token(token),
        note=note.strip()[:200],
        uses=uses,
        made_by=lead,
        expires_at=timezone.now() + timedelta(days=days),
        **rights.as_fields(),
        **limits,
    )
    # The note may be an e-mail address: it stays on the invitation and out of the log.
    data = {"invitation": invitation.pk, "uses": uses, "days": days, **rights.as_fields(), **leave_out_empty(limits)}
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.INVITATION_MADE, data=data)
    return invitation, token


@transaction.atomic
def revoke_invitation(project: Project, lead: User, public_id: UUID) -> Invitation:
    """Let nobody else in by this link; whoever came by it stays a member."""
    require_right(project, lead, "is_lead")
    invitation = Invitation.objects.select_for_update(no_key=True).filter(project=project, public_id=public_id).first()
    if invitation is None:
        raise ProtocolError("not_found", _("There is no such invitation."))
    if invitation.revoked_at is not None:
        raise ProtocolError("revoked", _("This invitation is revoked already."))
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.INVITATION_REVOKED, data={"invitation": invitation.pk})
    return invitation


def find_invitation(token: str) -> Invitation | None:
    """The invitation behind a token, whatever became of it; None if there is none."""
    return Invitation.objects.select_related("project").filter(token_sha256=digest_token(token)).first()


@transaction.atomic
def join_project(token: str, person: User) -> Membership:
    """Make somebody who has an account a member by an invitation.

    Rights somebody has already are never raised by a link, and a removed member does not come back by one: both are a lead's to do.
    """
    invitation = use_up(token)
    former = Membership.objects.filter(project=invitation.project, person=person).first()
    if former is not None and former.active:
        raise ProtocolError("already_member", _("You are a member of this project already; the link changes nothing."))
    if former is not None:
        raise ProtocolError("removed_member", _("You were taken off this project. Ask its lead to add you again."))
    return let_in(invitation, person)


@transaction.atomic
def join_as_new(token: str, person: User) -> Membership:
    """Make the account `person`, not saved yet and with its password set, and let it into the project by an invitation."""
    invitation = use_up(token)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise ProtocolError("name_taken", _("There is an account of this name already.")) from error
    return let_in(invitation, person)


def use_up(token: str) -> Invitation:
    """Count one use of an open invitation; raises ProtocolError if it is over. What fails later takes the use back with it."""
    # One statement decides, so that of two people at once only as many come in as the link is for.
    if not Invitation.objects.still_open().filter(token_sha256=digest_token(token)).order_by().update(used=F("used") + 1):
        raise ProtocolError("invitation_over", _("This invitation is over. Ask whoever sent it for a new one."))
    return Invitation.objects.select_related("project").get(token_sha256=digest_token(token))


def let_in(invitation: Invitation, person: User) -> Membership:
    """Write the membership that an invitation gives, with its limits, and who came by it."""
    InvitationUse.objects.create(invitation=invitation, person=person)
    rights = Rights(can_label=invitation.can_label, can_adjudicate=invitation.can_adjudicate, is_lead=invitation.is_lead)
    limits = {"categories": invitation.categories, "daily_cap": invitation.daily_cap}
    membership = set_member(invitation.project, person, person, **rights.as_fields(), invitation=invitation.pk, **leave_out_empty(limits))
    Membership.objects.filter(pk=membership.pk).update(**limits)
    membership.refresh_from_db(fields=list(limits))
    return membership


def leave_out_empty(limits: dict[str, Any]) -> dict[str, Any]:
    """Those limits that limit something, for an event."""
    return {name: value for name, value in limits.items() if value}


def count_refusal(token: str) -> None:
    """Remember that somebody tried an account name that is taken: a link that tries out many is over."""
    Invitation.objects.filter(token_sha256=digest_token(token), refused__lt=32767).update(refused=F("refused") + 1)

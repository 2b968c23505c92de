"""The invitations of a project as its leads see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from django.db.models import Q
from django.utils import timezone

from labeling.lead.sentences import tell_given
from labeling.models import Invitation, InvitationUse, Project
from labeling.models.people import REFUSALS_ALLOWED

State = Literal["open", "used", "expired", "revoked", "locked", "archived", "orphaned"]
STATES: tuple[State, ...] = get_args(State)
SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class InvitationLine:
    """One invitation, what became of it, and the account names of those who came by it."""

    invitation: Invitation
    state: State
    people: list[str]

    @property
    def limits(self) -> str:
        """The limits it gives, in words; empty for none."""
        return tell_limits(self.invitation)


def list_invitations(project: Project) -> list[InvitationLine]:
    """The newest invitations of the project, those still open first."""
    return sorted(tell_invitations(list(project.invitations.order_by("-pk")[:SHOWN])), key=lambda line: line.state != "open")


def list_helpful(project: Project) -> list[Invitation]:
    """The open invitations of the project by which people come who label or adjudicate, newest first."""
    return list(Invitation.objects.still_open().filter(Q(can_label=True) | Q(can_adjudicate=True), project=project))


def tell_invitations(invitations: Sequence[Invitation]) -> list[InvitationLine]:
    """These invitations, in their order, with what became of each."""
    ids = [row.pk for row in invitations]
    open_ids = set(Invitation.objects.still_open().filter(pk__in=ids).values_list("pk", flat=True))
    uses = InvitationUse.objects.filter(invitation__in=ids).order_by("pk").values_list("invitation_id", "person__username")
    people: dict[int, list[str]] = {}
    for invitation_id, name in uses:
        people.setdefault(invitation_id, []).append(name)
    return [
        InvitationLine(invitation=row, state="open" if row.pk in open_ids else find_end(row), people=people.get(row.pk, []))
        for row in invitations
    ]


def tell_limits(invitation: Invitation) -> str:
    """What whoever comes by an invitation is given work of, and how much a day; empty where neither is limited."""
    return ", ".join(tell_given({"categories": invitation.categories, "daily_cap": invitation.daily_cap}))


def find_end(invitation: Invitation) -> State:
    """Why an invitation lets nobody in any more."""
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.used >= invitation.uses:
        return "used"
    if invitation.expires_at <= timezone.now():
        return "expired"
    # Somebody tried out account names with it, or the project is archived, or its maker no longer leads it.
    if invitation.refused >= REFUSALS_ALLOWED:
        return "locked"
    return "archived" if invitation.project.archived_at is not None else "orphaned"

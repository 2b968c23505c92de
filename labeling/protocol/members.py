"""What a lead does to the people of a project: rights, removal, and one-time sign-in links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Category, Event, Membership, Project, Purpose, SignInLink, Status, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import set_member
from labeling.protocol.reap import release
from labeling.protocol.record import lock_candidate, require_right

# What a change of each limit means for work in progress; stored with the event and shown beside it.
LIMIT_EFFECTS = {
    "categories": _("Applies to candidates taken from now on; what they have in hand can still be answered."),
    "daily_cap": _("Applies to candidates taken from now on, today's answers included; what they have in hand can still be answered."),
}


@dataclass(frozen=True, kw_only=True)
class Rights:
    """The three independent rights of a member."""

    can_label: bool = False
    can_adjudicate: bool = False
    is_lead: bool = False

    def as_fields(self) -> dict[str, bool]:
        """The rights under the names of the membership's columns."""
        return {"can_label": self.can_label, "can_adjudicate": self.can_adjudicate, "is_lead": self.is_lead}


@transaction.atomic
def add_member(project: Project, lead: User, person: User, rights: Rights) -> Membership:
    """Let `person` into the project; a former member comes back. Raises ProtocolError if they work here already."""
    require_right(project, lead, "is_lead")
    check_some(rights)
    lock_members(project)
    if Membership.objects.active().filter(project=project, person=person).exists():
        raise ProtocolError("already_member", _("%(name)s is a member already."), name=person.get_username())
    return set_member(project, person, lead, **rights.as_fields())


@transaction.atomic
def make_account(project: Project, lead: User, username: str, rights: Rights) -> Membership:
    """Make an account without a password and let it into the project; it signs in by a one-time link."""
    require_right(project, lead, "is_lead")
    check_some(rights)
    username = User.normalize_username(username)
    if User.objects.filter(username__iexact=username).exists():
        raise ProtocolError("name_taken", _("There is an account of this name already."))
    # As the sign-in form will read it: full-width letters and digits become plain ones.
    person = User(username=username)
    person.set_unusable_password()
    person.save()
    return set_member(project, person, lead, **rights.as_fields())


def change_member(project: Project, lead: User, person_id: UUID, rights: Rights) -> int:
    """Give a member exactly `rights`; leases they may no longer answer end. Returns how many ended.

    Raises ProtocolError if nobody would lead the project any more.
    """
    with transaction.atomic():
        membership = lock_member(project, lead, person_id)
        check_some(rights)
        if membership.is_lead and not rights.is_lead:
            check_other_lead(project, membership.person)
        set_member(project, membership.person, lead, **rights.as_fields())
    lost = [] if rights.can_label else [Purpose.PRIMARY, Purpose.GOLD, Purpose.REPEAT]
    lost += [] if rights.can_adjudicate else [Purpose.ADJUDICATION, Purpose.AUDIT, Purpose.SECOND_ADJUDICATION]
    return end_leases(project, membership.person, lead, lost)


@transaction.atomic
def limit_member(project: Project, lead: User, person_id: UUID, categories: Sequence[str], daily_cap: int | None) -> dict[str, str]:
    """Give a member work of these `categories` only (none: of all), and none beyond `daily_cap` primary answers a day (None: any number).

    Returns what the changes do to work in progress, by setting; nothing where nothing changes. Leases in hand go on. Raises ValueError for
    what is no category.
    """
    membership = lock_member(project, lead, person_id)
    # Beside the project, so that nobody is just being given something by the old rule.
    membership = Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    wanted = {"categories": choose_categories(categories), "daily_cap": daily_cap}
    changed = {name: [getattr(membership, name), value] for name, value in wanted.items() if getattr(membership, name) != value}
    if not changed:
        return {}
    Membership.objects.filter(pk=membership.pk).update(**wanted)
    effects = {name: LIMIT_EFFECTS[name] for name in changed}
    data = {"person": membership.person_id, "limits": changed, "effects": effects}
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.MEMBER_CHANGED, data=data)
    return effects


def choose_categories(categories: Sequence[str]) -> list[str]:
    """The categories in their usual order as they are stored: none where all are chosen. Raises ValueError for what is no category."""
    chosen = {Category(value) for value in categories}
    return [category.value for category in Category if category in chosen] if len(chosen) < len(Category) else []


def drop_member(project: Project, lead: User, person_id: UUID) -> int:
    """Take a member off the project: their leases end, their answers stay. Returns how many leases ended."""
    with transaction.atomic():
        membership = lock_member(project, lead, person_id)
        if membership.is_lead:
            check_other_lead(project, membership.person)
        Membership.objects.filter(pk=membership.pk).update(active=False)
        data = {"person": membership.person_id, "active": False}
        Event.objects.create(project=project, actor=lead, kind=Event.Kind.MEMBER_CHANGED, data=data)
    return end_leases(project, membership.person, lead, list(Purpose))


def end_leases(project: Project, person: User, lead: User, purposes: Sequence[Purpose]) -> int:
    """End what a person holds in the project for these purposes, one short transaction per candidate; return how many."""
    held = Assignment.objects.leased_by(person.pk, project.pk).filter(purpose__in=purposes)
    return sum(end_lease(candidate_id, pk, lead) for pk, candidate_id in list(held.values_list("pk", "candidate_id")))


@transaction.atomic
def end_lease(candidate_id: int, assignment_id: int, lead: User) -> int:
    """End one lease; return 1, or 0 if it has ended by itself meanwhile."""
    candidate = lock_candidate(candidate_id)
    lease = candidate.assignments.filter(pk=assignment_id, status=Status.LEASED).first()
    if lease is None:
        return 0
    release(candidate, lease, "member_removed", lead)
    return 1


@transaction.atomic
def make_sign_in_link(project: Project, lead: User, person_id: UUID) -> str:
    """The token of a new one-time sign-in link for a member; valid for a day.

    Raises ProtocolError if the link would open more than what `lead` leads: a link is the account itself.
    """
    membership = lock_member(project, lead, person_id)
    if not may_link(lead, membership.person):
        text = _("%(name)s may do more than what you lead, so only they can sign in.")
        raise ProtocolError("not_your_account", text, name=membership.person.get_username())
    data = {"person": membership.person_id, "sign_in_link": True}
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.MEMBER_CHANGED, data=data)
    return SignInLink.make(membership.person)


def may_link(lead: User, person: User) -> bool:
    """Whether everything `person` may do is something `lead` leads, so that a link gives away nothing else."""
    if lead.pk == person.pk:
        return True
    if person.is_staff or person.is_superuser:
        return False
    led = Membership.objects.active().filter(person=lead, is_lead=True).order_by()
    elsewhere = Membership.objects.active().filter(person=person).exclude(project__in=led.values("project"))
    return not elsewhere.exists()


def lock_members(project: Project) -> None:
    """Let one change of a project's members happen at a time: two leads could otherwise remove each other."""
    # Not the full lock: that one would stop every lease of the project, whose rows point at it.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def lock_member(project: Project, lead: User, person_id: UUID) -> Membership:
    """The active membership of a person in a project that `lead` leads, with the project locked."""
    lock_members(project)
    require_right(project, lead, "is_lead")
    membership = Membership.objects.active().select_related("person").filter(project=project, person__public_id=person_id).first()
    if membership is None:
        raise ProtocolError("not_found", _("There is no such member."))
    return membership


def check_some(rights: Rights) -> None:
    """Raise ProtocolError if `rights` holds none."""
    if not any(rights.as_fields().values()):
        raise ProtocolError("no_right", _("Tick at least one right, or remove the person."))


def check_other_lead(project: Project, person: User) -> None:
    """Raise ProtocolError if nobody but `person` leads the project."""
    if not Membership.objects.active().filter(project=project, is_lead=True).exclude(person=person).exists():
        raise ProtocolError("last_lead", _("Somebody must lead the project: name another lead first."))

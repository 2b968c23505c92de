"""Projects and their settings: each change is an event that says what it does to work in progress."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Guideline, Membership, Project, SignInLink, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right

SETTINGS = (
    "name",
    "paused",
    "reasons_required",
    "lease_minutes",
    "undo_minutes",
    "policy",
    "control_share",
    "stop_points",
    "gold_share",
    "repeat_share",
    "audit_share",
    "second_share",
)
# What a change of each setting means for work in progress; stored with the event and shown beside it.
EFFECTS = {
    "name": _("Nothing changes for work in progress."),
    "paused": _("Nobody is given new candidates while paused; what people hold can still be answered."),
    "reasons_required": _("Applies to answers from now on; answers already in stay as they are."),
    "lease_minutes": _("Applies to candidates taken from now on; those in hand keep their time, unless input extends it."),
    "undo_minutes": _(
        "Applies to answers from now on; answers already in keep the window they had. "
        "A dispute opens to adjudicators when both windows are over."
    ),
    "policy": _(
        "Applies to candidates nobody has taken yet; those in hand or answered keep what they were drawn. "
        "Until there are suggestions, everybody answers without."
    ),
    "control_share": _(
        "Applies to candidates nobody has taken yet; those in hand or answered keep what they were drawn. "
        "Until there are suggestions, nobody sees one on any candidate, whatever the share."
    ),
    "stop_points": _("Looked at after each measurement from now on; what was switched off stays off."),
    "gold_share": _("Applies to what annotators take from now on; gold in hand can still be answered."),
    "repeat_share": _("Applies to what annotators take from now on; repeats in hand can still be answered."),
    "audit_share": _("Applies to candidates that settle from now on; audits already drawn are still done."),
    "second_share": _("Applies to adjudications from now on; second ones already drawn are still done."),
}
UNPAUSED = _("People are given candidates again as soon as their page asks; what they hold goes on.")


@transaction.atomic
def create_project(slug: str, name: str, creator: User | None, **fields: Any) -> Project:
    """Make a project, without a guideline so far; its creator becomes a lead."""
    project = Project.objects.create(slug=slug, name=name, **fields)
    Event.objects.create(project=project, actor=creator, kind=Event.Kind.PROJECT_CREATED, data={"slug": slug, "name": name})
    if creator is not None:
        set_member(project, creator, creator, is_lead=True)
    return project


@transaction.atomic
def set_member(
    project: Project,
    person: User,
    actor: User | None,
    *,
    can_label: bool = False,
    can_adjudicate: bool = False,
    is_lead: bool = False,
    **about: Any,
) -> Membership:
    """Give `person` exactly these rights in `project`; a member without any right should be removed instead.

    `about` is kept with the event: by which invitation, for one; and so are the rights a member had until now, as `former`.
    """
    rights = {"can_label": can_label, "can_adjudicate": can_adjudicate, "is_lead": is_lead}
    former = Membership.objects.active().filter(project=project, person=person).values(*rights).first()
    if former is not None:
        about["former"] = former
    membership, _created = Membership.objects.update_or_create(project=project, person=person, defaults={**rights, "active": True})
    # A link made when the account could do less must not open what it may do from now on.
    SignInLink.objects.filter(person=person, used_at=None).delete()
    Event.objects.create(project=project, actor=actor, kind=Event.Kind.MEMBER_CHANGED, data={"person": person.pk, **rights, **about})
    return membership


def effect_of(setting: str, value: Any) -> str:
    """What giving a setting this value means for work in progress."""
    return UNPAUSED if setting == "paused" and not value else EFFECTS[setting]


@transaction.atomic
def change_settings(project: Project, lead: User, changes: dict[str, Any]) -> dict[str, str]:
    """Store the settings in `changes` that differ; return {setting: what it does to work in progress}.

    Raises ValueError for a name that is no setting, and Django's IntegrityError for a value its constraint refuses.
    """
    require_right(project, lead, "is_lead")
    if unknown := set(changes) - set(SETTINGS):
        raise ValueError(f"not settings of a project: {sorted(unknown)}; the settings are {SETTINGS}")
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    changed = {name: [getattr(locked, name), value] for name, value in changes.items() if getattr(locked, name) != value}
    if not changed:
        return {}
    for name, (_old, new) in changed.items():
        setattr(locked, name, new)
        setattr(project, name, new)
    locked.save(update_fields=list(changed))
    effects = {name: effect_of(name, new) for name, (_old, new) in changed.items()}
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.SETTINGS_CHANGED, data={"changed": changed, "effects": effects})
    return effects


@transaction.atomic
def publish_guideline(project: Project, lead: User, body: str, must_read: bool = True, based_on: int | None = None) -> Guideline:
    """Publish a new version of the project's guideline; with `must_read` nobody takes new work before they have read it.

    `based_on` is the version the text was made from: raises ProtocolError if another one is in force by now, or the text is its own.
    """
    require_right(project, lead, "is_lead")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    last = project.guidelines.order_by("-number").first()
    if based_on is not None:
        check_base(last, body, based_on)
    number = last.number + 1 if last else 1
    # Blanks alone are no guideline, and nobody is asked to read them.
    text = body if body.strip() else ""
    guideline = Guideline.objects.create(project=project, number=number, body=text, must_read=must_read and text != "")
    data = {"number": number, "must_read": guideline.must_read}
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.GUIDELINE_PUBLISHED, data=data)
    return guideline


def check_base(last: Guideline | None, body: str, based_on: int) -> None:
    """Raise ProtocolError unless `last` is the version that `body` was made from and says something else."""
    if last is None:
        check_first(body, based_on)
    elif based_on != last.number:
        text = _("Version %(number)d was published meanwhile. Compare it with yours, then publish.")
        raise ProtocolError("guideline_changed", text, number=last.number)
    elif body == last.body:
        raise ProtocolError("same_guideline", _("This is the text in force already."))


def check_first(body: str, based_on: int) -> None:
    """Raise ProtocolError unless `body`, made from no version, says something."""
    if based_on:
        raise ProtocolError("guideline_changed", _("There is no such version of the guideline."))
    if not body.strip():
        raise ProtocolError("same_guideline", _("Write the text first."))

"""Events as sentences, for the history of a project's settings and the timeline of a candidate (labeling/lead/timeline.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.lead.conflicts import PARTS
from labeling.models import Category, Event, ImportConflict, Membership, Policy, Project, ReasonClass, Skip, User

RIGHTS = ("can_label", "can_adjudicate", "is_lead")
# The same in every language.
_FROM_TO = "%(old)s → %(new)s"


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One event as shown: what happened, its details, and what it means for work in progress."""

    at: datetime
    actor: str
    what: str
    details: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    round: int | None = None
    state: str = ""


def tell_history(events: Iterable[Event]) -> list[Sentence]:
    """Events about a project itself: settings, members, guideline."""
    rows = list(events)
    ids = {row.data["person"] for row in rows if "person" in row.data}
    names = {person.pk: person.get_username() for person in User.objects.filter(pk__in=ids)}
    return [tell_project_event(row, names) for row in rows]


def tell_project_event(event: Event, names: Mapping[int, str]) -> Sentence:
    """One event about a project itself; `names` are those of the people it is about."""
    details: list[str] = []
    if event.kind == Event.Kind.SETTINGS_CHANGED:
        details = [tell_setting(name, old, new) for name, (old, new) in event.data["changed"].items()]
    elif event.kind == Event.Kind.MEMBER_CHANGED:
        details = [tell_member(event.data, names.get(event.data["person"], "?"))]
    elif event.kind == Event.Kind.BATCH_CHANGED:
        details = tell_batch(event.data)
    elif event.kind == Event.Kind.GUIDELINE_PUBLISHED:
        details = [tell_guideline(event.data)]
    elif event.kind == Event.Kind.INVITATION_MADE:
        details = [tell_invitation(event.data), *tell_given(event.data)]
    elif event.kind == Event.Kind.TASK_CHANGED:
        parts = ", ".join(str(PARTS.get(part, part)) for part in event.data["changed"])
        details = [_("Version %(number)s of the task: %(parts)s") % {"number": event.data["version"], "parts": parts}]
    elif event.kind == Event.Kind.CONFLICT_RESOLVED:
        details = tell_details(event.data)
    # Stored in English and marked for translation where they are written (labeling/protocol/projects.py).
    effects = list(dict.fromkeys(_(effect) for effect in event.data.get("effects", {}).values()))
    return Sentence(at=event.at, actor=name_actor(event), what=name_event(event), details=details, effects=effects)


def name_event(event: Event) -> str:
    """What happened, in a few words; the making of a batch is kept as a change from nothing."""
    if event.kind == Event.Kind.BATCH_CHANGED and event.data["changed"].get("name", [""])[0] is None:
        return _("batch made")
    return event.get_kind_display()


def tell_setting(name: str, old: Any, new: Any) -> str:
    """One changed setting."""
    label = str(Project._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return _("%(setting)s: %(old)s → %(new)s") % {"setting": label, "old": show_value(name, old), "new": show_value(name, new)}


def show_value(name: str, value: Any) -> str:
    """A value of a setting as people read it."""
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(Policy(value).label) if name == "policy" else str(value)


def tell_member(data: Mapping[str, Any], name: str) -> str:
    """What was done to one member."""
    if data.get("sign_in_link"):
        return _("%(name)s: one-time sign-in link made") % {"name": name}
    if data.get("active") is False:
        return _("%(name)s: removed; leases ended, answers kept") % {"name": name}
    if "limits" in data:
        # The database keeps the keys in an order of its own.
        changed = [(limit, data["limits"][limit]) for limit in ("categories", "daily_cap") if limit in data["limits"]]
        limits = [_FROM_TO % {"old": tell_limit(limit, old), "new": tell_limit(limit, new)} for limit, (old, new) in changed]
        return _("%(name)s: %(limits)s") % {"name": name, "limits": "; ".join(limits)}
    if data.get("invitation"):
        given = ", ".join([name_rights(data), *tell_given(data)])
        return _("%(name)s came by an invitation: %(rights)s") % {"name": name, "rights": given}
    rights = name_rights(data)
    # Events from before this was kept tell what somebody may do now alone.
    if (former := name_rights(data.get("former", {}))) and former != rights:
        rights = _FROM_TO % {"old": former, "new": rights}
    return _("%(name)s: %(rights)s") % {"name": name, "rights": rights}


def tell_limit(name: str, value: Any) -> str:
    """One limit of what a member is given, as it is now."""
    if name == "categories":
        chosen = ", ".join(str(Category(category).label) for category in value)
        return _("works in %(categories)s") % {"categories": chosen} if chosen else _("works in all categories")
    return _("at most %(count)d answers a day") % {"count": value} if value else _("any number of answers a day")


def tell_given(limits: Mapping[str, Any]) -> list[str]:
    """The limits that an invitation gives, as far as there are any."""
    return [tell_limit(name, limits[name]) for name in ("categories", "daily_cap") if limits.get(name)]


def tell_batch(data: Mapping[str, Any]) -> list[str]:
    """A batch and what it is now, as far as that was changed."""
    changed = {name: new for name, (_old, new) in data["changed"].items() if name != "name"}
    details = [_("“%(name)s”") % {"name": data["name"]}]
    if changed.get("category"):
        details.append(str(Category(changed["category"]).label))
    if "priority" in changed:
        details.append(_("priority %(number)d") % {"number": changed["priority"]})
    if changed.get("due"):
        details.append(_("due on %(day)s") % {"day": changed["due"]})
    if "people" in changed:
        count = len(changed["people"])
        text = ngettext("%(count)d person works in it", "%(count)d people work in it", count) % {"count": count}
        details.append(text if count else _("everybody works in it"))
    if "closed" in changed:
        details.append(_("closed") if changed["closed"] else _("open"))
    return details


def name_rights(data: Mapping[str, Any]) -> str:
    """The rights that `data` gives, in words."""
    return ", ".join(str(Membership._meta.get_field(right).verbose_name) for right in RIGHTS if data.get(right))  # type: ignore[union-attr]


def tell_guideline(data: Mapping[str, Any]) -> str:
    """A version of the guideline, and whether people were asked to read it."""
    if data.get("must_read"):
        return _("Version %(number)s: to be read before new work.") % {"number": data["number"]}
    return _("Version %(number)s: nobody was asked to read it.") % {"number": data["number"]}


def tell_invitation(data: Mapping[str, Any]) -> str:
    """For whom an invitation was."""
    text = ngettext("%(count)d person as %(rights)s", "%(count)d people as %(rights)s", data["uses"])
    return text % {"count": data["uses"], "rights": name_rights(data)}


RELEASES = {
    "expired": gettext_lazy("time was over"),
    "page_left": gettext_lazy("page left"),
    "skipped": gettext_lazy("skipped"),
    "member_removed": gettext_lazy("person removed"),
    "withdrawn": gettext_lazy("withdrawn"),
    "reopened": gettext_lazy("reopened"),
    "by_lead": gettext_lazy("released by the lead"),
    "voided": gettext_lazy("an answer it was about is voided"),
}


def tell_details(data: Mapping[str, Any]) -> list[str]:
    """What the event's own data says, as far as a reader needs it."""
    details = []
    if "batch" in data:
        details.append(_("“%(name)s”") % {"name": data["name"]} if data["batch"] else _("in no batch"))
    if data.get("reason"):
        details.append(str(RELEASES.get(data["reason"]) or _(data["reason"])))
    if data.get("note"):
        details.append(str(data["note"]))
    if "why" in data:
        details.append(str(Skip.Why(data["why"]).label))
    if "reason_class" in data:
        details.append(str(ReasonClass(data["reason_class"]).label))
    if data.get("caption"):
        details.append(data["caption"])
    if data.get("outcome") in ImportConflict.State.values:
        details.append(str(ImportConflict.State(data["outcome"]).label))
    if data.get("late"):
        details.append(_("after its time was over"))
    return [detail for detail in details if detail]


def name_actor(event: Event) -> str:
    """Who did it; the site itself where nobody did."""
    return event.actor.get_username() if event.actor else _("the site")

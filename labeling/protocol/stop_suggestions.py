"""Switching suggestions off where they are seen to make answers worse, and what a lead says to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Policy, Project, Report, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import EFFECTS
from labeling.protocol.record import require_right


@transaction.atomic
def stop_if_harmful(report: Report) -> Event | None:
    """Switch the suggestions off if the whole interval of the error they add lies above the project's limit; None if they stay as they are.

    What decides is the last look (labeling/looks.py) at the version in use under the policy in force, as both are now. A lead who switched
    on again is not overruled by the same look. Locks the project, so that of two jobs one switches off.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=report.project_id)
    part = find_part(report.figures, project)
    look = part["look"] if part else None
    if look is None or project.stop_points is None or project.archived_at is not None or look["low"] <= project.stop_points:
        return None
    same = find_stops(project).filter(data__version=project.model_version, data__policy=project.policy, data__effect=look["effect"])
    before = same.first()
    if before is not None and look["number"] <= before.data.get("look", 0):
        return None
    told = {"report": report.pk, "version": project.model_version, "policy": project.policy, "look": look["number"]}
    told |= {"counted": look["counted"][0], "stop_points": project.stop_points}
    told |= {key: look[key] for key in ("effect", "decided", "value", "low", "high")}
    project.policy = Policy.OFF
    project.save(update_fields=["policy"])
    effects = {"policy": EFFECTS["policy"]}
    return Event.objects.create(project=project, kind=Event.Kind.SUGGESTIONS_STOPPED, data={**told, "effects": effects})


def find_part(figures: Mapping[str, Any], project: Project) -> Mapping[str, Any] | None:
    """What a report says of the version in use under the policy in force; None if it says nothing of them."""
    wanted = (project.model_version, project.policy)
    return next((part for part in figures["parts"] if (part["version"], part["policy"]) == wanted), None)


def find_stops(project: Project) -> QuerySet[Event]:
    """When suggestions were switched off in the project, the last time first."""
    return Event.objects.filter(project=project, candidate=None, kind=Event.Kind.SUGGESTIONS_STOPPED).order_by("-pk")


def unanswered_stops(project: Project) -> QuerySet[Event]:
    """The last time suggestions were switched off, while no lead has said anything to it; empty otherwise.

    They answer by switching on again, by putting another version to use, or by keeping them off.
    """
    stop = find_stops(project).first() if project.policy == Policy.OFF else None
    if stop is None or stop.data["version"] != project.model_version or is_answered(stop):
        return Event.objects.none()
    return find_stops(project).filter(pk=stop.pk)


def is_answered(stop: Event) -> bool:
    """Whether a lead has changed the policy since, or said that it is to stay off."""
    later = Event.objects.filter(project=stop.project_id, candidate=None, kind=Event.Kind.SETTINGS_CHANGED, pk__gt=stop.pk)
    return any("policy" in data.get("changed", {}) or data.get("kept_off") == stop.pk for data in later.values_list("data", flat=True))


@transaction.atomic
def keep_off(project: Project, lead: User, stop: int) -> Event:
    """Say that suggestions are to stay switched off, as they were by the event `stop`. Raises ProtocolError if that waits for nobody."""
    require_right(project, lead, "is_lead")
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    if not unanswered_stops(locked).filter(pk=stop).exists():
        raise ProtocolError("already_answered", _("Somebody has seen to this already."))
    return Event.objects.create(project=project, actor=lead, kind=Event.Kind.SETTINGS_CHANGED, data={"changed": {}, "kept_off": stop})

"""Rows written past the protocol, for tests of what the database itself refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Concern, Decision, Draw, Event, Gold, Project, Suggestion, User
from tests.factories import make_user


def raw_assignment(candidate: Candidate, person: User, **fields: Any) -> Assignment:
    """An assignment as `fields` say; without any, a live primary lease of seat 1."""
    values = {"purpose": "primary", "round": candidate.round, "status": "leased", "lease_until": timezone.now() + timedelta(minutes=15)}
    values |= {"project_id": candidate.project_id, "image_id": candidate.image_id, "task_version": 1} | fields
    if values["purpose"] == "primary":
        values.setdefault("seat", 1)
    if values.get("arm", "blind") != "blind":
        values.setdefault("suggestion", candidate.suggestions.first() or raw_suggestion(candidate))
    return Assignment.objects.create(candidate=candidate, person=person, **values)


def answered(verdict: str | None = "accept", status: str = "submitted", **fields: Any) -> dict[str, Any]:
    """The fields of an assignment whose answer is in."""
    now = timezone.now()
    return {"status": status, "verdict": verdict, "lease_until": None, "submitted_at": now, "editable_until": now, **fields}


def released(**fields: Any) -> dict[str, Any]:
    """The fields of a lease that has ended."""
    return {"status": "released", "lease_until": None, **fields}


def raw_dispute(candidate: Candidate, first: User, second: User) -> tuple[Assignment, Assignment]:
    """Two submitted primary rows that differ; the candidate's own row is left as it was."""
    return raw_assignment(candidate, first, seat=1, **answered()), raw_assignment(candidate, second, seat=2, **answered("reject"))


def raw_agreement(candidate: Candidate) -> Candidate:
    """The candidate, with two submitted primary rows that agree; its own row is left as it was."""
    for seat in (1, 2):
        raw_assignment(candidate, make_user(), seat=seat, **answered())
    return candidate


def raw_event(candidate: Candidate, **fields: Any) -> Event:
    """An event of a candidate."""
    return Event.objects.create(**{"project_id": candidate.project_id, "candidate": candidate, "kind": "submitted"} | fields)


def seen(exposure: str) -> dict[str, Any]:
    """The columns of an answer that say what its author had seen of a suggestion."""
    return {"exposure": exposure} if exposure == "none" else {"exposure": exposure, "model_version": "tiny-1", "probability": 0.8}


def raw_answer(assignment: Assignment, **fields: Any) -> Answer:
    """An answer row; without any `fields` a first accept."""
    event = raw_event(assignment.candidate, assignment=assignment)
    fields = seen(fields.pop("exposure", "none")) | fields
    return Answer.objects.create(**{"assignment": assignment, "number": 1, "kind": "first", "verdict": "accept", "event": event} | fields)


def raw_decision(candidate: Candidate, **fields: Any) -> Decision:
    """A decision row; without any `fields` an accept by consensus."""
    values = {"round": candidate.round, "verdict": "accept", "how": "consensus"} | fields
    return Decision.objects.create(candidate=candidate, event=raw_event(candidate), **values)


def update(row: models.Model, **fields: Any) -> int:
    """Change a row past every `save()`."""
    return type(row)._default_manager.filter(pk=row.pk).update(**fields)


def delete(row: models.Model) -> int:
    """Delete a row by SQL alone, past Django's own protection of rows that point to it."""
    return type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")


def raw_suggestion(candidate: Candidate, p_accept: float = 0.8, **fields: Any) -> Suggestion:
    """What a model version says about a candidate's image."""
    values = {"project_id": candidate.project_id, "image_id": candidate.image_id, "model_version": "tiny-1"} | fields
    return Suggestion.objects.create(candidate=candidate, p_accept=p_accept, **values)


def raw_draw(candidate: Candidate, **fields: Any) -> Draw:
    """A draw of a candidate's round; without any `fields` the first seat sees the suggestion."""
    values = {"policy": "measured", "control_share": 20, "is_control": False, "assisted_seat": 1, "round": candidate.round} | fields
    values.setdefault("suggestion", candidate.suggestions.first() or raw_suggestion(candidate))
    return Draw.objects.create(project_id=candidate.project_id, candidate=candidate, **values)


def raw_gold(candidate: Candidate, **fields: Any) -> Gold:
    """Gold about a candidate, to be accepted."""
    values = {"project_id": candidate.project_id, "task": candidate.bundle.task, "image_id": candidate.image_id}
    return Gold.objects.create(candidate=candidate, **values | {"verdict": "accept", "source": "settled"} | fields)


def raw_concern(project: Project, person: User, **fields: Any) -> Concern:
    """An open concern."""
    return Concern.objects.create(project=project, person=person, **{"kind": "fast"} | fields)

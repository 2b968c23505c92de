"""What the event log says about candidates and assignments as of an event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from labeling.models import Event, State

Kind = Event.Kind


@dataclass(kw_only=True)
class History:
    """Where one candidate stood: state, round, why it was held or withdrawn; `statuses` by assignment, which were skipped, its flags.

    `example_rounds` are those whose decision was shown to everybody in the gallery of examples.
    """

    state: str
    round: int
    reason: str = ""
    statuses: dict[int, str] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    flags: list[int] = field(default_factory=list)
    example_rounds: list[int] = field(default_factory=list)


def read_histories(candidate_ids: Collection[int], cutoff: int) -> dict[int, History]:
    """The history up to event `cutoff` of each candidate that had one; those that came later are missing."""
    histories: dict[int, History] = {}
    rows = Event.objects.filter(candidate__in=candidate_ids, pk__lte=cutoff).exclude(candidate_state="").order_by("pk")
    columns = ("candidate_id", "kind", "candidate_state", "round", "assignment_id", "assignment_status")
    for candidate_id, kind, state, number, assignment_id, status in rows.values_list(*columns):
        history = histories.setdefault(candidate_id, History(state=state, round=number))
        history.state, history.round = state, number
        if assignment_id is not None and status:
            history.statuses[assignment_id] = status
        if kind == Kind.SKIPPED:
            history.skipped.add(assignment_id)
        if kind == Kind.EXAMPLE_ADDED and number not in history.example_rounds:
            history.example_rounds.append(number)
    add_details(histories, candidate_ids, cutoff)
    return histories


def add_details(histories: dict[int, History], candidate_ids: Collection[int], cutoff: int) -> None:
    """Add what only the data of rarer events tells: reasons and flags."""
    rows = Event.objects.filter(candidate__in=candidate_ids, pk__lte=cutoff, kind__in=[Kind.HELD, Kind.WITHDRAWN, Kind.FLAGGED])
    for candidate_id, kind, data in rows.order_by("pk").values_list("candidate_id", "kind", "data"):
        history = histories[candidate_id]
        if kind == Kind.FLAGGED:
            history.flags.append(data["flag"])
        elif history.state in (State.HELD, State.WITHDRAWN):
            history.reason = data.get("reason", "")


def images_replaced_since(candidate_ids: Collection[int], cutoff: int) -> dict[int, str | None]:
    """The SHA-256 of the image that a candidate had at the cut-off, for those whose image was replaced after it; None for no image."""
    rows = Event.objects.filter(candidate__in=candidate_ids, pk__gt=cutoff, kind=Kind.IMAGE_REPLACED)
    images: dict[int, str | None] = {}
    for candidate_id, data in rows.order_by("pk").values_list("candidate_id", "data"):
        images.setdefault(candidate_id, data["old"])
    return images

"""What the event log says about candidates as of an event."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from labeling.among import Ids
from labeling.models import Event, State

Kind = Event.Kind
# What only events tell, and few candidates have.
RARE = [Kind.SKIPPED, Kind.FLAGGED, Kind.HELD, Kind.WITHDRAWN, Kind.EXAMPLE_ADDED]


@dataclass(kw_only=True)
class History:
    """Where one candidate stood: state, round, why it was held or withdrawn, which assignments were skipped, its flags.

    `image_replaced` is whether its image was replaced after the cut-off, `old_image` the SHA-256 that it had until then.
    `example_rounds` are those whose decision was shown to everybody in the gallery of examples.
    """

    state: str
    round: int
    reason: str = ""
    skipped: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    example_rounds: list[int] = field(default_factory=list)
    image_replaced: bool = False
    old_image: str | None = None


def read_histories(current: Mapping[int, tuple[str, int]], cutoff: int) -> dict[int, History]:
    """The history up to event `cutoff` of each candidate that had one; those that came later are missing.

    `current` is what the rows of the candidates said, state and round by row id, read before this call: a row says what its newest
    event said. So only candidates with an event after the cut-off are looked up in the log.
    """
    telling = Event.objects.filter(Q(pk__gt=cutoff) | Q(kind__in=RARE), candidate__among=Ids(current)).order_by("pk")
    rows = list(telling.values_list("pk", "candidate_id", "kind", "round", "assignment_id", "data"))
    # One that is being imported has had no event yet, or one of the others.
    unsure = {row[1] for row in rows if row[0] > cutoff} | {pk for pk, (state, _round) in current.items() if state == State.STAGED}
    histories = {pk: History(state=state, round=number) for pk, (state, number) in current.items() if pk not in unsure}
    histories |= {pk: History(state=state, round=number) for pk, state, number in read_standings(unsure, cutoff) if number}
    for pk, candidate_id, *telling_row in rows:
        if candidate_id in histories:
            (add_later if pk > cutoff else add_detail)(histories[candidate_id], *telling_row)
    return histories


def read_standings(candidate_ids: Collection[int], cutoff: int) -> Iterable[tuple[int, str, int | None]]:
    """Row id, state and round of each candidate after every event that it had up to `cutoff`; the last one is what stood."""
    if not candidate_ids:
        return []
    events = Event.objects.filter(candidate__among=Ids(candidate_ids), pk__lte=cutoff).exclude(candidate_state="").order_by("pk")
    return events.values_list("candidate_id", "candidate_state", "round")


def add_detail(history: History, kind: str, number: int, assignment_id: int | None, data: Mapping[str, Any]) -> None:
    """Add what only one of the rarer events tells."""
    if kind == Kind.SKIPPED and assignment_id is not None:
        history.skipped.append(assignment_id)
    elif kind == Kind.FLAGGED:
        history.flags.append(data["flag"])
    elif kind == Kind.EXAMPLE_ADDED and number not in history.example_rounds:
        history.example_rounds.append(number)
    elif kind in (Kind.HELD, Kind.WITHDRAWN) and history.state in (State.HELD, State.WITHDRAWN):
        history.reason = data.get("reason", "")


def add_later(history: History, kind: str, _number: int, _assignment_id: int | None, data: Mapping[str, Any]) -> None:
    """Take back what an event after the cut-off changed in place."""
    if kind == Kind.IMAGE_REPLACED and not history.image_replaced:
        history.image_replaced, history.old_image = True, data["old"]


def read_statuses(candidate_ids: Collection[int], cutoff: int) -> dict[int, dict[int, str]]:
    """The status by assignment that each candidate with an event after `cutoff` had right after it; the others are missing.

    Their assignments are as their rows say, if those were read before this call.
    """
    later = Event.objects.filter(candidate__among=Ids(candidate_ids), pk__gt=cutoff).order_by()
    statuses: dict[int, dict[int, str]] = {pk: {} for pk in later.values_list("candidate_id", flat=True)}
    if statuses:
        events = Event.objects.filter(candidate__among=Ids(statuses), pk__lte=cutoff, assignment__isnull=False).exclude(
            assignment_status=""
        )
        for candidate_id, assignment_id, status in events.order_by("pk").values_list("candidate_id", "assignment_id", "assignment_status"):
            statuses[candidate_id][assignment_id] = status
    return statuses

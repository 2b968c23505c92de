"""Where a candidate stands, worked out from its rows; the only place that knows the state machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labeling.models import Assignment, Candidate, Decision, Purpose, QState, State, Status

OUT = (State.STAGED, State.HELD, State.WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The state of a candidate in both forms, and the decision (verdict, how) that stands, None where none does."""

    state: State
    q_state: QState
    q_excl: int = 0
    q_excl2: int = 0
    ready_at: datetime | None = None
    decision: tuple[str, Decision.How] | None = None


def find_standing(candidate: Candidate, live: Sequence[Assignment], imported: str | None, now: datetime) -> Standing:
    """Where `candidate` stands given its live rows of this round and the verdict imported in this round, if any.

    A held or withdrawn candidate and one being imported stay what they are until somebody moves them.
    """
    if candidate.state in OUT:
        return Standing(state=State(candidate.state), q_state=QState.OUT)
    return find_in_play(live, imported, now)


def find_in_play(live: Sequence[Assignment], imported: str | None, now: datetime) -> Standing:
    """Where the rows alone put a candidate, whether or not it is held at the moment."""
    primaries = [row for row in live if row.purpose == Purpose.PRIMARY]
    answered = [row for row in primaries if row.status == Status.SUBMITTED]
    if len(answered) == 2:
        return find_answered(answered, next((row for row in live if row.purpose == Purpose.ADJUDICATION), None), now)
    if imported is not None and not primaries:
        return Standing(state=State.SETTLED, q_state=QState.DONE, decision=(imported, Decision.How.IMPORTED))
    if len(primaries) == 1:
        return Standing(state=State.OPEN, q_state=QState.HALF, q_excl=primaries[0].person_id)
    return Standing(state=State.OPEN, q_state=QState.BOTH if primaries else QState.FRESH)


def find_answered(answered: Sequence[Assignment], adjudication: Assignment | None, now: datetime) -> Standing:
    """Where a candidate with both primary answers stands."""
    first, second = answered
    if first.verdict == second.verdict:
        return Standing(state=State.SETTLED, q_state=QState.DONE, decision=(str(first.verdict), Decision.How.CONSENSUS))
    if adjudication is not None and adjudication.status == Status.SUBMITTED:
        return Standing(state=State.SETTLED, q_state=QState.DONE, decision=(str(adjudication.verdict), Decision.How.ADJUDICATION))
    if adjudication is not None:
        return Standing(state=State.DISPUTED, q_state=QState.ADJUDICATED)
    # Until both people's windows have closed an edit may still end the dispute, so nobody may adjudicate it yet.
    ready_at = max(row.editable_until for row in answered if row.editable_until is not None)
    if ready_at > now:
        return Standing(state=State.DISPUTED, q_state=QState.BOTH, ready_at=ready_at)
    low, high = sorted((first.person_id, second.person_id))
    return Standing(state=State.DISPUTED, q_state=QState.DISPUTED, q_excl=low, q_excl2=high)

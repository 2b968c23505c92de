"""Where a candidate stands, worked out from its rows; the only place that knows the state machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.models import Assignment, Candidate, Decision, Purpose, QState, State, Status
from labeling.protocol.draw import is_drawn

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
    return find_in_play(candidate, live, imported, now)


def find_in_play(candidate: Candidate, live: Sequence[Assignment], imported: str | None, now: datetime) -> Standing:
    """Where the rows alone put a candidate, whether or not it is held at the moment."""
    primaries = rows_of(live, Purpose.PRIMARY)
    answered = [row for row in primaries if row.status == Status.SUBMITTED]
    if len(answered) == 2:
        return find_answered(candidate, answered, live, now)
    if imported is not None and not primaries:
        return Standing(state=State.SETTLED, q_state=QState.DONE, decision=(imported, Decision.How.IMPORTED))
    if len(primaries) == 1:
        return Standing(state=State.OPEN, q_state=QState.HALF, q_excl=primaries[0].person_id)
    return Standing(state=State.OPEN, q_state=QState.BOTH if primaries else QState.FRESH)


def find_answered(candidate: Candidate, answered: Sequence[Assignment], live: Sequence[Assignment], now: datetime) -> Standing:
    """Where a candidate with both primary answers stands."""
    purpose = find_review(answered, live)
    if purpose == Purpose.ADJUDICATION:
        return Standing(state=State.DISPUTED, **find_place(purpose, answered, live, now))
    is_agreed = purpose == Purpose.AUDIT
    [decided] = answered[:1] if is_agreed else rows_of(live, Purpose.ADJUDICATION)
    how = Decision.How.CONSENSUS if is_agreed else Decision.How.ADJUDICATION
    place = find_place(purpose, answered, live, now) if is_wanted(candidate, purpose) else {"q_state": QState.DONE}
    return Standing(state=State.SETTLED, decision=(str(decided.verdict), how), **place)


def find_review(answered: Sequence[Assignment], live: Sequence[Assignment]) -> Purpose:
    """What a third person may be asked for: to settle the dispute, to audit two equal answers, or to adjudicate once more."""
    if answered[0].verdict == answered[1].verdict:
        return Purpose.AUDIT
    is_settled = any(row.status == Status.SUBMITTED for row in rows_of(live, Purpose.ADJUDICATION))
    return Purpose.SECOND_ADJUDICATION if is_settled else Purpose.ADJUDICATION


def find_purpose(live: Sequence[Assignment]) -> Purpose:
    """What a third person would be asked for, of a candidate whose live rows hold both primary answers."""
    return find_review(rows_of(live, Purpose.PRIMARY), live)


def rows_of(live: Sequence[Assignment], purpose: Purpose) -> list[Assignment]:
    """The live rows of that purpose; of those by a third person there is at most one."""
    return [row for row in live if row.purpose == purpose]


def is_wanted(candidate: Candidate, purpose: Purpose) -> bool:
    """Whether a settled candidate is to pass through the queue of disputes: drawn when it settles, and not looked at again after that.

    So a change of the share leaves alone what is done and what waits.
    """
    if candidate.stored_state == State.SETTLED:
        return candidate.stored_q_state != QState.DONE
    return is_drawn(candidate, purpose)


def find_place(purpose: Purpose, answered: Sequence[Assignment], live: Sequence[Assignment], now: datetime) -> dict[str, Any]:
    """The place in the queue of a candidate that waits for a third person to do `purpose`, or no longer does: the same for all purposes."""
    for row in rows_of(live, purpose):
        return {"q_state": QState.DONE if row.status == Status.SUBMITTED else QState.ADJUDICATED}
    # Until both people's windows have closed an edit may still change everything, so nobody may adjudicate it yet.
    ready_at = max(row.editable_until for row in answered if row.editable_until is not None)
    if ready_at > now:
        return {"q_state": QState.BOTH, "ready_at": ready_at}
    low, high = sorted(row.person_id for row in answered)
    return {"q_state": QState.DISPUTED, "q_excl": low, "q_excl2": high}

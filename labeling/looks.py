"""When the added error is looked at for switching suggestions off, and how: seldom, and with a wide interval.

An interval of 95 % that is looked at every ten minutes is wrong sooner or later. So there is a look only when half as many more have been
decided as at the last one, each with an interval of 99 %: of the many looks at one harmless version few ever stop it
(docs/assistance.md says how few).
"""

from __future__ import annotations

from dataclasses import dataclass

from labeling.agreement import RESAMPLES, Clustered
from labeling.assistance import MEASURED, GoldTallies, Tallies
from labeling.effects import EFFECTS, GOLD_ERROR, Found, find_all

# Adjudicated disputes (or answers to gold on either side) at the first look, and by how much more there are at each later one.
FIRST, GROWTH = 50, 1.5
# The share of draws beyond each end of the interval. In fewer tasks draws do not reach that far.
TAIL, FEWEST_TASKS = 0.005, 20


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the error that assistance adds: the how many-eth by its size, at which effect, over how many decided ones."""

    number: int
    effect: str
    decided: int
    found: Found


def count_looks(decided: int) -> int:
    """How many looks are due by the time so many are decided: those at 50, 75, 113, 169, …"""
    number, size = 0, float(FIRST)
    while decided >= size:
        number, size = number + 1, size * GROWTH
    return number


def look(policy: str, sums: Tallies, gold: GoldTallies, seed: int, before: int, resamples: int = RESAMPLES) -> Look | None:
    """The look that is due after `before` of them; None where it is not due yet, or has no interval.

    Where both seats see the suggestion, or both change their answers, disputes do not say who was wrong, and gold does.
    """
    if policy == MEASURED:
        name, effect, decided = "added_error", EFFECTS[MEASURED]["added_error"], int(sums.decided.sum())
    else:
        name, effect, decided = "gold_error", GOLD_ERROR[policy], int(min(gold.assisted.sum(), gold.blind.sum()))
    counts: Clustered = sums if policy == MEASURED else gold
    number = count_looks(decided)
    if number <= before or counts.clusters < FEWEST_TASKS:
        return None
    found = find_all({name: effect}, counts, seed, resamples, TAIL)[name]
    return None if found.difference.low is None else Look(number=number, effect=name, decided=decided, found=found)

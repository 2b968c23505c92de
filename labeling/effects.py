"""The effects of assistance with their intervals; docs/assistance.md derives each of them.

An effect is a difference between the two sides of a comparison (labeling/assistance.py): what the assisted one comes to less what the
blind one does, each a quotient of sums over tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labeling.agreement import (
    FEWEST_CLUSTERS,
    FEWEST_OF_EACH,
    RESAMPLES,
    TAIL,
    Clustered,
    Estimate,
    Floats,
    Ints,
    bound,
    divide,
    draw_weights,
)
from labeling.assistance import ALL, MEASURED, REVEAL, GoldTallies, Tallies
from labeling.medians import group_times, read_medians

# Below so many on either side a value would move by several points with each new one; gold is rarer.
FEWEST_COMPARED, FEWEST_GOLD = 50, 20


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How one effect is computed from sums of any shape, both sides in percent.

    `counted` are the columns that say over how many either side is counted, `events` the counts of which each has to reach
    `FEWEST_OF_EACH` for an interval: with fewer, draws repeat the same few.
    """

    assisted: Callable[[Any], Floats]
    blind: Callable[[Any], Floats]
    counted: tuple[str, str]
    events: Callable[[Any], tuple[Floats, ...]]
    fewest: int = FEWEST_COMPARED

    def difference(self, sums: Any) -> Floats:
        """The effect itself, in points."""
        return self.assisted(sums) - self.blind(sums)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One effect as it was found: both sides, their difference with its interval, and over how many either side is counted.

    All three are None where either side is counted over too few (`is_withheld`).
    """

    assisted: float | None
    blind: float | None
    difference: Estimate
    counted: tuple[int, int]
    is_withheld: bool


def share(above: str, below: str) -> Callable[[Any], Floats]:
    """The quotient of two columns, in percent."""
    return lambda sums: 100 * divide(getattr(sums, above), getattr(sums, below))


def of_disputes(column: str) -> Callable[[Tallies], Floats]:
    """So many of a hundred treated candidates, going by the adjudicated disputes: those that still wait are taken to end like these."""
    return lambda sums: 100 * divide(sums.treated - sums.treated_equal, sums.treated) * divide(getattr(sums, column), sums.decided)


def share_right(sums: Tallies) -> Floats:
    """The share of suggestions that are right, as the control candidates say, whose answers nobody's suggestion has moved."""
    decided = (sums.control - sums.control_equal) * divide(sums.control_decided_right, sums.control_decided)
    return divide(sums.control_equal_right + decided, sums.control)


def of_right(column: str) -> Callable[[Tallies], Floats]:
    """Like `of_disputes`, of a hundred candidates whose suggestion is right."""
    return lambda sums: divide(of_disputes(column)(sums), share_right(sums))


def of_wrong(column: str) -> Callable[[Tallies], Floats]:
    """Like `of_disputes`, of a hundred candidates whose suggestion is wrong."""
    return lambda sums: divide(of_disputes(column)(sums), 1 - share_right(sums))


def moved(sums: Any) -> tuple[Floats, ...]:
    """What differs between the two sides of a paired comparison."""
    return (sums.moved,)


def equal_and_different(sums: Tallies) -> tuple[Floats, ...]:
    """Pairs of both kinds, treated and control."""
    return sums.treated_equal, sums.treated - sums.treated_equal, sums.control_equal, sums.control - sums.control_equal


def both_ways(column: str) -> Callable[[Any], tuple[Floats, ...]]:
    """The answers of both sides that do and do not."""

    def count(sums: Any) -> tuple[Floats, ...]:
        one, other = getattr(sums, f"assisted_{column}"), getattr(sums, f"blind_{column}")
        return one, sums.assisted - one, other, sums.blind - other

    return count


def follows_control(sums: Tallies) -> tuple[Floats, ...]:
    """Answers that follow the suggestion and that do not, assisted and control."""
    one, other = sums.assisted_follows, sums.control_follows
    return one, sums.assisted - one, other, sums.control_answers - other


ACCEPTS, FOLLOWS = share("assisted_accepts", "assisted"), share("assisted_follows", "assisted")
BLIND_ACCEPTS, BLIND_FOLLOWS = share("blind_accepts", "blind"), share("blind_follows", "blind")
EQUAL, CONTROL_EQUAL = share("treated_equal", "treated"), share("control_equal", "control")
OF_CONTROL = Effect(
    assisted=FOLLOWS, blind=share("control_follows", "control_answers"), counted=("assisted", "control_answers"), events=follows_control
)
BETWEEN_SEATS = Effect(assisted=EQUAL, blind=CONTROL_EQUAL, counted=("treated", "control"), events=equal_and_different)
EFFECTS: Mapping[str, Mapping[str, Effect]] = {
    MEASURED: {
        "accept_shift": Effect(assisted=ACCEPTS, blind=BLIND_ACCEPTS, counted=("assisted", "blind"), events=moved),
        "follow_shift": Effect(assisted=FOLLOWS, blind=BLIND_FOLLOWS, counted=("assisted", "blind"), events=moved),
        "follow_control": OF_CONTROL,
        "seats_shift": BETWEEN_SEATS,
        "added_error": Effect(
            assisted=of_disputes("assisted_lost"),
            blind=of_disputes("blind_lost"),
            counted=("treated", "treated"),
            events=lambda sums: (sums.decided,),
        ),
        "pull_right": Effect(
            assisted=of_right("right_assisted"),
            blind=of_right("right_blind"),
            counted=("treated", "control"),
            events=lambda sums: (sums.right_assisted + sums.right_blind, sums.control_decided),
        ),
        "pull_wrong": Effect(
            assisted=of_wrong("wrong_assisted"),
            blind=of_wrong("wrong_blind"),
            counted=("treated", "control"),
            events=lambda sums: (sums.wrong_assisted + sums.wrong_blind, sums.control_decided),
        ),
    },
    ALL: {
        "accept_shift": Effect(assisted=ACCEPTS, blind=BLIND_ACCEPTS, counted=("assisted", "blind"), events=both_ways("accepts")),
        "follow_control": OF_CONTROL,
        "seats_shift": BETWEEN_SEATS,
    },
    REVEAL: {
        "accept_shift": Effect(assisted=ACCEPTS, blind=BLIND_ACCEPTS, counted=("assisted", "blind"), events=moved),
        "follow_shift": Effect(assisted=FOLLOWS, blind=BLIND_FOLLOWS, counted=("assisted", "blind"), events=moved),
        "seats_shift": Effect(assisted=EQUAL, blind=share("first_equal", "treated"), counted=("treated", "treated"), events=moved),
        "pull_right": Effect(
            assisted=share("right_assisted", "known_right"),
            blind=share("right_blind", "known_right"),
            counted=("known_right", "known_right"),
            events=moved,
        ),
        "pull_wrong": Effect(
            assisted=share("wrong_assisted", "known_wrong"),
            blind=share("wrong_blind", "known_wrong"),
            counted=("known_wrong", "known_wrong"),
            events=moved,
        ),
    },
}
# Two groups of answers each need wrong and right ones of their own: draws of a side without errors never have any.
GOLD = Effect(
    assisted=share("assisted_wrong", "assisted"),
    blind=share("blind_wrong", "blind"),
    counted=("assisted", "blind"),
    events=both_ways("wrong"),
    fewest=FEWEST_GOLD,
)
GOLD_ERROR: Mapping[str, Effect] = {MEASURED: GOLD, ALL: GOLD, REVEAL: replace(GOLD, events=moved)}


def find_effects(policy: str, sums: Tallies, seed: int, resamples: int = RESAMPLES) -> dict[str, Found]:
    """Every effect that can be told under the policy, by name, over `resamples` draws of tasks."""
    return find_all(EFFECTS[policy], sums, seed, resamples)


def find_gold(policy: str, sums: GoldTallies, seed: int, resamples: int = RESAMPLES) -> Found:
    """The difference in the share of wrong answers to gold."""
    return find_all({"gold_error": GOLD_ERROR[policy]}, sums, seed, resamples)["gold_error"]


def find_all(effects: Mapping[str, Effect], sums: Clustered, seed: int, resamples: int, tail: float = TAIL) -> dict[str, Found]:
    """The effects of the clusters in `sums`. No interval is given with fewer than `FEWEST_CLUSTERS` clusters."""
    total, clusters = sums.total(), sums.clusters
    drawn = sums.resample(resamples, seed) if clusters >= FEWEST_CLUSTERS else None
    return {name: find(effect, total, drawn, clusters, tail) for name, effect in effects.items()}


def find(effect: Effect, total: Any, drawn: Any, clusters: int, tail: float = TAIL) -> Found:
    """One effect with its interval, where there are enough to compare and enough that differs."""
    one, other = (int(getattr(total, name)) for name in effect.counted)
    if min(one, other) < effect.fewest:
        nothing = Estimate(value=None, low=None, high=None)
        return Found(assisted=None, blind=None, difference=nothing, counted=(one, other), is_withheld=True)
    is_enough = drawn is not None and min(float(count) for count in effect.events(total)) >= FEWEST_OF_EACH
    each = effect.difference(drawn) if is_enough else np.empty(0)
    difference = bound(float(effect.difference(total)), each, clusters, tail)
    sides = [None if np.isnan(side) else float(side) for side in (effect.assisted(total), effect.blind(total))]
    return Found(assisted=sides[0], blind=sides[1], difference=difference, counted=(one, other), is_withheld=False)


def find_times(assisted: Floats, assisted_tasks: Ints, blind: Floats, blind_tasks: Ints, seed: int, resamples: int = RESAMPLES) -> Found:
    """The median of the times in `assisted` less that of those in `blind`, with its interval over draws of tasks.

    Times and tasks have shape (n,) and (m,); the unit is that of the times.
    """
    counted = len(assisted), len(blind)
    if min(counted) < FEWEST_COMPARED:
        nothing = Estimate(value=None, low=None, high=None)
        return Found(assisted=None, blind=None, difference=nothing, counted=counted, is_withheld=True)
    names, number = np.unique(np.concatenate([assisted_tasks, blind_tasks]), return_inverse=True)
    group, levels = group_times(np.concatenate([assisted, blind]))
    # A column for each group of either side.
    flat = np.zeros((len(names), 2 * len(levels)))
    np.add.at(flat, (number, group + len(levels) * (np.arange(len(group)) >= counted[0])), 1)
    one, other = (float(read_medians(side, levels)) for side in np.split(flat.sum(axis=0), 2))
    each = np.empty(0)
    if len(names) >= FEWEST_CLUSTERS:
        blocks = (weights @ flat for weights in draw_weights(len(names), resamples, seed))
        each = np.concatenate([np.subtract(*(read_medians(side, levels) for side in np.split(block, 2, axis=1))) for block in blocks])
    return Found(assisted=one, blind=other, difference=bound(one - other, each, len(names)), counted=counted, is_withheld=False)

"""Shares, rates and differences of two of them, with intervals by bootstrap over clusters: pure functions on arrays.

Everything told of a person is a quotient of sums over the tasks they worked on, so that one set of draws of tasks serves all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.agreement import FEWEST_CLUSTERS, FEWEST_OF_EACH, MOST_UNDEFINED, RESAMPLES, TAIL, Estimate, divide, draw_weights, tail_of
from labeling.shares import estimate_share

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOTHING = Estimate(value=None, low=None, high=None)
# So many sums are held at a time, or a project of many people and tasks would need gigabytes.
MOST_CELLS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """What items add to a quotient: each one's cluster, and what it adds above and below the line, all of shape (items,).

    A share counts what is 1 (above) among what is 1 (below); it gets an exact interval where a bootstrap has nothing to go by.
    """

    clusters: Ints
    above: Floats
    below: Floats
    is_share: bool = True

    @property
    def value(self) -> float | None:
        """The quotient; None if there is nothing below the line."""
        below = float(self.below.sum())
        return float(self.above.sum()) / below if below else None

    @property
    def spread(self) -> int:
        """How many clusters have anything below the line."""
        return len(np.unique(self.clusters[self.below != 0]))

    @property
    def rarer(self) -> float:
        """How many items say something else than most: the rarer of hits and misses, or all but the commonest quotient."""
        if self.is_share:
            hits = float(self.above.sum())
            return min(hits, float(self.below.sum()) - hits)
        is_counted = self.below != 0
        _values, counts = np.unique(self.above[is_counted] / self.below[is_counted], return_counts=True)
        return float(counts.sum() - counts.max(initial=0))


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The sums of several ratios by cluster, of shape (clusters, ratios); `clusters` are those that have any."""

    names: Sequence[str]
    clusters: Ints
    above: Floats
    below: Floats


def count_share(clusters: Ints, hits: NDArray[np.bool_]) -> Ratio:
    """The share of the items that are hits."""
    return Ratio(clusters=clusters, above=hits.astype(np.float64), below=np.ones(len(hits)))


def add_columns(ratios: Mapping[str, Ratio]) -> Columns:
    """The sums of each ratio in each cluster that any of them has."""
    clusters = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(ratio.clusters for ratio in ratios.values())]))
    size = len(clusters)
    above, below = np.zeros((size, len(ratios))), np.zeros((size, len(ratios)))
    for column, ratio in enumerate(ratios.values()):
        number = np.searchsorted(clusters, ratio.clusters)
        above[:, column] = np.bincount(number, weights=ratio.above, minlength=size)
        below[:, column] = np.bincount(number, weights=ratio.below, minlength=size)
    return Columns(names=list(ratios), clusters=clusters, above=above, below=below)


def draw_ratios(tables: Sequence[Columns], clusters: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """The ratios of each table in `resamples` draws of `clusters` clusters, numbered from 0: of shape (resamples, ratios)."""
    start = 0
    for group in divide_tables(tables, clusters):
        drawn = draw_group(group, clusters, seed, resamples)
        for table in group:
            size = len(table.names)
            yield divide(drawn[:, start : start + size], drawn[:, start + size : start + 2 * size])
            start += 2 * size
        start = 0


def divide_tables(tables: Sequence[Columns], clusters: int) -> Iterator[list[Columns]]:
    """The tables in groups of no more than `MOST_CELLS` numbers, but for single ones that have more."""
    group: list[Columns] = []
    for table in tables:
        if group and 2 * clusters * sum(len(one.names) for one in [*group, table]) > MOST_CELLS:
            yield group
            group = []
        group.append(table)
    if group:
        yield group


def draw_group(tables: Sequence[Columns], clusters: int, seed: int, resamples: int) -> Floats:
    """The sums above and below the line of each table in each draw, side by side: of shape (resamples, columns)."""
    # In one product each time: many small ones make the threads of the library wait for each other.
    sums = np.zeros((clusters, 2 * sum(len(table.names) for table in tables)))
    start = 0
    for table in tables:
        both = np.concatenate([table.above, table.below], axis=1)
        sums[table.clusters, start : start + both.shape[1]] = both
        start += both.shape[1]
    return np.concatenate([weights @ sums for weights in draw_weights(clusters, resamples, seed)])


def estimate_ratio(ratio: Ratio, drawn: Floats, tail: float = TAIL) -> Estimate:
    """The quotient with the interval that its draws give, or that a share has by itself where there are too few of one kind.

    An interval leaves out `tail` at each end.
    Without draws to go by, and where it is no share, there is no interval.
    """
    value = ratio.value
    if value is None:
        return NOTHING
    if has_enough(ratio):
        return give_interval(value, drawn, ratio.spread, tail)
    if ratio.is_share:
        return bound_share(ratio, tail)
    return Estimate(value=value, low=None, high=None)


def bound_share(ratio: Ratio, tail: float) -> Estimate:
    """A share of items that each count once, with its exact interval, for as many of them as they are worth (labeling/shares.py)."""
    is_counted = ratio.below != 0
    found = estimate_share(ratio.above[is_counted], ratio.clusters[is_counted], tail)
    low, high = (None if bound is None else bound / 100 for bound in (found.low, found.high))
    return Estimate(value=ratio.value, low=low, high=high)


def has_enough(ratio: Ratio) -> bool:
    """Whether a bootstrap has anything to go by: draws of few clusters, or of few items that differ, repeat the same few."""
    return ratio.spread >= FEWEST_CLUSTERS and ratio.rarer >= FEWEST_OF_EACH


def estimate_difference(first: Ratio, second: Ratio, drawn: Floats, tail: float = TAIL) -> Estimate:
    """The first quotient less the second one, with the interval of the differences drawn where both have enough for one."""
    one, other = first.value, second.value
    if one is None or other is None:
        return NOTHING
    if not (has_enough(first) and has_enough(second)):
        return Estimate(value=one - other, low=None, high=None)
    return give_interval(one - other, drawn, min(first.spread, second.spread), tail)


def estimate_product(first: Ratio, second: Ratio, drawn: Floats, tail: float = TAIL) -> Estimate:
    """The one quotient times the other, with the interval of the products drawn where both have enough for one."""
    one, other = first.value, second.value
    if one is None or other is None:
        return NOTHING
    if not (has_enough(first) and has_enough(second)):
        return Estimate(value=one * other, low=None, high=None)
    return give_interval(one * other, drawn, min(first.spread, second.spread), tail)


def give_interval(value: float, drawn: Floats, clusters: int, tail: float) -> Estimate:
    """The value with its expanded percentile interval; without one where too few draws say anything."""
    known = drawn[~np.isnan(drawn)]
    if len(known) < (1 - MOST_UNDEFINED) * len(drawn):
        return Estimate(value=value, low=None, high=None)
    end = 100 * tail_of(clusters, tail)
    low, high = (float(bound) for bound in np.percentile(known, [end, 100 - end]))
    return Estimate(value=value, low=low, high=high)

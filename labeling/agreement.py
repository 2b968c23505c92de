"""How far people who label independently agree, with intervals: pure functions on arrays.

Everything starts from `sum_items`: what each cluster of items (the candidates of one task, which are correlated) adds to the sums
of which every coefficient is a quotient. So a coefficient is computed from sums of any shape (..., columns), and a bootstrap over
clusters is one matrix product. The packages krippendorff and scikit-learn, which compute one value at a time, are what the tests
compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESAMPLES = 2000
# A bootstrap has nothing to go by with fewer clusters than this, or with fewer items of which labels agree, or differ.
FEWEST_CLUSTERS, FEWEST_OF_EACH = 10, 5
# The share beyond each end of a 95 % interval.
TAIL = 0.025
# Draws in which a coefficient is not defined may be left out up to this share; beyond it what is left is no sample of it.
MOST_UNDEFINED = 0.05
# So many draws are held at a time, or a project of many tasks would need gigabytes.
BLOCK = 100


class Clustered:
    """Sums by cluster: a frozen dataclass of arrays with one first axis, that of the clusters."""

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(next(iter(vars(self).values())))

    def total(self) -> Self:
        """The sums over the first axis."""
        return type(self)(**{name: values.sum(axis=0) for name, values in vars(self).items()})

    def resample(self, resamples: int, seed: int) -> Self:
        """The totals of `resamples` draws with replacement from the first axis, as their new first axis."""
        arrays: list[Floats] = list(vars(self).values())
        clusters = len(arrays[0])
        flat = np.concatenate([values.reshape(clusters, -1) for values in arrays], axis=1)
        drawn = np.concatenate([weights @ flat for weights in draw_weights(clusters, resamples, seed)])
        shapes = [values.shape[1:] for values in arrays]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        parts = np.split(drawn, ends, axis=1)
        return type(self)(**{name: part.reshape(resamples, *shape) for name, part, shape in zip(vars(self), parts, shapes, strict=True)})


@dataclass(frozen=True, kw_only=True)
class Sums(Clustered):
    """What coefficients are quotients of; arrays of shape (..., ) or (..., categories), the leading shape being that of the sums.

    `items` is how many items have two labels or more, `agreeing` the sum of the share of equal pairs in each of them, `labels` and
    `equal` per category how many of their labels it has and how many of its labels' pairings are equal, each item weighing as
    many as it has labels, `shares` the sum of each category's share in an item, and `table` of shape (..., categories,
    categories) how often the first rater said the row and the second one the column.
    """

    items: Floats
    agreeing: Floats
    labels: Floats
    equal: Floats
    shares: Floats
    table: Floats


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval; None where it is not defined, or where `estimate` gives no interval."""

    value: float | None
    low: float | None
    high: float | None


def sum_items(labels: Floats, clusters: Ints, categories: int = 2) -> Sums:
    """The sums of each cluster, in the order of their numbers.

    `labels` has shape (items, raters) and holds category numbers 0 to `categories` - 1, NaN where a rater gave none; `clusters` has
    shape (items,) and holds any whole numbers. Items with fewer than two labels count in `shares` only. The first two columns
    make `table`. Raises ValueError for other shapes or labels.
    """
    if labels.ndim != 2 or labels.shape[1] < 2 or clusters.shape != labels.shape[:1]:
        raise ValueError(f"labels of shape {labels.shape} with clusters of shape {clusters.shape}; wanted are (items, raters) and (items,)")
    given = ~np.isnan(labels)
    if not np.isin(labels[given], np.arange(categories)).all():
        raise ValueError(f"labels other than 0 to {categories - 1}")
    counts = np.stack([(labels == category).sum(axis=1) for category in range(categories)], axis=1).astype(float)
    raters = counts.sum(axis=1)
    pairable = raters >= 2
    others = np.where(pairable, raters - 1, 1)
    same = np.where(pairable[:, None], counts * (counts - 1) / others[:, None], 0)
    both = given[:, 0] & given[:, 1]
    table = np.zeros((len(labels), categories, categories))
    table[np.flatnonzero(both), labels[both, 0].astype(int), labels[both, 1].astype(int)] = 1
    _names, number = np.unique(clusters, return_inverse=True)
    return Sums(
        items=add_up(pairable.astype(float), number),
        agreeing=add_up(same.sum(axis=1) / np.maximum(raters, 1), number),
        labels=add_up(np.where(pairable[:, None], counts, 0), number),
        equal=add_up(same, number),
        shares=add_up(counts / np.maximum(raters, 1)[:, None], number),
        table=add_up(table, number),
    )


def add_up(values: Floats, number: Ints) -> Floats:
    """The sums of the rows of `values` with the same `number`, by number."""
    # No row has no length of its own to go by.
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    size = int(number.max()) + 1 if len(number) else 0
    columns: list[Floats] = [np.bincount(number, weights=column, minlength=size).astype(np.float64) for column in flat.T]
    return np.stack(columns, axis=1).reshape(size, *values.shape[1:])


def draw_weights(clusters: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each cluster was drawn in each of `resamples` draws of `clusters` with replacement, in blocks (draws, clusters)."""
    random = np.random.default_rng(seed)
    for start in range(0, resamples, BLOCK):
        weights = np.empty((min(BLOCK, resamples - start), clusters), dtype=np.float64)
        for row in range(len(weights)):
            weights[row] = np.bincount(random.integers(clusters, size=clusters), minlength=clusters)
        yield weights


def divide(above: Floats, below: Floats) -> Floats:
    """The quotient, NaN where `below` is 0."""
    found: Floats = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), np.nan)
    np.divide(above, below, out=found, where=np.not_equal(below, 0))
    return found


def correct_for_chance(observed: Floats, expected: Floats) -> Floats:
    """How much of what chance leaves open was agreed on; NaN where chance alone explains everything."""
    # A sum of quotients that comes to 1 may miss it by a rounding.
    return divide(observed - expected, np.where(np.isclose(expected, 1, rtol=0, atol=1e-12), 0, 1 - expected))


def percent_agreement(sums: Sums) -> Floats:
    """The mean share of equal pairs of an item, in percent."""
    return 100 * divide(sums.agreeing, sums.items)


def cohen_kappa(sums: Sums) -> Floats:
    """Cohen's kappa of the first two raters. Source: Cohen 1960, "A coefficient of agreement for nominal scales"."""
    table = divide(sums.table, sums.table.sum(axis=(-2, -1), keepdims=True))
    observed = np.trace(table, axis1=-2, axis2=-1)
    return correct_for_chance(observed, (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1))


def fleiss_kappa(sums: Sums) -> Floats:
    """Fleiss' kappa; with two raters it is Scott's pi. Source: Fleiss 1971, "Measuring nominal scale agreement among many raters".

    It is defined for items with the same number of labels each; items with more weigh more in what chance would give.
    """
    expected = (divide(sums.labels, sums.labels.sum(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return correct_for_chance(divide(sums.agreeing, sums.items), expected)


def krippendorff_alpha(sums: Sums) -> Floats:
    """Krippendorff's alpha for nominal data. Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability"."""
    pairable = sums.labels.sum(axis=-1)
    observed = 1 - divide(sums.equal.sum(axis=-1), pairable)
    chance = 1 - divide((sums.labels * (sums.labels - 1)).sum(axis=-1), pairable * (pairable - 1))
    return 1 - divide(observed, chance)


def gwet_ac1(sums: Sums) -> Floats:
    """Gwet's AC1. Source: Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high agreement"."""
    share = divide(sums.shares, sums.shares.sum(axis=-1, keepdims=True))
    expected = (share * (1 - share)).sum(axis=-1) / (share.shape[-1] - 1)
    return correct_for_chance(divide(sums.agreeing, sums.items), expected)


def specific_agreement(sums: Sums, category: int) -> Floats:
    """Of the pairings of a label of `category`, the share that are equal, in percent: with two raters 2a / (2a + b + c).

    Source: Cicchetti and Feinstein 1990, "High agreement but low kappa: II. Resolving the paradoxes".
    """
    return 100 * divide(sums.equal[..., category], sums.labels[..., category])


def label_share(sums: Sums, category: int) -> Floats:
    """The share of `category` among the labels of items with two or more, in percent."""
    return 100 * divide(sums.labels[..., category], sums.labels.sum(axis=-1))


REJECT, ACCEPT = 0, 1
# What is told of a set of pairs; a label of 1 is an accept.
COEFFICIENTS: dict[str, Callable[[Sums], Floats]] = {
    "percent": percent_agreement,
    "cohen_kappa": cohen_kappa,
    "fleiss_kappa": fleiss_kappa,
    "krippendorff_alpha": krippendorff_alpha,
    "gwet_ac1": gwet_ac1,
    "positive": lambda sums: specific_agreement(sums, ACCEPT),
    "negative": lambda sums: specific_agreement(sums, REJECT),
    "accept_rate": lambda sums: label_share(sums, ACCEPT),
}


def estimate(sums: Sums, seed: int, resamples: int = RESAMPLES) -> dict[str, Estimate]:
    """Every coefficient of the clusters in `sums` with its interval over `resamples` draws of clusters, where they allow one.

    No interval is given with fewer than `FEWEST_CLUSTERS` clusters, nor where fewer than `FEWEST_OF_EACH` items agree or differ: if all 60
    of 60 agree, every draw agrees fully, which says nothing about the 61st.
    """
    total, clusters = sums.total(), len(sums.items)
    rarer = min(float(total.agreeing), float(total.items - total.agreeing))
    drawn = sums.resample(resamples, seed) if clusters >= FEWEST_CLUSTERS and rarer >= FEWEST_OF_EACH else None
    return {name: make_estimate(coefficient, total, drawn, clusters) for name, coefficient in COEFFICIENTS.items()}


def estimate_difference(before: Sums, after: Sums, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """By how many points percent agreement is higher in `after`, with its interval where both sides allow one.

    Both have the same clusters in the same order: a draw of clusters takes both sides of each, for what is hard in a task is hard in both.
    """
    if len(before.items) != len(after.items):
        raise ValueError(f"{len(before.items)} clusters before and {len(after.items)} after; they have to be the same")
    sides = (before, after)
    value = float(percent_agreement(after.total()) - percent_agreement(before.total()))
    clusters = min(int((side.items > 0).sum()) for side in sides)
    totals = [side.total() for side in sides]
    rarer = min(min(float(total.agreeing), float(total.items - total.agreeing)) for total in totals)
    if np.isnan(value) or clusters < FEWEST_CLUSTERS or rarer < FEWEST_OF_EACH:
        return Estimate(value=None if np.isnan(value) else value, low=None, high=None)
    first, second = (percent_agreement(side.resample(resamples, seed)) for side in sides)
    return bound(value, second - first, clusters)


def make_estimate(coefficient: Callable[[Sums], Floats], total: Sums, drawn: Sums | None, clusters: int) -> Estimate:
    """One coefficient with its expanded percentile interval."""
    return bound(float(coefficient(total)), coefficient(drawn) if drawn is not None else np.empty(0), clusters)


def bound(value: float, each: Floats, clusters: int, tail: float = TAIL) -> Estimate:
    """The value with the interval that its draws give; without one where they are none, or too many are not defined.

    `tail` is the share that an interval leaves out at each end: 0.025 for one of 95 %.
    """
    if np.isnan(value):
        return Estimate(value=None, low=None, high=None)
    known = each[~np.isnan(each)]
    if len(known) == 0 or len(known) < (1 - MOST_UNDEFINED) * len(each):
        return Estimate(value=value, low=None, high=None)
    left_out = 100 * tail_of(clusters, tail)
    low, high = (float(bound) for bound in np.percentile(known, [left_out, 100 - left_out]))
    return Estimate(value=value, low=low, high=high)


def tail_of(clusters: int, tail: float = TAIL) -> float:
    """The share of draws to leave out at each end for an interval that leaves out `tail` there: as much for many clusters, less for few.

    Draws of n things spread less than the things by sqrt((n - 1) / n), and a t distribution has heavier ends than a normal one.
    Source: Hesterberg 2015, "What teachers should know about the bootstrap", expanded percentile interval; the t quantile by the expansion
    of Abramowitz and Stegun 26.7.5.
    """
    normal, freedom = NormalDist(), clusters - 1
    z = normal.inv_cdf(tail)
    first, second, third = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    t = z + first / freedom + second / freedom**2 + third / freedom**3
    return normal.cdf(t * (clusters / freedom) ** 0.5)

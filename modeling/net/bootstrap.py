"""Intervals from draws of whole groups: candidates of one task are alike, and counting them as independent makes intervals too narrow.

Percentiles of the draws, a little wider with few groups, and none with fewer than ten: the same as for the agreement of people
(labeling/agreement.py, which knows no Django).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from labeling.agreement import FEWEST_CLUSTERS, bound, draw_weights
from modeling.net.weighted import Floats, Ints

__all__ = ["FEWEST_GROUPS", "Interval", "bootstrap_groups", "draw_counts", "find_interval", "number_groups", "sum_by_group"]

FEWEST_GROUPS = FEWEST_CLUSTERS
Interval = tuple[float, float]


def bootstrap_groups(
    groups: Sequence[str], statistic: Callable[[Ints], float | None], *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval | None:
    """The interval of a statistic of rows over `draws` draws of groups with replacement.

    `groups` names the group of each row; `statistic` gets the places of the drawn rows, those of a group drawn twice twice, and gives None
    where it is not defined. None with fewer than ten groups, or where it is not defined in over 5 % of the draws.
    """
    codes, count = number_groups(groups)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes, minlength=count))[:-1])
    found = []
    for counts in draw_counts(count, draws, seed):
        for times in counts.astype(np.intp):
            value = statistic(np.concatenate([members[group] for group in np.repeat(np.arange(count), times)]))
            found.append(np.nan if value is None else value)
    return find_interval(np.array(found), count, level)


def number_groups(groups: Sequence[str]) -> tuple[Ints, int]:
    """The number of each row's group, by name from 0, and how many groups there are; the order of the rows changes no draw."""
    names, codes = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    return codes.astype(np.intp), len(names)


def sum_by_group(columns: Floats, codes: Ints, count: int) -> Floats:
    """The rows of `columns`, shape (rows, columns), added up by group: (count, columns)."""
    sums: Floats = np.zeros((count, columns.shape[1]))
    np.add.at(sums, codes, columns)
    return sums


@lru_cache(maxsize=4)
def draw_counts(count: int, draws: int, seed: int) -> tuple[Floats, ...]:
    """How often each of `count` groups was drawn, in blocks of shape (draws, count); nothing where they are too few for an interval.

    Kept, for the same draws serve every method and slice with as many groups.
    """
    return tuple(draw_weights(count, draws, seed)) if count >= FEWEST_GROUPS else ()


def find_interval(drawn: Floats, count: int, level: float = 0.95) -> Interval | None:
    """The interval that the values of the draws give, NaN where one is not defined; None where they give none."""
    if count < FEWEST_GROUPS:
        return None
    # The value itself is not needed: only whether there are enough draws in which it is defined.
    estimate = bound(0.0, drawn, count, (1 - level) / 2)
    return None if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)

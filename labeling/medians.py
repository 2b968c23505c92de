"""Medians with intervals by bootstrap over clusters: pure functions on arrays.

Medians are no quotients of sums, but how often a value lies in each of some groups is a sum: of each draw of clusters the groups are added
up and the median is read off them.
"""

from __future__ import annotations

import numpy as np

from labeling.agreement import FEWEST_CLUSTERS, RESAMPLES, Estimate, Floats, Ints, bound, draw_weights

# Medians are drawn from so many groups of similar times; with fewer different times they are exact.
GROUPS = 256


def estimate_median(values: Floats, clusters: Ints, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """The median of `values` with its interval over draws of `clusters`, both of shape (n,); without one for too few clusters."""
    if not len(values):
        return Estimate(value=None, low=None, high=None)
    names, number = np.unique(clusters, return_inverse=True)
    group, levels = group_times(values)
    sums = np.zeros((len(names), len(levels)))
    np.add.at(sums, (number, group), 1)
    each = np.empty(0)
    if len(names) >= FEWEST_CLUSTERS:
        each = np.concatenate([read_medians(weights @ sums, levels) for weights in draw_weights(len(names), resamples, seed)])
    return bound(float(np.median(values)), each, len(names))


def group_times(times: Floats) -> tuple[Ints, Floats]:
    """The group of each time, and the median time of each group; equal times are in one group."""
    values, place = np.unique(times, return_inverse=True)
    below = np.searchsorted(np.sort(times), values)
    of_value = np.arange(len(values)) if len(values) <= GROUPS else below * GROUPS // len(times)
    _names, of_value = np.unique(of_value, return_inverse=True)
    group = of_value[place]
    levels = np.array([np.median(part) for part in np.split(np.sort(times), np.flatnonzero(np.diff(np.sort(group))) + 1)])
    return group.astype(np.int64), levels


def read_medians(counts: Floats, levels: Floats) -> Floats:
    """The medians of times of which so many (along the last axis) are at each level; NaN where there are none."""
    reached = counts.cumsum(axis=-1)
    half = reached[..., -1:] / 2
    low, high = (levels[np.argmax(found, axis=-1)] for found in (reached >= half, reached > half))
    medians: Floats = np.where(half[..., 0] > 0, (low + high) / 2, np.nan)
    return medians

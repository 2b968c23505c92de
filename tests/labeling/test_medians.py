"""Medians with their intervals over clusters."""

import numpy as np
import pytest

from labeling.medians import estimate_median

pytestmark = pytest.mark.pure


def test_a_median_without_enough_clusters_has_no_interval():
    values = np.arange(100, dtype=float)

    found = estimate_median(values, np.arange(100) % 9, seed=1)

    assert (found.value, found.low, found.high) == (49.5, None, None)
    assert estimate_median(np.empty(0), np.empty(0, dtype=np.int64), seed=1).value is None


def test_a_median_lies_in_its_interval_and_alike_values_give_a_wider_one():
    values = np.random.default_rng(2).lognormal(9, 0.5, 600)

    apart, alike = estimate_median(values, np.arange(600) % 60, 1), estimate_median(np.sort(values), np.arange(600) // 10, 1)

    assert apart.low < apart.value == np.median(values) < apart.high
    assert alike.high - alike.low > 2 * (apart.high - apart.low)


def test_intervals_of_medians_over_clusters_cover():
    # Times of a task share a factor, and the median of all is that of its centre, 10.
    covered = 0
    for seed in range(200):
        random = np.random.default_rng((3, seed))
        task = random.integers(60, size=600)
        times = 10 * np.exp(random.normal(0, 0.6, 60)[task] + random.normal(0, 0.5, 600))
        found = estimate_median(times, task, seed, resamples=400)
        covered += found.low <= 10 <= found.high

    assert covered / 200 >= 0.9

"""Shares with exact intervals, and with fewer observations where those of one task are alike."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.audit_coverage import cover
from labeling.shares import beta_below, clopper_pearson, count_effective, estimate_share, student_t

pytestmark = pytest.mark.pure


# Newcombe 1998, "Two-sided confidence intervals for the single proportion: comparison of seven methods", table I, method 5.
@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_the_exact_interval_is_that_of_the_published_table(hits, count, low, high):
    assert clopper_pearson(hits, count) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 30), (12.3, 4.7), (800, 33_000), (33_000, 800)])
def test_the_beta_distribution_is_that_of_scipy(a, b):
    for x in (0.001, 0.02, 0.0237, 0.3, 0.5, 0.9, 0.977, 0.999):
        assert beta_below(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("freedom", [1, 2, 9, 60, 1069])
def test_the_t_quantile_is_that_of_scipy(freedom):
    assert student_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert student_t(freedom, 0.005) == pytest.approx(stats.t.ppf(0.995, freedom), rel=1e-9)


def test_a_surer_interval_is_that_of_scipy():
    found = estimate_share(np.repeat([1.0, 0], [55, 15]), np.arange(70), tail=0.005)

    exact = stats.binomtest(55, 70).proportion_ci(0.99, method="exact")
    # Each of another task: worth all 70, but for what chance makes of the spread.
    assert (found.low, found.high) == pytest.approx((100 * exact.low, 100 * exact.high), abs=0.3)


def test_without_observations_there_is_no_share():
    found = estimate_share(np.zeros(0), np.zeros(0, dtype=np.int64))

    assert (found.value, found.low, found.high) == (None, None, None)


def test_twenty_audits_of_twenty_tasks_without_a_contradiction_leave_room_for_some():
    found = estimate_share(np.zeros(20), np.arange(20))

    # The published interval of 0 of 20, as above.
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 16.84), abs=0.005)


def test_twenty_audits_of_five_tasks_say_no_more_than_five_where_none_contradicts():
    assert count_effective(np.zeros(20), np.arange(20) % 5) == 5


def test_observations_of_one_task_are_worth_one():
    assert count_effective(np.array([0.0, 1.0, 1.0]), np.array([7, 7, 7])) == 1


def test_tasks_that_are_all_or_nothing_are_worth_one_observation_each_at_most():
    # Ten tasks of four, in three of which all say yes: p = 0.3. The sums differ from 4p by 2.8 (three) and 1.2 (seven), so the variance
    # between is 10/9 * (3 * 2.8² + 7 * 1.2²) / 40² = 10/9 * 33.6 / 1600 = 0.02333, and p (1 - p) / that is 9: as many as nine
    # independent ones. t(39) = 2.0227 and t(9) = 2.2622 leave 9 * (2.0227 / 2.2622)² = 7.195.
    hits = np.repeat([1.0] * 3 + [0.0] * 7, 4)

    assert count_effective(hits, np.repeat(np.arange(10), 4)) == pytest.approx(7.195, abs=0.001)


def test_spread_evenly_they_are_worth_no_more_than_they_are():
    hits = np.tile([1.0, 0.0], 10)

    assert count_effective(hits, np.repeat(np.arange(10), 2)) == 20


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="shape"):
        estimate_share(np.zeros(3), np.zeros(2, dtype=np.int64))


@pytest.mark.parametrize(("tasks", "share"), [(1070, 5), (60, 5), (60, 20), (12, 40)])
def test_the_interval_of_agreed_but_wrong_covers_the_true_share(tasks, share):
    covered = sum(cover(seed, tasks=tasks, share=share) for seed in range(100))

    assert covered >= 90

"""Intervals over groups: as wide as theory says, wider where rows are alike, none where nothing carries one."""

import numpy as np
import pytest

from modeling.net.bootstrap import bootstrap_groups, draw_counts, find_interval, number_groups, sum_by_group

pytestmark = pytest.mark.pure


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says():
    values = np.random.default_rng(1).normal(size=400)

    low, high = bootstrap_groups([str(place) for place in range(400)], lambda rows: float(values[rows].mean()))

    # 1.96 standard errors on either side; percentiles of 1,000 draws are themselves off by a few per cent.
    error = values.std() / 20
    assert (low, high) == (
        pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error),
        pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error),
    )


def test_rows_of_a_group_that_are_alike_make_the_interval_wider():
    values = np.repeat(np.random.default_rng(1).normal(size=100), 4)

    def measure(groups):
        low, high = bootstrap_groups(groups, lambda rows: float(values[rows].mean()), draws=500)
        return high - low

    # Four equal rows say as much as one: sqrt(4) times as wide.
    by_group, by_row = measure([str(place // 4) for place in range(400)]), measure([str(place) for place in range(400)])
    assert by_group == pytest.approx(2 * by_row, rel=0.15)


def test_a_narrower_level_gives_a_narrower_interval_within_the_wider_one():
    values = np.random.default_rng(1).normal(size=50)
    groups = [str(place) for place in range(50)]

    wide = bootstrap_groups(groups, lambda rows: float(values[rows].mean()))
    narrow = bootstrap_groups(groups, lambda rows: float(values[rows].mean()), level=0.9)

    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_there_is_no_interval_with_fewer_than_ten_groups():
    values = np.arange(40.0)

    assert bootstrap_groups([str(place % 9) for place in range(40)], lambda rows: float(values[rows].mean())) is None
    assert bootstrap_groups([str(place % 10) for place in range(40)], lambda rows: float(values[rows].mean())) is not None
    assert bootstrap_groups([], lambda rows: float(values[rows].mean())) is None


def test_there_is_no_interval_of_what_is_often_not_defined():
    groups = [str(place) for place in range(20)]

    # The first row is missing in about a third of the draws: (19/20)^20 = .358.
    assert bootstrap_groups(groups, lambda rows: 1.0 if 0 in rows else None) is None


def test_the_order_of_rows_changes_no_draw():
    values = np.random.default_rng(1).normal(size=60)
    groups = np.array([f"group {place % 20}" for place in range(60)])
    other = np.random.default_rng(2).permutation(60)

    one = bootstrap_groups(groups, lambda rows: float(values[rows].mean()), draws=100)
    two = bootstrap_groups(groups[other], lambda rows: float(values[other][rows].mean()), draws=100)

    assert one == pytest.approx(two)


def test_sums_by_group_give_the_interval_that_rows_give():
    values = np.random.default_rng(1).normal(size=60)
    groups = [str(place % 20) for place in range(60)]
    codes, count = number_groups(groups)
    sums = sum_by_group(np.column_stack([np.ones(60), values]), codes, count)

    totals = np.concatenate([counts @ sums for counts in draw_counts(count, 200, 3)])

    assert find_interval(totals[:, 1] / totals[:, 0], count) == pytest.approx(
        bootstrap_groups(groups, lambda rows: float(values[rows].mean()), draws=200, seed=3)
    )

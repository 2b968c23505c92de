"""Shares, rates and differences with their intervals."""

import numpy as np
import pytest

from labeling.agreement import draw_weights, tail_of
from labeling.ratios import (
    Ratio,
    add_columns,
    count_share,
    divide_tables,
    draw_ratios,
    estimate_difference,
    estimate_ratio,
)

pytestmark = pytest.mark.pure


def draw(ratios, clusters, resamples=2000):
    """The draws of each ratio, by name."""
    [found] = draw_ratios([add_columns(ratios)], clusters, seed=1, resamples=resamples)
    return dict(zip(ratios, found.T, strict=True))


def make_share(seed=0, clusters=60, size=600, share=0.3):
    """A share of items that are alike in their cluster."""
    random = np.random.default_rng(seed)
    number = random.integers(clusters, size=size)
    likely = np.clip(share + random.normal(0, 0.2, clusters), 0, 1)[number]
    return count_share(number, random.random(size) < likely)


def test_a_share_is_drawn_as_its_clusters_are():
    ratio = make_share()

    drawn = draw({"share": ratio}, 60, resamples=200)["share"]

    # The same draws, added up item by item.
    weights = np.concatenate(list(draw_weights(60, 200, 1)))[:, ratio.clusters]
    assert np.allclose(drawn, (weights * ratio.above).sum(axis=1) / weights.sum(axis=1))


def test_the_interval_is_the_expanded_percentile_interval_of_the_draws():
    ratio = make_share()
    drawn = draw({"share": ratio}, 60)["share"]

    found = estimate_ratio(ratio, drawn)

    tail = 100 * tail_of(60)
    assert [found.low, found.high] == np.percentile(drawn, [tail, 100 - tail]).tolist()
    assert found.value == pytest.approx(ratio.above.mean())


def test_intervals_of_shares_over_clusters_cover():
    # 300 made-up projects of 60 clusters each; of so many fewer than 91 % would say that 95 % is not what is covered.
    covered = 0
    for seed in range(300):
        ratio = make_share(seed)
        found = estimate_ratio(ratio, draw({"share": ratio}, 60, resamples=400)["share"])
        true = np.clip(0.3 + np.random.default_rng(99).normal(0, 0.2, 100_000), 0, 1).mean()
        covered += found.low <= true <= found.high
    assert covered / 300 >= 0.91


def test_too_few_of_a_kind_give_the_exact_interval():
    # 20 of 20, each of another task: 0.025 to the power of 1 / 20 = 0.8316.
    found = estimate_ratio(count_share(np.arange(20), np.ones(20, dtype=bool)), np.ones(10))

    assert found.low == pytest.approx(0.025 ** (1 / 20), abs=1e-9)
    assert (found.value, found.high) == (1, 1)


def test_alike_answers_of_few_tasks_count_as_few():
    # 300 answers in nine tasks, all of a task the same, say no more than nine do; for 300 independent ones 50 to 62 % would be told.
    hits = np.arange(300) % 9 < 5

    found = estimate_ratio(count_share(np.arange(300) % 9, hits), np.ones(10))
    none = estimate_ratio(count_share(np.arange(300) % 9, np.zeros(300, dtype=bool)), np.ones(10))

    # Clopper and Pearson have 21.2 to 86.3 % for 5 of 9.
    assert found.low < 0.212
    assert found.high > 0.863
    # 1 - 0.025 to the power of 1 / 9 = 0.336.
    assert (none.low, none.high) == (0, pytest.approx(1 - 0.025 ** (1 / 9), abs=1e-9))


def test_a_rate_with_too_few_clusters_has_no_interval():
    ratio = Ratio(clusters=np.arange(9), above=np.ones(9), below=np.full(9, 2.0), is_share=False)

    found = estimate_ratio(ratio, draw({"rate": ratio}, 9)["rate"])

    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_nothing_below_the_line_is_no_value():
    ratio = count_share(np.empty(0, dtype=np.int64), np.empty(0, dtype=bool))

    found = estimate_ratio(ratio, draw({"share": ratio}, 30)["share"])

    assert found.value is None


def test_a_difference_of_ratios_over_the_same_clusters_is_narrower_than_of_two_drawn_apart():
    random = np.random.default_rng(4)
    cluster = np.repeat(np.arange(60), 10)
    likely = np.clip(0.5 + random.normal(0, 0.3, 60), 0, 1)[cluster]
    one, other = (count_share(cluster, random.random(600) < likely) for _ in range(2))
    drawn = draw({"one": one, "other": other}, 60)

    together = estimate_difference(one, other, drawn["one"] - drawn["other"])
    apart = estimate_difference(one, other, drawn["one"] - np.roll(drawn["other"], 1))

    assert together.value == pytest.approx(one.above.mean() - other.above.mean())
    assert together.high - together.low < 0.8 * (apart.high - apart.low)


@pytest.mark.parametrize("rare", [4, 5])
def test_a_difference_needs_five_of_each_kind_on_both_sides(rare):
    # 300 of each side in 60 clusters; all but a few of the first are hits.
    cluster = np.arange(300) % 60
    one, other = count_share(cluster, np.arange(300) >= rare), count_share(cluster, np.arange(300) >= 30)
    drawn = draw({"one": one, "other": other}, 60)

    found = estimate_difference(one, other, drawn["one"] - drawn["other"])
    turned = estimate_difference(other, one, drawn["other"] - drawn["one"])

    assert found.value == pytest.approx((30 - rare) / 300)
    assert (found.low is None, turned.low is None) == (rare < 5, rare < 5)


@pytest.mark.parametrize(("more", "less"), [(4, 0), (2, 2), (5, 0), (3, 2)])
def test_a_mean_of_differences_needs_five_that_are_not_as_most(more, less):
    ratio = Ratio(clusters=np.arange(60), above=np.repeat([1.0, -1, 0], [more, less, 60 - more - less]), below=np.ones(60), is_share=False)

    found = estimate_ratio(ratio, draw({"gap": ratio}, 60)["gap"])

    assert found.value == pytest.approx((more - less) / 60)
    assert (found.low is not None) == (more + less >= 5)


def test_many_tables_are_drawn_in_groups_that_fit(monkeypatch):
    monkeypatch.setattr("labeling.ratios.MOST_CELLS", 400)
    tables = [add_columns({"a": make_share(seed), "b": make_share(seed + 10)}) for seed in range(5)]

    groups = [len(group) for group in divide_tables(tables, 60)]
    apart = list(draw_ratios(tables, 60, seed=1, resamples=50))

    # Four columns of 60 each: one table fits into 400, two do not.
    assert groups == [1] * 5
    monkeypatch.setattr("labeling.ratios.MOST_CELLS", 10**6)
    assert all(np.allclose(one, other) for one, other in zip(apart, draw_ratios(tables, 60, seed=1, resamples=50), strict=True))

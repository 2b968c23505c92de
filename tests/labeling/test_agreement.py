"""The coefficients of agreement: published examples, other people's code, and what must hold for any labels."""

from statistics import NormalDist

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score

from labeling.agreement import (
    COEFFICIENTS,
    Sums,
    cohen_kappa,
    estimate,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    label_share,
    percent_agreement,
    specific_agreement,
    sum_items,
    tail_of,
)

pytestmark = pytest.mark.pure
NO = np.nan


def total(labels, categories=2):
    """The sums over all items of `labels`, of shape (items, raters)."""
    labels = np.asarray(labels, dtype=float)
    return sum_items(labels, np.zeros(len(labels), dtype=int), categories).total()


def from_table(both_accept, first_only, second_only, both_reject):
    """Pairs of labels with these counts."""
    pairs = {(1, 1): both_accept, (1, 0): first_only, (0, 1): second_only, (0, 0): both_reject}
    return np.array([pair for pair, count in pairs.items() for _ in range(count)], dtype=float)


def from_counts(rows):
    """Labels of shape (items, raters) from how many raters chose each category, per item."""
    return np.array([[category for category, count in enumerate(row) for _ in range(count)] for row in rows], dtype=float)


def test_kappa_and_specific_agreement_are_those_of_the_two_tables_of_the_paradox():
    # Feinstein and Cicchetti 1990, "High agreement but low kappa: I", tables with 85 % agreement each: kappa 0.70 and 0.32.
    even, skewed = total(from_table(40, 9, 6, 45)), total(from_table(80, 10, 5, 5))

    assert (percent_agreement(even), percent_agreement(skewed)) == (85, 85)
    assert cohen_kappa(even) == pytest.approx(0.70, abs=0.005)
    assert cohen_kappa(skewed) == pytest.approx(0.32, abs=0.005)
    # Part II of the same: positive 80/95 and 160/175, negative 90/105 and 10/25.
    assert [specific_agreement(even, 1), specific_agreement(even, 0)] == pytest.approx([84.21, 85.71], abs=0.005)
    assert [specific_agreement(skewed, 1), specific_agreement(skewed, 0)] == pytest.approx([91.43, 40.0], abs=0.005)


def test_ac1_stays_high_where_kappa_falls_below_zero():
    # 118, 5, 2 and 0 of 125. Shares of accept (123 + 120) / 250 = 0.972, by chance 2 * 0.972 * 0.028 = 0.054432,
    # so AC1 = (0.944 - 0.054432) / 0.945568. Kappa: chance 0.984 * 0.96 + 0.016 * 0.04 = 0.94528.
    sums = total(from_table(118, 5, 2, 0))

    assert gwet_ac1(sums) == pytest.approx(0.940776, abs=1e-6)
    assert cohen_kappa(sums) == pytest.approx((0.944 - 0.94528) / (1 - 0.94528))


def test_alpha_is_that_of_krippendorffs_own_example():
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units, nominal 0.743.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    ]

    assert krippendorff_alpha(total(np.array(observers).T - 1, 5)) == pytest.approx(0.743, abs=0.0005)


def test_fleiss_kappa_is_that_of_the_worked_example():
    # Ten subjects, fourteen raters, five categories: P 0.378, P_e 0.213, kappa 0.210 (Wikipedia, "Fleiss' kappa", worked example).
    rows = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    sums = total(from_counts(rows), 5)

    assert percent_agreement(sums) == pytest.approx(37.8, abs=0.05)
    assert fleiss_kappa(sums) == pytest.approx(0.210, abs=0.0005)


def test_equally_skilled_people_agree_as_much_but_kappa_falls_with_the_accept_rate():
    # Two people of 90 % sensitivity and specificity, in expectation: at an accept rate of r both accept r*.81 + (1-r)*.01.
    def table(rate):
        return from_table(
            *(round(100_000 * (rate * a + (1 - rate) * b)) for a, b in ((0.81, 0.01), (0.09, 0.09), (0.09, 0.09), (0.01, 0.81)))
        )

    even, skewed = total(table(0.5)), total(table(0.05))

    assert [percent_agreement(even), percent_agreement(skewed)] == pytest.approx([82, 82], abs=0.01)
    assert [cohen_kappa(even), cohen_kappa(skewed)] == pytest.approx([0.64, 0.25], abs=0.005)
    assert [gwet_ac1(even), gwet_ac1(skewed)] == pytest.approx([0.64, 0.76], abs=0.005)


pairs = arrays.arrays(float, st.tuples(st.integers(2, 40), st.just(2)), elements=st.sampled_from([0.0, 1.0]))
gappy = arrays.arrays(float, st.tuples(st.integers(2, 30), st.integers(2, 6)), elements=st.sampled_from([0.0, 1.0, 2.0, NO]))


@given(pairs)
def test_kappa_is_that_of_scikit_learn(labels):
    expected = cohen_kappa_score(labels[:, 0], labels[:, 1], labels=[0, 1]) if len(np.unique(labels)) == 2 else NO

    assert cohen_kappa(total(labels)) == pytest.approx(expected, nan_ok=True)


@given(gappy)
def test_alpha_is_that_of_the_package_krippendorff(labels):
    pairable = labels[(~np.isnan(labels)).sum(axis=1) >= 2]
    values = np.unique(pairable[~np.isnan(pairable)])
    expected = krippendorff.alpha(pairable.T, value_domain=[0, 1, 2], level_of_measurement="nominal") if len(values) > 1 else NO

    assert krippendorff_alpha(total(labels, 3)) == pytest.approx(expected, nan_ok=True)


@given(pairs)
def test_it_does_not_matter_who_sat_where_or_which_answer_is_called_accept(labels):
    sums, swapped, renamed = total(labels), total(labels[:, ::-1]), total(1 - labels)

    for name, coefficient in COEFFICIENTS.items():
        assert coefficient(swapped) == pytest.approx(coefficient(sums), nan_ok=True), name
    for coefficient in (percent_agreement, cohen_kappa, fleiss_kappa, krippendorff_alpha, gwet_ac1):
        assert coefficient(renamed) == pytest.approx(coefficient(sums), nan_ok=True)
    assert specific_agreement(renamed, 1) == pytest.approx(specific_agreement(sums, 0), nan_ok=True)
    assert label_share(renamed, 1) == pytest.approx(100 - label_share(sums, 1))


@given(pairs)
def test_full_agreement_is_one_where_both_answers_occur_and_undefined_or_one_where_not(labels):
    same = np.stack([labels[:, 0], labels[:, 0]], axis=1)
    both = len(np.unique(same)) == 2

    values = [coefficient(total(same)) for coefficient in (cohen_kappa, fleiss_kappa, krippendorff_alpha)]

    assert values == pytest.approx([1 if both else NO] * 3, nan_ok=True)
    assert gwet_ac1(total(same)) == pytest.approx(1)
    assert percent_agreement(total(same)) == 100


@given(pairs, st.integers(0, 2**32), st.integers(1, 5))
def test_the_sums_of_clusters_come_to_those_of_all_items(labels, seed, clusters):
    number = np.random.default_rng(seed).integers(clusters, size=len(labels))

    for name, values in vars(sum_items(labels, number).total()).items():
        assert values == pytest.approx(vars(total(labels))[name])


def test_labels_of_other_shapes_or_values_are_refused():
    with pytest.raises(ValueError, match="wanted are"):
        sum_items(np.zeros((3, 1)), np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="wanted are"):
        sum_items(np.zeros((3, 2)), np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="labels other than 0 to 1"):
        sum_items(np.full((3, 2), 2.0), np.zeros(3, dtype=int))


def simulate(tasks, per_task, seed, spread=0.15):
    """Labels of two people on tasks that differ in how likely the two are to agree: shape (items, 2), and each item's task."""
    random = np.random.default_rng(seed)
    same = np.clip(random.normal(0.7, spread, tasks), 0, 1).repeat(per_task)
    first = random.random(len(same)) < 0.3
    second = np.where(random.random(len(same)) < same, first, ~first)
    return np.stack([first, second], axis=1).astype(float), np.arange(tasks).repeat(per_task)


def true_values():
    """Every coefficient in the population of `simulate`."""
    sums = [sum_items(*simulate(100_000, 1, 10_000 + seed)).total() for seed in range(5)]
    mean = Sums(**{name: np.mean([vars(each)[name] for each in sums], axis=0) for name in vars(sums[0])})
    return {name: float(coefficient(mean)) for name, coefficient in COEFFICIENTS.items()}


@pytest.mark.parametrize("tasks", [10, 20, 60])
def test_every_interval_by_task_covers_in_nine_of_ten_projects_small_ones_too(tasks):
    # 95 of 100 are wanted; 88 is where a binomial of 100 at 0.95 falls short once in 700 times.
    true, covered = true_values(), dict.fromkeys(COEFFICIENTS, 0)
    for seed in range(100):
        for name, found in estimate(sum_items(*simulate(tasks, 30, seed)), seed, resamples=400).items():
            covered[name] += found.low <= true[name] <= found.high

    assert min(covered.values()) >= 88, covered


def test_intervals_by_candidate_would_cover_much_less():
    true, covered = true_values()["percent"], 0
    for seed in range(100):
        labels, _tasks = simulate(60, 30, seed)
        found = estimate(sum_items(labels, np.arange(len(labels))), seed, resamples=300)["percent"]
        covered += found.low <= true <= found.high

    assert covered < 80


def test_the_same_seed_gives_the_same_interval_and_few_clusters_give_none():
    labels, tasks = simulate(12, 10, 1)

    first, again = (estimate(sum_items(labels, tasks), 7) for _ in range(2))
    few = estimate(sum_items(labels[:90], tasks[:90]), 7)

    assert first == again
    assert all(value.low <= value.value <= value.high for value in first.values())
    assert all(value.value is not None and value.low is None and value.high is None for value in few.values())


def test_a_coefficient_that_is_not_defined_is_none():
    found = estimate(sum_items(np.ones((20, 2)), np.arange(20)), 1)

    assert (found["cohen_kappa"].value, found["cohen_kappa"].low) == (None, None)
    assert found["negative"].value is None


@pytest.mark.parametrize("differing", [0, 4, 5, 55, 56, 60])
def test_there_is_no_interval_where_next_to_all_agree_or_differ(differing):
    labels = np.array([[1, 0]] * differing + [[1, 1]] * ((60 - differing) // 2) + [[0, 0]] * ((61 - differing) // 2), dtype=float)

    found = estimate(sum_items(labels, np.arange(60) % 20), 1)

    assert found["percent"].value == pytest.approx(100 * (60 - differing) / 60)
    # All draws of 60 equal pairs agree fully, which says nothing about the 61st pair.
    assert {value.low is not None for value in found.values()} == {differing in (5, 55)}


def test_there_is_no_interval_where_many_draws_leave_a_coefficient_undefined():
    # One task of twenty has all the rejects: without it, as in 0.95^20 = 36 % of the draws, everybody accepts.
    labels = np.array([[1, 1]] * 190 + [[0, 0]] * 4 + [[1, 0]] * 6, dtype=float)

    found = estimate(sum_items(labels, np.arange(200) // 10), 1)

    assert found["cohen_kappa"].value is not None
    assert found["cohen_kappa"].low is None
    assert found["percent"].low is not None


@pytest.mark.parametrize(("clusters", "t"), [(10, 2.2622), (20, 2.0930), (60, 2.0010), (1070, 1.9622)])
def test_the_ends_of_an_interval_are_those_of_hesterberg(clusters, t):
    # t quantiles at 0.975 from a table, for clusters - 1 degrees of freedom.
    expected = NormalDist().cdf(-t * (clusters / (clusters - 1)) ** 0.5)

    assert tail_of(clusters) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("clusters", "t"), [(10, 3.2498), (20, 2.8609), (60, 2.6618)])
def test_the_ends_of_a_wider_interval_are_too(clusters, t):
    # The same at 0.995.
    expected = NormalDist().cdf(-t * (clusters / (clusters - 1)) ** 0.5)

    assert tail_of(clusters, 0.005) == pytest.approx(expected, rel=5e-2)


def test_four_hundred_thousand_equal_answers_leave_kappa_defined():
    # By chance 1 - 5e-6 of the pairs agree, all do: what chance leaves open is little, and all of it was agreed on.
    sums = total(from_table(400_000, 0, 0, 1))

    assert [cohen_kappa(sums), fleiss_kappa(sums)] == pytest.approx([1, 1], abs=1e-6)

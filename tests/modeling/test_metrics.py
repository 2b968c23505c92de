"""The figures of predictions: published and worked values, scikit-learn and scipy beside them, and what is not defined."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as rival

from modeling.net.metrics import compute_metrics, measure_ece, tell_reliability
from modeling.net.weighted import rank_correlation, rank_figures

pytestmark = pytest.mark.pure

SCORES, ACCEPTS = [4.5, 4, 3.5, 3.5, 2, 1], [1, 1, 0, 1, 0, 0]
# Few different values, so that scores tie; none at 0 or 1, where the log loss is clipped.
TIED = st.lists(st.tuples(st.booleans(), st.integers(1, 9)), min_size=2, max_size=40)


def correlate(first, second):
    """The rank correlation of rows that are there once each."""
    return rank_correlation(np.array(first, dtype=float), np.array(second, dtype=float), np.ones((1, len(first))))[0]


def test_rank_figures_are_those_of_the_worked_example():
    # The evaluator comparison of ServImage: nine pairs of which eight are in order and one ties; precisions 1, 1 and 3/4.
    found = compute_metrics(ACCEPTS, np.array(SCORES) / 5)

    assert found["auc"] == pytest.approx(0.944444, abs=1e-6)
    assert found["ap"] == pytest.approx(0.916667, abs=1e-6)
    assert correlate(SCORES, ACCEPTS) == pytest.approx(0.792118, abs=1e-6)


def test_calibration_figures_are_those_worked_by_hand():
    found = compute_metrics([False, True, True, False], [0.15, 0.15, 0.95, 0.95])

    # Two rows of mean .15 with rate .5, and two of .95 with rate .5: (2 * .35 + 2 * .45) / 4.
    assert found["ece"] == pytest.approx(0.40)
    # (.15² + .85² + .05² + .95²) / 4
    assert found["brier"] == pytest.approx(0.4125)
    assert found["log_loss"] == pytest.approx(-(math.log(0.85) + math.log(0.15) + math.log(0.95) + math.log(0.05)) / 4)
    assert (found["n"], found["rate"], found["mean_p"]) == (4, 0.5, pytest.approx(0.55))


def test_a_decision_is_said_from_one_half():
    # Said: accept, accept, reject, reject. Two of three accepted are found, and the only rejected one is.
    found = compute_metrics([True, True, True, False], [0.5, 0.9, 0.49, 0.1])

    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["f1"] == pytest.approx(2 * 2 / (3 + 2))


def test_a_sure_mistake_costs_what_the_clip_allows():
    assert compute_metrics([True, False], [0.0, 0.0])["log_loss"] == pytest.approx((-math.log(1e-6) - math.log(1 - 1e-6)) / 2)


def test_a_lower_edge_belongs_to_its_bin_and_one_to_the_last():
    table = tell_reliability([True, False, True, True], [0.1, 0.1999, 1.0, 0.9])

    assert [row["n"] for row in table] == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (table[1]["mean_p"], table[1]["rate"]) == (pytest.approx(0.14995), 0.5)
    assert (table[9]["low"], table[9]["high"], table[9]["rate"]) == (0.9, 1.0, 1.0)
    assert (table[0]["mean_p"], table[0]["rate"]) == (None, None)


def test_what_is_not_defined_is_none_and_never_zero():
    nothing = compute_metrics([], [])
    rejected = compute_metrics([False, False], [0.2, 0.6])
    accepted = compute_metrics([True, True], [0.2, 0.6])

    assert nothing.pop("n") == 0
    assert set(nothing.values()) == {None}
    assert {name for name, value in rejected.items() if value is None} == {"auc", "ap", "balanced_accuracy", "f1"}
    assert {name for name, value in accepted.items() if value is None} == {"auc", "ap", "balanced_accuracy"}
    assert math.isnan(correlate([1, 1, 1], [1, 2, 3]))
    assert math.isnan(correlate([], []))


def test_f1_is_zero_where_no_accepted_row_is_found():
    assert compute_metrics([True, False], [0.2, 0.1])["f1"] == 0


@pytest.mark.parametrize("p", [[0.5, math.nan], [0.5, 1.1], [-0.1, 0.5], [0.5]])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match=r"no probability|shape"):
        compute_metrics([True, False], p)


def test_a_calibration_error_needs_rows():
    with pytest.raises(ValueError, match="no rows"):
        measure_ece([], [])


@settings(max_examples=30, deadline=None)
@given(TIED)
def test_figures_equal_those_of_scikit_learn(rows):
    y, p = np.array([row[0] for row in rows]), np.array([row[1] / 10 for row in rows])
    assume(y.any() and not y.all())

    found = compute_metrics(y, p)

    assert found["auc"] == pytest.approx(rival.roc_auc_score(y, p))
    assert found["ap"] == pytest.approx(rival.average_precision_score(y, p))
    assert found["brier"] == pytest.approx(rival.brier_score_loss(y, p))
    assert found["log_loss"] == pytest.approx(rival.log_loss(y, p))
    assert found["f1"] == pytest.approx(rival.f1_score(y, p >= 0.5))
    assert found["balanced_accuracy"] == pytest.approx(rival.balanced_accuracy_score(y, p >= 0.5))
    assert found["ece"] == pytest.approx(measure_ece(y, p))
    assert found["ece"] == pytest.approx(
        sum(row["n"] * abs(row["mean_p"] - row["rate"]) for row in tell_reliability(y, p) if row["n"]) / len(y)
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_rank_correlation_equals_that_of_scipy(pairs):
    first, second = np.array(pairs).T
    assume(len(set(first)) > 1 and len(set(second)) > 1)

    assert correlate(first, second) == pytest.approx(spearmanr(first, second).statistic)


@settings(max_examples=30, deadline=None)
@given(TIED, st.integers(0, 2**32 - 1))
def test_weighted_rows_count_as_often_as_they_are_there(rows, seed):
    y, p = np.array([row[0] for row in rows]), np.array([row[1] / 10 for row in rows])
    counts = np.random.default_rng(seed).integers(0, 4, len(y))
    often_y, often_p = np.repeat(y, counts), np.repeat(p, counts)

    found = {name: values[0] for name, values in rank_figures(y, p, counts[None].astype(float)).items()}
    spearman = rank_correlation(p, y.astype(float), counts[None].astype(float))[0]

    wanted = compute_metrics(often_y, often_p)
    for name in ("auc", "ap"):
        assert found[name] == pytest.approx(math.nan if wanted[name] is None else wanted[name], nan_ok=True)
    assert spearman == pytest.approx(correlate(often_p, often_y), nan_ok=True)

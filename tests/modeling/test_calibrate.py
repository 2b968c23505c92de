"""Calibration: over-confident logits, an oversampled prior, a known temperature, and too little to go by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeling.net.calibrate import (
    Calibration,
    find_prior_shift,
    fit_calibration,
    fit_sigmoid,
    make_folds,
    pick_method,
    tell_calibration,
    to_p,
)
from modeling.net.metrics import measure_ece

pytestmark = pytest.mark.pure


def draw(n, seed, *, shift=0.0):
    """True logits of `n` rows in groups of four, and labels drawn from them."""
    random = np.random.default_rng(seed)
    z = random.normal(0, 1.2, n) + shift
    return z, random.random(n) < to_p(z), [str(row // 4) for row in range(n)]


def test_over_confident_logits_come_back():
    z, y, groups = draw(1500, 0)
    new_z, new_y, _ = draw(1500, 1)

    found = fit_calibration(3 * z, y, groups)

    # Tried before with other labels: .181 before, .036 and .034 after. What remains at this size is chance.
    assert measure_ece(new_y, to_p(3 * new_z)) > 0.13
    assert measure_ece(new_y, found.apply(3 * new_z)) < 0.05
    assert found.scale == pytest.approx(1 / 3, abs=0.05)


def test_a_known_temperature_is_found():
    z, y, groups = draw(20_000, 0)

    found = fit_calibration(2.5 * z, y, groups)

    # The standard error of the scale is about .01 here.
    assert found.method == "temperature"
    assert 1 / found.scale == pytest.approx(2.5, abs=0.1)
    assert found.shift == 0


def test_a_bias_takes_a_sigmoid():
    z, y, groups = draw(4000, 0)

    found = fit_calibration(z + 1, y, groups)

    assert found.method == "sigmoid"
    assert found.shift / found.scale == pytest.approx(-1, abs=0.15)


def test_calibrated_logits_are_left_nearly_as_they_are():
    z, y, groups = draw(4000, 0)

    p = fit_calibration(z, y, groups).apply(z)

    assert np.abs(p - to_p(z)).max() < 0.03


def test_the_prior_of_oversampled_training_is_corrected_before_anything_else():
    # Accepted rows were seen twice in training: its odds are twice the real ones, and each logit is ln 2 too high.
    z, y, groups = draw(6000, 0, shift=-1)
    rate = y.mean()
    shift = find_prior_shift(rate, 2 * rate / (1 + rate))

    found = fit_calibration(z + np.log(2), y, groups, prior_shift=shift)

    assert shift == pytest.approx(-np.log(2))
    assert found.prior_shift == shift
    assert (found.scale, found.shift) == (pytest.approx(1, abs=0.1), pytest.approx(0, abs=0.1))
    assert np.abs(found.apply(z + np.log(2)) - to_p(z)).max() < 0.03


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 200), st.floats(-4, 4), st.floats(0.1, 5), st.floats(-2, 2))
def test_the_mean_is_within_two_hundredths_of_the_rate(seed, n, bias, scale, prior_shift):
    z, y, groups = draw(n, seed, shift=-0.5)

    p = fit_calibration(scale * z + bias, y, groups, prior_shift=prior_shift).apply(scale * z + bias)

    assert y.all() or not y.any() or abs(p.mean() - y.mean()) <= 0.02


def test_a_mean_that_is_off_is_shifted_to_within_two_hundredths_and_no_further():
    # Forty rows are too few to show in folds that a shift of .3 pays; the mean is off by more than .02 all the same.
    z, y, groups = draw(40, 5)
    z = z + 0.3

    found = fit_calibration(z, y, groups)

    assert pick_method(z, y, np.ones(len(y)), groups, 0) == "none"
    assert abs(to_p(z).mean() - y.mean()) > 0.02
    assert (found.method, found.scale) == ("sigmoid", 1.0)
    assert abs(found.apply(z).mean() - y.mean()) == pytest.approx(0.02, abs=1e-4)


def test_a_more_flexible_method_has_to_be_better_by_a_standard_error():
    # Logits that are right already: over twenty draws of 150 rows something else is nearly always a little better, and rarely by that much.
    picked = [pick_method(z, y, np.ones(150), groups, 0) for z, y, groups in (draw(150, seed) for seed in range(20))]

    assert picked.count("none") >= 15


def test_with_too_little_the_prior_alone_is_corrected():
    z, y, groups = draw(400, 0)

    for found in (
        fit_calibration(3 * z[:19], y[:19], groups[:19], prior_shift=-0.7),
        fit_calibration(z[y], y[y], [groups[row] for row in np.flatnonzero(y)], prior_shift=-0.7),
        fit_calibration([], [], [], prior_shift=-0.7),
    ):
        assert found == Calibration(method="none", prior_shift=-0.7)


def test_one_group_gives_no_folds_and_still_a_mean_that_is_right():
    z, y, _ = draw(100, 0)

    assert list(make_folds(["one"] * 100, 0)) == []
    assert fit_calibration(z + 2, y, ["one"] * 100).apply(z + 2).mean() == pytest.approx(y.mean(), abs=0.02)


def test_folds_are_whole_groups_and_hold_every_row_once():
    groups = [f"group {row % 7}" for row in range(50)]

    folds = list(make_folds(groups, 0))

    assert len(folds) == 5
    assert (np.sum(folds, axis=0) == 1).all()
    assert all(len({bool(fold[row]) for row in range(50) if groups[row] == name}) == 1 for fold in folds for name in set(groups))


def test_what_separates_the_classes_is_not_scaled_to_infinity():
    y = np.arange(100) % 2 == 0

    found = fit_calibration(np.where(y, 1.0, -1.0), y, [str(row) for row in range(100)])

    assert found.scale <= 20
    assert np.isfinite(found.apply([1e6, -1e6])).all()


def test_scores_that_rank_the_wrong_way_are_not_turned_round():
    z, y, groups = draw(1000, 0)

    found = fit_calibration(-z, y, groups)

    assert found.scale > 0
    assert found.apply(-z).mean() == pytest.approx(y.mean(), abs=0.02)


def test_the_sigmoid_equals_an_unpenalised_regression():
    from sklearn.linear_model import LogisticRegression

    z, y, _ = draw(500, 0)
    rival = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(3 * z[:, None], y)

    assert fit_sigmoid(3 * z, y, np.ones(len(y))) == (
        pytest.approx(rival.coef_[0, 0], rel=1e-4),
        pytest.approx(rival.intercept_[0], abs=1e-4),
    )


def test_the_seed_alone_decides_and_json_keeps_it_all():
    z, y, groups = draw(300, 0)
    found = fit_calibration(2 * z, y, groups, prior_shift=0.3, seed=4)

    assert fit_calibration(2 * z, y, groups, prior_shift=0.3, seed=4) == found
    assert Calibration.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "values", [{}, {"method": "isotonic", "scale": 1.0, "shift": 0.0, "prior_shift": 0.0}, {"method": "none", "scale": "1"}]
)
def test_json_that_is_no_calibration_is_refused(values):
    with pytest.raises(ValueError, match="no calibration"):
        Calibration.from_json(values)


def test_rows_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="one length"):
        fit_calibration([0.0, 1.0], [True], ["a"])
    with pytest.raises(ValueError, match="without NaN"):
        fit_calibration([np.nan], [True], ["a"])
    with pytest.raises(ValueError, match="both classes"):
        find_prior_shift(0.5, 1.0)


def test_before_and_after_are_told():
    z, y, groups = draw(1500, 0)
    found = fit_calibration(3 * z, y, groups)

    told = tell_calibration(found, 3 * z, y)

    assert told["ece_before"] == pytest.approx(measure_ece(y, to_p(3 * z)))
    assert told["ece_after"] == pytest.approx(measure_ece(y, found.apply(3 * z)))
    assert told["brier_after"] < told["brier_before"]
    assert (told["n"], told["method"], told["scale"]) == (1500, found.method, found.scale)
    assert told["mean_p"] == pytest.approx(told["rate"], abs=0.02)


def test_rows_count_by_their_weight():
    # The same spread of logits; with a suggestion on screen .6 was accepted, blind .4.
    random = np.random.default_rng(3)
    z = random.normal(0, 1, 1000)
    is_assisted = np.arange(1000) % 2 == 0
    order = np.argsort(z + random.normal(0, 1, 1000))
    y = np.zeros(1000, dtype=bool)
    for side, rate in ((is_assisted, 0.6), (~is_assisted, 0.4)):
        rows = [row for row in order if side[row]]
        y[rows[round(500 * (1 - rate)) :]] = True
    weights, groups = np.where(is_assisted, 0.1, 1.0), [str(row // 4) for row in range(1000)]

    found, plain = fit_calibration(z, y, groups, weights=weights), fit_calibration(z, y, groups)
    told = tell_calibration(found, z, y, weights)

    # (500 x .1 x .6 + 500 x .4) / (500 x .1 + 500) = 230 / 550
    assert told["rate"] == pytest.approx(230 / 550)
    assert told["mean_p"] == pytest.approx(230 / 550, abs=0.005)
    assert plain.apply(z).mean() == pytest.approx(0.5, abs=0.02)
    # A weight of 2 is the row twice.
    often = fit_sigmoid(np.repeat(z, 2), np.repeat(y, 2), np.ones(2000))
    assert fit_sigmoid(z, y, np.full(1000, 2.0)) == pytest.approx(often, abs=1e-6)


def test_rows_without_weight_are_as_if_not_there():
    z, y, groups = draw(200, 5)
    weights = np.r_[np.ones(150), np.zeros(50)]

    found = fit_calibration(3 * z, y, groups, weights=weights)

    few = fit_calibration(3 * z, y, groups, weights=np.r_[np.ones(19), np.zeros(181)])
    assert found == fit_calibration(3 * z[:150], y[:150], groups[:150])
    assert found.method != "none"
    assert few.method == "none"
    with pytest.raises(ValueError, match="one finite number of 0 or more"):
        fit_calibration(z, y, groups, weights=-weights)

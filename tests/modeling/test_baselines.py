"""What a model has to beat: the base rate, a regression on judges' scores, a judge's own word."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from modeling.net.baselines import fit_logistic, measure_base_rate, pay_direct
from modeling.net.metrics import compute_metrics
from tests.modeling.plain_records import make_judged

pytestmark = pytest.mark.pure


def make_scored(n, seed, *, missing=0.0):
    """Records with two scores, of which the first decides; the second is missing from some."""
    random = np.random.default_rng(seed)
    records = []
    for number in range(n):
        brf, clarity = random.uniform(0, 5, 2)
        judged = {"brf": brf, "clarity": clarity}
        if random.random() < missing:
            del judged["clarity"]
        records.append(make_judged(bool(random.random() < 1 / (1 + np.exp(-2 * (brf - 2.5)))), judged, number))
    return records


def test_the_base_rate_counts_each_record_with_its_weight():
    records = [make_judged(True, {}, weight=0.5), make_judged(False, {}), make_judged(None, {}), make_judged(True, {}, weight=0)]

    assert measure_base_rate(records) == pytest.approx(0.5 / 1.5)
    assert measure_base_rate(records[2:]) is None
    assert measure_base_rate([]) is None


def test_a_judges_own_word_is_missing_where_it_gave_none():
    found = pay_direct([make_judged(True, {"p_accept": 0.7}), make_judged(True, {"brf": 3})])

    assert found[0] == 0.7
    assert np.isnan(found[1])


def test_the_regression_equals_one_on_standardised_scores():
    records = make_scored(200, 0)
    scores = np.array([[record.judged["brf"], record.judged["clarity"]] for record in records])
    standard = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    rival = LogisticRegression(tol=1e-10, max_iter=1000).fit(standard, [record.accepts for record in records])

    found = fit_logistic(records)

    assert found.names == ("brf", "clarity")
    assert found.predict(records) == pytest.approx(rival.predict_proba(standard)[:, 1], abs=1e-6)


def test_scores_that_separate_the_classes_end_where_the_penalty_holds_them():
    records = [make_judged(number % 2 == 0, {"brf": 5.0 * (number % 2)}, number) for number in range(200)]
    standard = np.array([[1.0 if number % 2 else -1.0] for number in range(200)])
    rival = LogisticRegression(tol=1e-10, max_iter=1000).fit(standard, [record.accepts for record in records])

    assert fit_logistic(records).weights[0] == pytest.approx(rival.coef_[0, 0], rel=1e-5)


def test_it_ranks_unseen_records_and_is_worth_beating():
    fitted = fit_logistic(make_scored(400, 0, missing=0.3))
    unseen = make_scored(400, 1, missing=0.3)

    assert compute_metrics([record.accepts for record in unseen], fitted.predict(unseen))["auc"] > 0.9


def test_a_missing_score_counts_by_being_missing():
    # The score says nothing, but whoever has none is always accepted.
    records = [
        make_judged(number % 2 == 0, {"brf": 3.0 + number % 3, **({} if number % 2 == 0 else {"clarity": 2.0})}, number)
        for number in range(60)
    ]

    with_it, without = fit_logistic(records).predict([make_judged(None, {"brf": 4.0, "clarity": 2.0}), make_judged(None, {"brf": 4.0})])

    # Less sure than certain, for the regression is held back (C = 1).
    assert without > 0.8 > 0.2 > with_it


def test_what_nobody_judged_gets_the_rate_of_training():
    records = [*make_scored(100, 0), *(make_judged(True, {}, 1000 + number) for number in range(100))]

    fitted = fit_logistic(records)

    unjudged = fitted.predict([make_judged(None, {}), make_judged(None, {"p_accept": 0.9}), make_judged(None, {"unheard of": 1.0})])
    assert unjudged == pytest.approx(measure_base_rate(records))
    assert measure_base_rate(records) > 0.7


def test_a_judges_own_word_is_no_score_of_the_regression():
    records = [make_judged(record.accepts, {**record.judged, "p_accept": float(record.accepts)}) for record in make_scored(100, 0)]

    assert fit_logistic(records).names == ("brf", "clarity")


def test_a_record_of_no_weight_teaches_nothing():
    records = make_scored(100, 0)
    wrong = [make_judged(not record.accepts, {"brf": 50.0}, weight=0.0) for record in records]

    assert fit_logistic([*records, *wrong]).predict(records) == pytest.approx(fit_logistic(records).predict(records))


@pytest.mark.parametrize(
    "records",
    [
        [],
        [make_judged(True, {}), make_judged(False, {})],
        [make_judged(True, {"p_accept": 0.2}), make_judged(False, {"p_accept": 0.1})],
        [make_judged(True, {"brf": 1.0}), make_judged(True, {"brf": 2.0})],
        [make_judged(None, {"brf": 1.0}), make_judged(False, {})],
    ],
)
def test_there_is_no_regression_without_scores_of_both_classes(records):
    assert fit_logistic(records) is None


def test_a_score_that_never_differs_and_one_of_undecided_records_break_nothing():
    records = [
        *(make_judged(record.accepts, {**record.judged, "same": 5.0}) for record in make_scored(100, 0)),
        make_judged(None, {"brf": 1.0, "other": 2.0}),
    ]

    found = fit_logistic(records)

    assert found.names == ("brf", "clarity", "same")
    assert np.isfinite(found.predict(records)).all()

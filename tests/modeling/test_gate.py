"""The gate: who passes it and how often, what it says, and that it does not decide on too little."""

import json
from collections import Counter

import numpy as np
import pytest

from modeling.net.calibrate import fit_sigmoid, to_p
from modeling.net.gate import FEWEST, SENTENCES, judge_gate, simulate_ece_limit

pytestmark = pytest.mark.pure


def draw(groups=250, seed=0):
    """True logits, labels, noisy logits and groups of a test side: tasks of four candidates, some easier than others; 40 % accepted."""
    random = np.random.default_rng(seed)
    z = -0.6 + np.repeat(random.normal(0, 1, groups), 4) + random.normal(0, 1.2, 4 * groups)
    return z, random.random(len(z)) < to_p(z), z + random.normal(0, 2, len(z)), [f"task {row // 4}" for row in range(len(z))]


@pytest.fixture(scope="module")
def rivals():
    """What the rivals of a first version say of noisy logits: the rate of training, and a regression fitted on other rows."""
    _, y, noisy, _ = draw(5000, seed=10**6)
    scale, shift = fit_sigmoid(noisy, y, np.ones(len(y)))
    return lambda noisy: {"base_rate": np.full(len(noisy), y.mean()), "logistic": to_p(scale * noisy + shift)}


def count_verdicts(rivals, say, times=100):
    """How often each verdict came out over so many test sides of 1,000 candidates; a quarter of the draws is enough to count."""
    found = Counter()
    for seed in range(times):
        z, y, noisy, groups = draw(seed=seed)
        found[judge_gate(y, say(z), rivals(noisy), groups, draws=500)["verdict"]] += 1
    return found


def test_an_oracle_passes_at_least_ninety_of_a_hundred_times(rivals):
    assert count_verdicts(rivals, to_p)["passes"] >= 90


def test_one_sharpened_by_a_temperature_of_one_half_fails_nearly_always(rivals):
    found = count_verdicts(rivals, lambda z: to_p(z / 0.5))

    assert found["passes"] <= 2
    # It ranks as well as the oracle, so some test sides show it to be better all the same: then calibration stops it.
    assert found["miscalibrated"] >= 10


def test_a_version_without_skill_never_passes(rivals):
    assert count_verdicts(rivals, lambda z: np.full(len(z), 0.4), times=20)["passes"] == 0


def test_what_says_the_same_as_the_version_in_use_is_no_better():
    z, y, _, groups = draw()

    found = judge_gate(y, to_p(z), {"incumbent": to_p(z)}, groups)

    assert found["verdict"] == "not_enough_evidence"
    assert [found["comparisons"][0][name] for name in ("difference", "low", "high", "is_better")] == [0, 0, 0, False]
    assert found["is_calibrated"]


def test_a_difference_is_the_versions_loss_less_the_rivals():
    z, y, noisy, groups = draw()
    p, rival = to_p(z), to_p(noisy)

    found = judge_gate(y, p, {"incumbent": rival}, groups)

    (each,) = found["comparisons"]
    losses = [-np.log(np.where(y, chance, 1 - chance)).mean() for chance in (p, rival)]
    assert (found["log_loss"], each["log_loss"]) == (pytest.approx(losses[0]), pytest.approx(losses[1]))
    assert each["difference"] == pytest.approx(losses[0] - losses[1])
    assert each["low"] < each["difference"] < each["high"] < 0


def test_the_interval_leaves_one_in_twenty_at_each_end():
    # Differences of groups that are alike have the interval of a mean: 1.645 standard errors on either side.
    z, y, noisy, _ = draw()
    groups = [str(row) for row in range(len(y))]
    rows = np.log(np.where(y, to_p(noisy), 1 - to_p(noisy))) - np.log(np.where(y, to_p(z), 1 - to_p(z)))
    error = rows.std() / len(rows) ** 0.5

    (each,) = judge_gate(y, to_p(z), {"incumbent": to_p(noisy)}, groups)["comparisons"]

    assert each["high"] - each["low"] == pytest.approx(2 * 1.645 * error, rel=0.06)


def test_being_worse_than_one_rival_outweighs_being_better_than_another(rivals):
    z, y, noisy, groups = draw()
    versus = {**rivals(noisy), "logistic": to_p(z)}

    found = judge_gate(y, rivals(noisy)["logistic"], versus, groups)

    assert [each["is_better"] for each in found["comparisons"]] == [True, False]
    assert found["verdict"] == "worse"


def test_what_is_better_but_off_is_miscalibrated():
    z, y, noisy, groups = draw()

    found = judge_gate(y, to_p(z / 0.6), {"incumbent": to_p(noisy)}, groups)

    assert (found["verdict"], found["is_calibrated"], found["needs_override"]) == ("miscalibrated", False, True)
    assert found["ece"] > found["ece_limit"]


@pytest.mark.parametrize(("n", "verdict"), [(FEWEST - 4, "too_few"), (FEWEST, "passes")])
def test_below_three_hundred_candidates_it_does_not_decide(n, verdict):
    z, y, noisy, groups = (values[:n] for values in draw(seed=3))

    found = judge_gate(y, to_p(z), {"incumbent": to_p(2 * noisy)}, groups)

    assert (found["n"], found["verdict"], found["needs_override"]) == (n, verdict, verdict != "passes")
    # The figures are there all the same.
    assert found["comparisons"][0]["is_better"]


def test_without_any_candidate_everything_is_unknown():
    found = judge_gate([], [], {"base_rate": []}, [])

    assert (found["verdict"], found["log_loss"], found["ece"], found["ece_limit"]) == ("too_few", None, None, None)
    assert [item["text"] for item in found["say"]] == [SENTENCES["too_few"], SENTENCES["override"]]


def test_few_groups_give_no_interval_and_so_no_evidence():
    z, y, noisy, _ = draw()

    found = judge_gate(y, to_p(z), {"incumbent": to_p(noisy)}, [str(row % 9) for row in range(len(y))])

    assert found["verdict"] == "not_enough_evidence"
    assert (found["comparisons"][0]["low"], found["comparisons"][0]["high"]) == (None, None)
    assert {"text": SENTENCES["few_groups"], "params": {"groups": "9", "fewest": "10"}} in found["say"]


def test_it_says_what_it_found():
    z, y, noisy, groups = draw()

    passing = [item["text"] % item["params"] for item in judge_gate(y, to_p(z), {"incumbent": to_p(noisy)}, groups)["say"]]
    failing = [item["text"] % item["params"] for item in judge_gate(y, to_p(noisy), {"incumbent": to_p(z)}, groups)["say"]]

    assert passing[0] == "It passes, on 1000 blind test candidates in 250 groups of tasks."
    assert passing[1].startswith("Better than the version in use: log loss 0.")
    assert passing[1].endswith("(90 % interval).")
    assert passing[2].startswith("Calibration error 0.0")
    assert len(passing) == 3
    assert failing[0] == "It is worse, on 1000 blind test candidates in 250 groups of tasks."
    assert failing[1].startswith("Worse than the version in use: log loss 0.")
    assert "too much" in failing[2]
    assert failing[3] == "A lead can promote it all the same, with a reason."


def test_an_unsure_comparison_says_so():
    z, y, _, groups = draw()

    said = [item["text"] % item["params"] for item in judge_gate(y, to_p(z), {"incumbent": to_p(1.05 * z)}, groups)["say"]]

    assert said[0].startswith("Not enough evidence that it is better")
    assert said[1].startswith("Perhaps no better than the version in use")


def test_the_verdict_is_plain_values_and_the_seed_decides_it(rivals):
    z, y, noisy, groups = draw()

    found = judge_gate(y, to_p(z), rivals(noisy), groups, seed=7)

    assert json.loads(json.dumps(found)) == found
    assert judge_gate(y, to_p(z), rivals(noisy), groups, seed=7) == found
    assert judge_gate(y, to_p(z), rivals(noisy), groups, seed=8)["ece_limit"] != found["ece_limit"]


def test_the_limit_of_one_probability_is_that_of_a_binomial():
    # All in one bin: |mean of n labels - p|, whose 95th percentile is 1.96 * sqrt(p q / n) = .0310 at n = 1,000.
    assert simulate_ece_limit(np.full(1000, 0.5)) == pytest.approx(0.0310, abs=0.0015)


def test_the_limit_does_not_depend_on_how_many_labels_are_drawn_at_a_time(monkeypatch):
    p = np.random.default_rng(0).random(500)
    whole = simulate_ece_limit(p, draws=300)

    monkeypatch.setattr("modeling.net.gate._BLOCK", 10_000)

    assert simulate_ece_limit(p, draws=300) == pytest.approx(whole)


@pytest.mark.parametrize(
    "rivals", [{}, {"logistic": [0.5, 0.5]}, {"incumbent": [0.5, 0.5], "base_rate": [0.5, 0.5]}, {"other": [0.5, 0.5]}]
)
def test_rivals_that_make_no_gate_are_refused(rivals):
    with pytest.raises(ValueError, match="incumbent alone"):
        judge_gate([True, False], [0.5, 0.5], rivals, ["a", "b"])


def test_probabilities_and_groups_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="no probability"):
        judge_gate([True, False], [0.5, 0.5], {"incumbent": [0.5, np.nan]}, ["a", "b"])
    with pytest.raises(ValueError, match="1 groups for 2 rows"):
        judge_gate([True, False], [0.5, 0.5], {"incumbent": [0.5, 0.5]}, ["a"])

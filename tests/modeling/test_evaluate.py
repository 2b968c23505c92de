"""The tables of a run: every method on every slice with intervals, and concepts that are not called quality where they are a formula."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.stats import spearmanr

from modeling.net.bootstrap import bootstrap_groups
from modeling.net.calibrate import to_p
from modeling.net.evaluate import evaluate
from modeling.net.metrics import FIGURES, compute_metrics, tell_reliability
from tests.modeling.plain_records import make_plain_record

pytestmark = pytest.mark.pure

TARGETS = {"brf": {"source": "people", "is_formula": False}, "veq_clarity": {"source": "classical 2", "is_formula": True}}
PRICES = (20.0, 150.0, 500.0)


@dataclass(frozen=True)
class Said:
    """What a model said of one record."""

    p_accept: float
    logit: float
    concepts: Mapping[str, float] = field(default_factory=dict)


def make_run(tasks=60, generators=4, seed=0, **more):
    """Records of `tasks` with what a good model says of them; judges gave a noisy brf, and half of the time their own word."""
    random = np.random.default_rng(seed)
    records, said = [], {}
    for task in range(tasks):
        for generator in range(generators):
            logit = random.normal(-0.5, 2)
            brf = float(np.clip(2.5 + logit / 2, 0, 5))
            word = {"p_accept": float(to_p(random.normal(logit, 1)))} if random.random() < 0.5 else {}
            record = make_plain_record(
                f"task-{task}",
                f"generator-{generator:02d}",
                accepts=bool(random.random() < to_p(logit)),
                category=("Portrait", "Product", "Digital")[task % 3],
                price_usd=PRICES[task // 3 % 3],
                concepts={"brf": brf, "veq_clarity": 3.0 + random.normal()},
                judged={"judge 1/brf": float(np.clip(random.normal(brf, 1), 0, 5)), **word},
                **more,
            )
            records.append(record)
            said[record.example.key] = Said(
                float(to_p(logit)), 2 * logit, {"brf": brf + random.normal(0, 0.5), "veq_clarity": random.normal(), "cns_set": 1.0}
            )
    return records, said


@pytest.fixture(scope="module")
def run():
    records, said = make_run()
    return records, said, evaluate(make_run(seed=1)[0], records, said, targets=TARGETS, draws=200)


def find_row(found, method, title):
    (row,) = [row for row in found["rows"] if (row["method"], row["slice"]) == (method, title)]
    return row


def test_every_method_is_told_on_every_slice(run):
    *_, found = run

    slices = ["all", *(f"category:{name}" for name in ("Portrait", "Product", "Digital"))]
    slices += [*(f"price:{name}" for name in ("low", "middle", "high")), *(f"generator:generator-{place:02d}" for place in range(4))]
    assert [(row["method"], row["slice"]) for row in found["rows"]] == [
        (method, title) for method in ("model", "majority", "logistic", "pay_direct") for title in slices
    ]


def test_figures_are_those_of_the_rows_of_the_slice(run):
    records, said, found = run
    chosen = [record for record in records if record.example.order.category == "Product"]
    wanted = compute_metrics([record.accepts for record in chosen], [said[record.example.key].p_accept for record in chosen])

    row = find_row(found, "model", "category:Product")

    assert (row["n"], row["accepted"]) == (80, sum(record.accepts for record in chosen))
    assert set(row["figures"]) == set(FIGURES)
    for name, (value, low, high) in row["figures"].items():
        assert value == pytest.approx(wanted[name])
        assert low < high


def test_intervals_are_those_of_drawing_groups_row_by_row(run):
    records, said, found = run
    y = np.array([record.accepts for record in records])
    p = np.array([said[record.example.key].p_accept for record in records])
    groups = [record.group for record in records]

    for name in FIGURES:
        wanted = bootstrap_groups(groups, lambda rows, name=name: compute_metrics(y[rows], p[rows])[name], draws=200)
        assert find_row(found, "model", "all")["figures"][name][1:] == pytest.approx(wanted)


def test_the_majority_says_the_rate_of_training_of_everything(run):
    records, _, found = run
    rate = np.mean([record.accepts for record in make_run(seed=1)[0]])

    figures = find_row(found, "majority", "all")["figures"]

    assert figures["auc"] == [0.5, 0.5, 0.5]
    assert figures["balanced_accuracy"] == [0.5, 0.5, 0.5]
    assert figures["f1"][0] == 0
    assert figures["brier"][0] == pytest.approx(np.mean([(record.accepts - rate) ** 2 for record in records]))


def test_the_model_is_better_than_the_noisy_scores_it_is_compared_with(run):
    *_, found = run

    losses = {method: find_row(found, method, "all")["figures"]["log_loss"][0] for method in ("model", "logistic", "majority")}

    assert losses["model"] < losses["logistic"] < losses["majority"]


def test_a_judges_own_word_is_told_of_the_records_it_was_said_of(run):
    records, _, found = run

    assert find_row(found, "pay_direct", "all")["n"] == sum("p_accept" in record.judged for record in records) < len(records)


def test_concepts_name_their_targets_and_formulas_are_called_so(run):
    records, said, found = run

    brf, clarity = found["concepts"]

    assert (brf["concept"], brf["source"], brf["is_formula"], brf["n"]) == ("brf", "people", False, 240)
    assert (clarity["concept"], clarity["source"], clarity["is_formula"]) == ("veq_clarity", "classical 2", True)
    predicted, target = (
        [*values] for values in zip(*((said[r.example.key].concepts["brf"], r.concepts["brf"]) for r in records), strict=True)
    )
    assert brf["spearman"][0] == pytest.approx(spearmanr(predicted, target).statistic)
    assert brf["mae"][0] == pytest.approx(np.mean(np.abs(np.subtract(predicted, target))))
    for name, interval in (
        ("spearman", lambda rows: spearmanr(np.array(predicted)[rows], np.array(target)[rows]).statistic),
        ("mae", lambda rows: float(np.abs(np.subtract(predicted, target))[rows].mean())),
    ):
        assert brf[name][1:] == pytest.approx(bootstrap_groups([record.group for record in records], interval, draws=200))


def test_a_concept_without_a_head_or_a_target_is_not_told(run):
    *_, found = run

    # A value of cns_set is predicted but has no target; brf and veq_clarity have both.
    assert [item["concept"] for item in found["concepts"]] == ["brf", "veq_clarity"]


def test_a_concept_whose_targets_are_all_elsewhere_is_told_without_figures():
    records, said = make_run()
    untold = [make_plain_record(record.example.order.task, record.generator, accepts=record.accepts) for record in records]

    found = evaluate([], untold, said, targets=TARGETS, draws=20)

    assert found["concepts"][0] == {
        "concept": "brf",
        "source": "people",
        "is_formula": False,
        "n": 0,
        "spearman": [None, None, None],
        "mae": [None, None, None],
    }


def test_reliability_is_told_before_and_after(run):
    records, said, found = run
    y = [record.accepts for record in records]
    predicted = [said[record.example.key] for record in records]

    assert found["reliability"]["after"] == tell_reliability(y, [each.p_accept for each in predicted])
    assert found["reliability"]["before"] == tell_reliability(y, to_p(np.array([each.logit for each in predicted])))


def test_undecided_records_count_for_concepts_alone():
    records, said = make_run(generators=1)
    open_ones, open_said = make_run(tasks=20, generators=1, seed=5)
    more = [make_plain_record(f"open-{place}", accepts=None, concepts=record.concepts) for place, record in enumerate(open_ones)]
    said |= {record.example.key: each for record, each in zip(more, open_said.values(), strict=True)}

    found = evaluate([], [*records, *more], said, targets=TARGETS, draws=20)

    assert find_row(found, "model", "all")["n"] == 60
    assert found["concepts"][0]["n"] == 80


def test_nothing_to_compare_with_leaves_the_model_alone():
    records, said = make_run()
    plain = [make_plain_record(record.example.order.task, record.generator, accepts=record.accepts) for record in records]

    assert {row["method"] for row in evaluate([], plain, said, targets={}, draws=20)["rows"]} == {"model"}


def test_many_generators_are_told_without_intervals():
    records, said = make_run(tasks=30, generators=21)

    found = evaluate([], records, said, targets={}, draws=20)

    assert find_row(found, "model", "generator:generator-00")["figures"]["auc"][1:] == [None, None]
    assert None not in find_row(found, "model", "category:Portrait")["figures"]["auc"]


def test_an_empty_test_part_gives_tables_without_figures():
    found = evaluate(make_run()[0], [], {}, targets=TARGETS)

    assert [(row["method"], row["slice"], row["n"]) for row in found["rows"]] == [
        (name, "all", 0) for name in ("model", "majority", "logistic")
    ]
    assert {tuple(value) for row in found["rows"] for value in row["figures"].values()} == {(None, None, None)}
    assert found["concepts"] == []


def test_a_record_without_a_prediction_is_refused():
    records, said = make_run(tasks=2)
    said.pop("task-1/generator-03")

    with pytest.raises(ValueError, match="1 decided test records have no prediction, such as 'task-1/generator-03'"):
        evaluate([], records, said, targets={})


def test_the_tables_are_plain_values(run):
    *_, found = run

    assert json.loads(json.dumps(found, allow_nan=False)) == found

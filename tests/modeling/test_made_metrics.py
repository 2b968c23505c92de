"""The made-up metrics that tests of pages show have the form of those that a run leaves."""

from dataclasses import dataclass, field

import pytest

from modeling.net.evaluate import evaluate
from modeling.net.gate import judge_gate
from tests.modeling.made_metrics import make_gate, make_metrics
from tests.modeling.made_records import make_records

pytestmark = pytest.mark.pure


@dataclass(frozen=True)
class Said:
    """What a model said of one record."""

    p_accept: float
    logit: float
    concepts: dict = field(default_factory=dict)


def form_of(value):
    """The names in nested values; of a list the form of its first item."""
    if isinstance(value, dict):
        return {name: form_of(inner) for name, inner in value.items()}
    return [form_of(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def test_figures_concepts_and_bins_have_the_form_of_real_ones():
    records = make_records(20, 2, side=8)
    train, test = ([record for record in records if record.part == part] for part in ("train", "test"))
    said = {record.example.key: Said(0.4, -0.4, dict(record.concepts)) for record in test}
    targets = {name: {"source": "people", "is_formula": False} for name in ("brf", "veq_clarity")}

    found = evaluate(train, test, said, targets=targets, draws=10)

    made = make_metrics()
    assert {name: form_of(found[name]) for name in found} == {name: form_of(made[name]) for name in found}
    assert all(len(figure) == 3 for row in (made["rows"][0], found["rows"][0]) for figure in row["figures"].values())


def test_a_gate_has_the_form_of_a_real_one():
    accepts, p = [True, False] * 10, [0.7, 0.3] * 10
    groups = [str(place // 2) for place in range(20)]

    found = judge_gate(accepts, p, {"base_rate": [0.5] * 20}, groups, draws=20)

    made = make_gate("too_few", rivals=("base_rate",))
    assert set(made) == set(found)
    assert set(made["comparisons"][0]) == set(found["comparisons"][0])
    assert set(made["say"][0]) == set(found["say"][0])

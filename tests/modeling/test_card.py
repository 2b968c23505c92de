"""The model card: every part of it, from the run's own numbers."""

import pytest

from modeling.card import make_card
from tests.factories import make_project
from tests.modeling.made_metrics import make_gate, make_metrics
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(slug="posters")


def test_a_card_tells_what_the_version_learned_from_and_how_it_did(project):
    version = make_version_row(project)

    card = make_card(version)

    metrics, snapshot = version.run.metrics, version.run.snapshot
    model = next(row for row in metrics["rows"] if row["method"] == "model" and row["slice"] == "all")
    value, low, high = model["figures"]["auc"]
    assert f"# {version.name}\n" in card
    assert f"Snapshot {snapshot.number}, SHA-256 `{snapshot.sha256}`, split standard" in card
    assert f"| train | {metrics['n']['train']} |" in card
    assert f"{value:.3f} ({low:.3f} to {high:.3f})" in card
    assert [
        line.split(" | ")[0] for line in card.splitlines() if line.startswith(("| model", "| majority", "| logistic", "| pay_direct"))
    ] == [
        "| model",
        "| majority",
        "| logistic",
        "| pay_direct",
    ]
    assert "temperature, fitted on 400 validation candidates" in card
    assert f"**{version.gate['verdict']}**" in card
    assert f"model SHA-256 `{version.sha256}`" in card


def test_what_agrees_with_a_formula_is_not_called_good(project):
    card = make_card(make_version_row(project))

    rows = {row["concept"]: row for row in make_metrics()["concepts"]}
    for concept, row in rows.items():
        line = next(line for line in card.splitlines() if line.startswith(f"| {concept} |"))
        assert ("reproduces a formula" in line) == row["is_formula"]
    assert "not how good an image is" in card


@pytest.mark.parametrize(
    ("preset", "said"), [("stats", "no vision-language model"), ("tiny", "random weights"), ("qwen3-vl", "low-rank adapters")]
)
def test_each_preset_is_called_what_it_is(project, preset, said):
    assert said in make_card(make_version_row(project, preset=preset))


def test_labels_that_its_own_line_caused_are_told(project):
    first = make_version_row(project)
    second = make_version_row(
        project, parent=first, taught_by={first.name: 12, "imported-1": 3}, gate=make_gate("too_few", rivals=("incumbent",))
    )

    card = make_card(second)

    assert f"It learned from 12 labels that versions it descends from had a part in** ({first.name})" in card
    assert f"{first.name} 12, imported-1 3" in card
    assert f"descends from {first.name}" in card


def test_a_figure_that_is_not_defined_is_a_dash(project):
    metrics = make_metrics()
    for row in metrics["rows"]:
        row["figures"]["auc"] = [None, None, None]
    version = make_version_row(project, run={"metrics": metrics})

    line = next(line for line in make_card(version).splitlines() if line.startswith("| model"))

    assert line.split(" | ")[4] == "–"

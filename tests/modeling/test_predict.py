"""Asking a model: order, batches, lost pictures, calibration, and the time that many candidates take."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest

import modeling.net.predict
from modeling.net.backbones.stats import StatsBackbone
from modeling.net.predict import ServImageModel, load_model
from modeling.net.records import Example
from tests.modeling.made_features import features_of, make_number_example, make_numbers
from tests.modeling.training_process import train_numbers

pytestmark = pytest.mark.pure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained model."""
    place = tmp_path_factory.mktemp("runs") / "model"
    train_numbers(place)
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> ServImageModel:
    return load_model(folder, features=features_of)


def make_examples(count: int = 60) -> list[Example]:
    return [record.example for record in make_numbers()[:count]]


def test_predictions_come_in_the_order_of_the_examples(model: ServImageModel):
    examples = make_examples()

    told = model.predict(examples, batch=7)
    backwards = model.predict(examples[::-1], batch=7)

    assert [each.key for each in told] == [example.key for example in examples]
    assert [each.key for each in backwards[::-1]] == [each.key for each in told]
    assert [each.logit for each in backwards[::-1]] == pytest.approx([each.logit for each in told], abs=1e-5)
    assert model.backend == "stats"


def test_the_probability_is_the_calibrated_logit(model: ServImageModel):
    told = model.predict(make_examples())
    calibration = model.calibration

    for each in told:
        z = calibration.scale * (each.logit + calibration.prior_shift) + calibration.shift
        assert each.p_accept == pytest.approx(1 / (1 + math.exp(-z)))


def test_concepts_are_told_that_have_a_head_and_apply(model: ServImageModel):
    told = model.predict(make_examples(12))  # task 0 has text, task 1 has none

    for each in told:
        assert set(each.concepts) | set(each.not_applicable) == {"brf", "veq_clarity", "veq_text"}
        assert all(0 <= score <= 5 for score in each.concepts.values())
    absent = [each.key for each in told if "veq_text" in each.not_applicable]
    assert len(absent) >= 3  # of the six of task 1
    assert all(key.startswith("1/") for key in absent)


def test_a_candidate_whose_picture_is_lost_gets_no_prediction_and_the_others_get_theirs(model: ServImageModel):
    examples = make_examples(4)
    gone = make_number_example("gone", [0.0] * 13, is_lost=True)
    lost: list[str] = []

    told = model.predict([*examples[:2], gone, *examples[2:]], lost=lost)

    assert lost == ["gone"]
    assert told == model.predict(examples)


def test_nothing_but_lost_pictures_and_nothing_at_all_give_nothing(model: ServImageModel):
    assert model.predict([make_number_example("gone", [0.0] * 13, is_lost=True)]) == []
    assert model.predict([]) == []


def test_a_model_of_the_first_stage_alone_is_not_loaded(tmp_path: Path):
    from modeling.net.sources import Sources
    from modeling.net.train import train
    from modeling.net.watch import QuietWatch
    from tests.modeling.made_features import small_config

    config = small_config()
    train(config, make_numbers(), tmp_path, sources=Sources(features=features_of), watch=QuietWatch(), data_sha256="d", stage="1")

    with pytest.raises(ValueError, match="decides nothing"):
        load_model(tmp_path, features=features_of)


def test_a_feature_far_beyond_all_of_training_moves_no_further_than_five_spreads():
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [1e9], [np.inf], [np.nan]], dtype=np.float32)
    backbone = StatsBackbone(lambda examples: values)
    backbone.attach(make_examples(8))

    backbone.fit(range(5))

    # Median 2, quartiles 1 and 3: their distance of 2 is 1.349 standard deviations. Infinity is as unknown as NaN: the middle.
    expected = [(value - 2) * 1.349 / 2 for value in range(5)]
    assert backbone.encode(range(8), "concepts")[:, 0].tolist() == pytest.approx([*expected, 5, 0, 0], abs=1e-6)


def test_what_cannot_be_told_of_some_training_rows_gets_a_column_that_says_so():
    values = np.array([[1, 7, np.nan], [np.nan, 7, np.nan], [3, 7, np.nan], [5, np.nan, 1]], dtype=np.float32)
    backbone = StatsBackbone(lambda examples: values)
    backbone.attach(make_examples(4))

    backbone.fit([0, 1, 2])

    # The first column has a gap in training. The second has none there, and the third is nothing else.
    assert backbone.width == 4
    assert backbone.encode([0, 1, 2, 3], "decision")[:, 3].tolist() == [0, 1, 0, 0]
    assert backbone.encode([3], "decision")[0, 1].item() == 0


def test_a_prediction_outside_of_the_site_needs_nothing_of_the_site():
    """Every module of this project that modeling/net/predict.py imports, inside functions too, is free of Django."""
    base = Path(modeling.net.predict.__file__).parents[2]
    waiting, seen = [Path(modeling.net.predict.__file__)], set()
    while waiting:
        file = waiting.pop()
        seen.add(file)
        for name in imported(file):
            assert name.split(".")[0] not in ("django", "rest_framework", "celery"), f"{file} imports {name}"
            for path in (base / f"{name.replace('.', '/')}.py", base / name.replace(".", "/") / "__init__.py"):
                if path.exists() and path not in seen:
                    waiting.append(path)

    assert base / "modeling/net/backbones/stats.py" in seen


def imported(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found

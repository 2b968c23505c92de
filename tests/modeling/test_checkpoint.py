"""A model as a folder: what is in it, that it reads back to the bit, and that a damaged one is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open

from modeling.net.backbones.stats import StatsBackbone
from modeling.net.checkpoint import read_manifest, read_parts
from modeling.net.config import TrainConfig
from modeling.net.files import hash_file, write_bytes, write_json
from modeling.net.predict import load_model
from tests.modeling.made_features import features_of, make_numbers, small_config
from tests.modeling.training_process import train_numbers

pytestmark = pytest.mark.pure


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained model; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "model"
    train_numbers(folder)
    return folder


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(model, tmp_path / "model"))


def test_the_manifest_tells_what_the_model_is_and_names_every_file(model: Path):
    manifest = read_manifest(model)

    assert manifest["format"] == 1
    assert (manifest["backend"], manifest["stage"], manifest["parent"], manifest["code"]) == ("stats", "both", "", "c")
    assert manifest["concepts"] == ["brf", "veq_clarity", "veq_text"]
    assert TrainConfig.from_json(manifest["config"]) == small_config()
    assert set(manifest["versions"]) >= {"python", "torch", "safetensors", "numpy"}
    assert manifest["files"] == {path.name: hash_file(path) for path in model.iterdir() if path.name != "manifest.json"}
    # 24 orders taught it; their names are not told.
    assert len(manifest["taught"]) == 24
    assert not any("task" in name for name in manifest["taught"])


def test_there_is_nothing_in_it_but_json_and_safetensors(model: Path):
    for file in model.iterdir():
        if file.suffix == ".safetensors":
            with safe_open(str(file), framework="numpy") as held:
                names = set(held.keys())
            assert {name.split(".")[0] for name in names} == {"concept_heads", "decision_head", "scaler"}
        else:
            assert [json.loads(line) for line in file.read_text().splitlines()] if file.suffix == ".jsonl" else json.loads(file.read_text())


def test_what_is_loaded_predicts_the_same_bits_as_what_was_trained(model: Path):
    rows = [record for record in make_numbers() if record.part in ("val", "test")]
    loaded = load_model(model, features=features_of)

    told = loaded.predict([record.example for record in rows])

    stored = [json.loads(line) for line in (model / "predictions.jsonl").read_text().splitlines()]
    assert [(each.key, each.p_accept, each.logit, each.concepts) for each in told] == [
        (line["key"], line["p"], line["logit"], line["concepts"]) for line in stored
    ]


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"there is no model in .*: it has no manifest.json"):
        load_model(tmp_path, features=features_of)


def test_a_changed_file_is_refused(copy: Path):
    data = bytearray((copy / "heads.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "heads.safetensors").write_bytes(data)

    with pytest.raises(ValueError, match=r"heads.safetensors is not as it was written"):
        load_model(copy, features=features_of)


def test_a_missing_file_is_refused(copy: Path):
    (copy / "calibration.json").unlink()

    with pytest.raises(ValueError, match=r"calibration.json is missing"):
        load_model(copy, features=features_of)


def test_a_model_of_another_format_is_refused(copy: Path):
    write_json(copy / "manifest.json", {**json.loads((copy / "manifest.json").read_text()), "format": 2})

    with pytest.raises(ValueError, match="not of format 1"):
        load_model(copy, features=features_of)


def test_a_manifest_that_is_no_json_is_refused(copy: Path):
    (copy / "manifest.json").write_text("{")

    with pytest.raises(ValueError, match=r"manifest.json of .* cannot be read"):
        load_model(copy, features=features_of)


def test_a_manifest_that_names_a_file_outside_of_the_folder_is_refused(copy: Path):
    manifest = json.loads((copy / "manifest.json").read_text())
    outside = copy.parent / "outside.json"
    outside.write_text("{}")
    write_json(copy / "manifest.json", {**manifest, "files": {**manifest["files"], "../outside.json": hash_file(outside)}})

    with pytest.raises(ValueError, match="outside"):
        load_model(copy, features=features_of)


def test_features_of_another_version_are_refused(model: Path):
    loaded = load_model(model, features=lambda examples: features_of(examples)[:, :5])

    with pytest.raises(ValueError, match="knows 13 features and is given 5"):
        loaded.predict([make_numbers()[0].example])


def test_parts_without_their_scaler_are_refused(model: Path):
    with pytest.raises(ValueError, match="lacks gaps, mean, std"):
        StatsBackbone(features_of).restore("concepts", {})
    assert read_parts(model, read_manifest(model), StatsBackbone(features_of)).views == ("concepts",)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "held.json"
    write_bytes(file, b"before")

    def fail(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_bytes(file, b"after")

    assert file.read_bytes() == b"before"

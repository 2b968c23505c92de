"""The demonstration model through the whole of training: it learns, is kept whole, and goes on after a stop to the same bits."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from safetensors import safe_open

from modeling.lead.words import name_stage
from modeling.net.config import make_tiny
from modeling.net.predict import load_model
from modeling.net.watch import QuietWatch, Stopped
from tests.modeling.tiny_study import divide_records, measure, train_tiny

pytestmark = pytest.mark.pure


def make_config():
    """A few steps of the preset: 4 per epoch over 64 rows, a few more where accepted ones come again."""
    config = make_tiny()
    return replace(
        config,
        backbone=replace(config.backbone, max_pixels=64 * 64),
        stage1=replace(config.stage1, epochs=4, batch=16),
        stage2=replace(config.stage2, epochs=3, batch=16),
        fusion="concat",
        threads=1,
    )


RECORDS = divide_records(0, train=16, val=3, test=4)


@dataclass
class StoppingWatch(QuietWatch):
    """Stops once, after so many steps of a stage."""

    stage: str = ""
    step: int = 0
    is_there: bool = False

    def progress(self, stage, step, steps):
        self.is_there = (stage, step) == (self.stage, self.step)

    def stopped(self):
        return self.is_there


@dataclass
class StagesWatch(QuietWatch):
    """Keeps the stages as they came."""

    stages: list[str] = field(default_factory=list)

    def progress(self, stage, step, steps):
        if [stage] != self.stages[-1:]:
            self.stages.append(stage)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that was not interrupted, and what it reported."""
    folder, watch = tmp_path_factory.mktemp("whole"), StagesWatch()
    train_tiny(make_config(), RECORDS, folder, watch)
    return folder, watch


def hash_tensors(folder: Path):
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*.safetensors")}


def test_training_lowers_the_loss_of_both_stages(whole):
    _, watch = whole
    stages = dict.fromkeys(stage for stage, *_ in watch.points)

    assert len(stages) == 2
    for stage in stages:
        losses = [value for at, name, _, value in watch.points if (at, name) == (stage, "train_loss")]
        assert losses[-1] < losses[0]


def test_it_tells_what_it_is_at_also_before_anything_is_learned(whole):
    _, watch = whole

    assert watch.stages[:4] == ["load", "scale", "concepts", "view_concepts"]
    assert watch.stages[4:] == ["decision_concat"]
    assert all(name_stage(stage) != stage for stage in watch.stages)


def test_the_model_has_both_adapters_and_its_base(whole):
    folder, _ = whole

    manifest = json.loads((folder / "manifest.json").read_text())

    assert manifest["backend"] == "tiny"
    assert manifest["views"] == ["concepts", "decision"]
    assert set(hash_tensors(folder)) == {
        "heads.safetensors",
        "adapters/concepts/adapter_model.safetensors",
        "adapters/decision/adapter_model.safetensors",
        "base/model.safetensors",
    }


def test_a_loaded_model_says_what_the_trained_one_said(whole):
    folder, _ = whole
    said = {line["key"]: line for line in map(json.loads, (folder / "predictions.jsonl").read_text().splitlines())}
    test = [record.example for record in RECORDS if record.part == "test"]

    predictions = load_model(folder, features=measure, device="cpu").predict(test)

    # Not in the batches of the run, and padding to another length changes the order of sums.
    assert [p.p_accept for p in predictions] == pytest.approx([said[p.key]["p"] for p in predictions], abs=1e-4)
    assert [p.concepts["brf"] for p in predictions] == pytest.approx([said[p.key]["concepts"]["brf"] for p in predictions], abs=1e-3)
    assert len({round(p.p_accept, 4) for p in predictions}) > len(test) // 2


@pytest.mark.parametrize(("stage", "step"), [("concepts", 6), ("decision_concat", 3)])
def test_a_stopped_run_goes_on_to_the_same_bits(whole, tmp_path, stage, step):
    folder, _ = whole

    with pytest.raises(Stopped):
        train_tiny(make_config(), RECORDS, tmp_path, StoppingWatch(stage=stage, step=step))
    train_tiny(make_config(), RECORDS, tmp_path)

    assert hash_tensors(tmp_path) == hash_tensors(folder)


@dataclass
class AskedWatch(QuietWatch):
    """Stops the first time that it is asked by a batch of a view: after the last step that was reported, and asked about once."""

    after: int = 0
    step: int = 0
    asked: int = 0

    def progress(self, stage, step, steps):
        if stage == "concepts" and step:
            self.step, self.asked = step, 0

    def stopped(self):
        self.asked += 1
        return self.step == self.after and self.asked > 1


@pytest.mark.parametrize(("after", "at"), [(3, "batch 0 of 1 of the view concepts"), (16, "batch 0 of 3 of the view concepts")])
def test_it_stops_between_batches_that_only_look_and_goes_on_to_the_same_bits(whole, tmp_path, after, at):
    # Step 4 of 16 is the first after which validation rows are looked at; after the last one all rows are.
    folder, _ = whole

    with pytest.raises(Stopped, match=at):
        train_tiny(make_config(), RECORDS, tmp_path, AskedWatch(after=after))
    held = read_state(tmp_path)
    train_tiny(make_config(), RECORDS, tmp_path)

    assert (held["step"], held["is_due"]) == ((4, True) if after == 3 else (16, False))
    assert hash_tensors(tmp_path) == hash_tensors(folder)


def read_state(folder):
    """Where the first stage is, by what a resume needs."""
    with safe_open(str(folder / "resume" / "concepts.safetensors"), framework="pt") as file:
        return json.loads(file.metadata()["loop"])

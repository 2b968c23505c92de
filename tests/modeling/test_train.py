"""Whole runs: what they leave, that a broken one ends as an unbroken one, stages apart, several processes, and what is refused."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from modeling.net.config import TrainConfig
from modeling.net.records import Record
from modeling.net.sources import Sources
from modeling.net.train import train
from modeling.net.watch import QuietWatch, Stopped
from tests.modeling.made_features import features_of, make_number_example, make_numbers, small_config
from tests.modeling.training_process import DATA, TARGETS, train_numbers

pytestmark = pytest.mark.pure
SOURCES = Sources(features=features_of)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unbroken run."""
    folder = tmp_path_factory.mktemp("whole")
    train_numbers(folder)
    return folder


@dataclass
class StoppingWatch(QuietWatch):
    stage: str = ""
    step: int = 0
    is_there: bool = False

    def progress(self, stage: str, step: int, steps: int) -> None:
        self.is_there = (stage, step) == (self.stage, self.step)

    def stopped(self) -> bool:
        return self.is_there


def run(folder: Path, records: list[Record], config: TrainConfig | None = None, **values: Any) -> dict[str, Any]:
    config = config or small_config()
    return train(config, records, folder, sources=SOURCES, **{"watch": QuietWatch(), "data_sha256": DATA, "targets": TARGETS, **values})


def read_result(folder: Path) -> dict[str, Any]:
    """All that must be the same: weights to the bit, predictions, and metrics but for the time they took."""
    metrics = json.loads((folder / "metrics.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    del metrics["seconds"], manifest["files"]["metrics.json"]
    files = {name: (folder / name).read_bytes() for name in ("heads.safetensors", "predictions.jsonl", "calibration.json")}
    return {**files, "metrics": metrics, "manifest": manifest}


def read_lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]


def test_a_run_leaves_a_model_its_predictions_and_its_figures(whole: Path):
    metrics = json.loads((whole / "metrics.json").read_text())
    lines = read_lines(whole)

    assert sorted(path.name for path in whole.iterdir()) == [
        "calibration.json",
        "heads.safetensors",
        "manifest.json",
        "metrics.json",
        "predictions.jsonl",
    ]
    assert metrics["n"] == {"train": 144, "val": 48, "test": 48, "aside": 0}
    assert {line["part"] for line in lines} == {"val", "test"}
    assert len(lines) == 96
    assert [row["fusion"] for row in metrics["fusion_tried"]] == ["concepts", "concat"]
    assert metrics["fusion"] == min(metrics["fusion_tried"], key=lambda row: row["val_log_loss"])["fusion"]
    assert [row["concept"] for row in metrics["concepts"]] == ["brf", "veq_clarity"]  # those whose source is told
    assert metrics["concepts"][1]["is_formula"] is True
    assert {row["method"] for row in metrics["rows"]} == {"model", "majority"}
    assert (metrics["data_sha256"], metrics["code"]) == (DATA, "c")


def test_it_learns(whole: Path):
    metrics = json.loads((whole / "metrics.json").read_text())
    figures = next(row["figures"] for row in metrics["rows"] if (row["method"], row["slice"]) == ("model", "all"))

    # 48 test rows, 4 epochs: chance would be 0.5 with a standard error of 0.08.
    assert figures["auc"][0] > 0.75
    assert metrics["concepts"][0]["spearman"][0] > 0.5


def test_the_curve_has_three_sizes_and_ends_with_the_run_itself(whole: Path):
    metrics = json.loads((whole / "metrics.json").read_text())
    figures = next(row["figures"] for row in metrics["rows"] if (row["method"], row["slice"]) == ("model", "all"))

    # A quarter and a half of 24 groups with 6 candidates each.
    assert [point["n_train"] for point in metrics["learning_curve"]] == [36, 72, 144]
    assert metrics["learning_curve"][-1]["auc"] == figures["auc"]


def test_the_figures_are_those_of_the_stored_predictions(whole: Path):
    metrics = json.loads((whole / "metrics.json").read_text())
    accepts = {record.example.key: record.accepts for record in make_numbers()}
    test = [line for line in read_lines(whole) if line["part"] == "test"]

    brier = np.mean([(line["p"] - accepts[line["key"]]) ** 2 for line in test])

    figures = next(row["figures"] for row in metrics["rows"] if (row["method"], row["slice"]) == ("model", "all"))
    assert figures["brier"][0] == pytest.approx(brier)


@pytest.mark.parametrize(("stage", "step"), [("concepts", 7), ("decision_concepts", 3), ("decision_concat", 20)])
def test_a_stopped_run_goes_on_to_the_same_bits(whole: Path, tmp_path: Path, stage: str, step: int):
    with pytest.raises(Stopped):
        train_numbers(tmp_path, StoppingWatch(stage=stage, step=step))
    assert not (tmp_path / "manifest.json").exists()

    train_numbers(tmp_path)

    assert read_result(tmp_path) == read_result(whole)


def test_a_run_killed_in_the_middle_of_a_stage_goes_on_to_the_same_bits(whole: Path, tmp_path: Path):
    # Saved every 5 steps; killed at step 13 of stage 2, after a stage 1 that is done.
    killed = subprocess.run(
        [sys.executable, "-m", "tests.modeling.training_process", str(tmp_path), "4", "decision_concepts", "13"], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "resume" / "decision_concepts.safetensors").exists()

    watch = QuietWatch()
    train_numbers(tmp_path, watch)

    assert min(step for stage, _, step, _ in watch.points if stage == "decision_concepts") > 10
    assert not any(stage == "concepts" for stage, *_ in watch.points)
    assert read_result(tmp_path) == read_result(whole)


def test_a_run_killed_while_the_model_is_written_is_written_again(whole: Path, tmp_path: Path):
    train_numbers(tmp_path)
    # As if killed before the manifest: some files are in place, and nothing of the resume is left but its note.
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "heads.safetensors").write_bytes(b"half")
    (tmp_path / ".model.part").mkdir()

    train_numbers(tmp_path)

    assert read_result(tmp_path) == read_result(whole)


def test_a_run_that_is_done_only_gives_its_metrics(whole: Path):
    before = (whole / "manifest.json").stat().st_mtime_ns
    watch = QuietWatch()

    metrics = train_numbers(whole, watch)

    assert metrics == json.loads((whole / "metrics.json").read_text())
    assert watch.points == []
    assert (whole / "manifest.json").stat().st_mtime_ns == before


def test_another_configuration_or_other_data_is_refused_in_a_folder_that_is_taken(whole: Path, tmp_path: Path):
    with pytest.raises(Stopped):
        train_numbers(tmp_path, StoppingWatch(stage="concepts", step=1))

    for folder in (whole, tmp_path):
        with pytest.raises(ValueError, match="another configuration"):
            train_numbers(folder, seed=1)
        with pytest.raises(ValueError, match="other data"):
            run(folder, make_numbers(), data_sha256="e" * 64)
        with pytest.raises(ValueError, match="another stage"):
            run(folder, make_numbers(), stage="1")


def test_two_processes_come_to_the_same_weights_as_one(tmp_path: Path):
    config = {"PYTHONPATH": ".", "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    command = [sys.executable, "-m", "tests.modeling.training_process", str(tmp_path / "two"), "1"]
    both = [subprocess.Popen(command, env={**os.environ, **config, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]

    train_numbers(tmp_path / "one", epochs=1)

    one, two = (load_file(tmp_path / name / "heads.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert max(float(np.abs(one[name].astype(float) - two[name]).max()) for name in one) < 1e-5
    assert [line["key"] for line in read_lines(tmp_path / "one")] == [line["key"] for line in read_lines(tmp_path / "two")]


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_the_second_stage_goes_on_from_the_first_to_the_same_model(whole: Path, tmp_path: Path):
    first = run(tmp_path / "first", make_numbers(), stage="1", code="c")
    run(tmp_path / "second", make_numbers(), stage="2", stage1=tmp_path / "first", code="c")

    assert first["rows"] == []
    assert first["concepts"] == json.loads((whole / "metrics.json").read_text())["concepts"]
    assert all(line["p"] is None and line["concepts"] for line in read_lines(tmp_path / "first"))
    assert read_result(tmp_path / "second")["heads.safetensors"] == read_result(whole)["heads.safetensors"]
    manifest = json.loads((tmp_path / "second" / "manifest.json").read_text())
    assert len(manifest["parent"]) == 64


def test_a_first_stage_that_saw_the_test_side_is_refused(tmp_path: Path):
    run(tmp_path / "first", make_numbers(), stage="1")
    swapped: list[Record] = [
        replace(record, part={"train": "test", "test": "train"}.get(record.part, record.part)) for record in make_numbers()
    ]

    # 24 of 40 tasks taught it; all of them would test now.
    with pytest.raises(ValueError, match="learned from 24 tasks"):
        run(tmp_path / "second", swapped, stage="2", stage1=tmp_path / "first")
    with pytest.raises(ValueError, match="another members"):
        run(tmp_path / "second", make_numbers(), small_config(members=3), stage="2", stage1=tmp_path / "first")
    with pytest.raises(ValueError, match="needs the folder"):
        run(tmp_path / "second", make_numbers(), stage="2")


def test_a_first_stage_that_saw_a_task_of_a_group_that_tests_now_is_refused(tmp_path: Path):
    records = make_numbers()
    run(tmp_path / "first", records, stage="1")
    # A task that taught it turns out to share a photo with the test side, and is set aside; the run does not look at it.
    taught = records[0].example.order.task
    of_test = next(record.group for record in records if record.part == "test")
    assert records[0].part == "train"
    now = [replace(r, part="aside", group=of_test) if r.example.order.task == taught else r for r in records]
    looked_at = [record for record in now if record.part != "aside"]

    with pytest.raises(ValueError, match="learned from 1 tasks that are to validate or test this run, or share a group"):
        run(tmp_path / "second", looked_at, stage="2", stage1=tmp_path / "first", whole=now)


def test_a_first_stage_that_learned_from_the_generator_left_out_is_refused(tmp_path: Path):
    records = [replace(record, generator=f"g{number % 3}") for number, record in enumerate(make_numbers())]
    run(tmp_path / "all", records, stage="1")
    # Left out of all tasks: these teach and test, by other generators.
    logo: list[Record] = [
        replace(r, part="test" if r.part == "train" else "aside")
        if r.generator == "g0"
        else replace(r, part="aside" if r.part == "test" else r.part)
        for r in records
    ]
    run(tmp_path / "logo", logo, stage="1")

    with pytest.raises(ValueError, match="learned from images of g0, left out of this run"):
        run(tmp_path / "second", logo, stage="2", stage1=tmp_path / "all")
    assert run(tmp_path / "second", logo, stage="2", stage1=tmp_path / "logo")["rows"]


def test_without_concept_scores_the_features_decide(tmp_path: Path):
    bare = [replace(record, concepts={}, not_applicable=frozenset()) for record in make_numbers()]

    metrics = run(tmp_path, bare)

    assert metrics["fusion"] == "features"
    assert metrics["concepts"] == []
    assert all(line["concepts"] == {} and 0 < line["p"] < 1 for line in read_lines(tmp_path))


def test_the_mean_probability_is_the_rate_though_training_oversampled(tmp_path: Path):
    # With a shift of -2 about a fifth is accepted, so that every accepted row is taught about four times.
    records = make_numbers(tasks=100, shift=-2.0)

    metrics = run(tmp_path, records, small_config(oversample_accepted=True))

    told = metrics["calibration"]
    accepted = sum(bool(record.accepts) for record in records if record.part == "train")
    rate = accepted / sum(record.part == "train" for record in records)
    assert rate < 0.3
    # Trained on as many accepted as rejected, whose log odds are 0: the correction is the log odds of the true rate.
    assert told["prior_shift"] == pytest.approx(np.log(rate / (1 - rate)), abs=1e-4)
    assert abs(told["mean_p"] - told["rate"]) < 0.02
    val = [line["p"] for line in read_lines(tmp_path) if line["part"] == "val"]
    assert np.mean(val) == pytest.approx(told["mean_p"])


def test_labels_without_weight_teach_nothing(tmp_path: Path):
    # Half of the training labels are turned round and given no weight; with weight they would cancel the others.
    def turn(record: Record) -> Iterator[Record]:
        yield record
        if record.part == "train":
            example = replace(record.example, key=f"{record.example.key}/turned")
            yield replace(record, example=example, accepts=not record.accepts, weight=0.0, concepts={}, not_applicable=frozenset())

    records = [each for record in make_numbers() for each in turn(record)]

    metrics = run(tmp_path, records, small_config(oversample_accepted=False))

    figures = next(row["figures"] for row in metrics["rows"] if (row["method"], row["slice"]) == ("model", "all"))
    assert figures["auc"][0] > 0.75
    assert metrics["calibration"]["prior_shift"] == 0


def test_a_candidate_whose_picture_is_lost_is_left_out_and_reported(tmp_path: Path):
    lost = make_number_example("lost", [0.0] * 13, task=4, is_lost=True)
    records = [*make_numbers(), replace(make_numbers()[4 * 6], example=lost)]
    assert records[-1].part == "test"
    said: list[str] = []

    class Saying(QuietWatch):
        def say(self, text: str, **values: Any) -> None:
            said.append(text % values)

    metrics = run(tmp_path, records, watch=Saying())

    assert said == ["1 candidates are left out: their image cannot be read."]
    assert metrics["n"]["test"] == 48
    assert "lost" not in [line["key"] for line in read_lines(tmp_path)]


def test_where_all_pictures_of_a_part_are_lost_the_run_says_so_before_it_learns(tmp_path: Path):
    records = [
        replace(record, example=make_number_example(record.example.key, [0.0] * 13, task=number, is_lost=True))
        if record.part == "val"
        else record
        for number, record in enumerate(make_numbers())
    ]

    with pytest.raises(ValueError, match="the validation part has 0 accepted and 0 rejected candidates"):
        run(tmp_path, records)


def test_records_that_teach_nothing_are_refused_with_the_reason(tmp_path: Path):
    records = make_numbers()
    accepted = [replace(record, accepts=True) if record.part == "val" else record for record in records]

    with pytest.raises(ValueError, match="no record at all"):
        run(tmp_path, [])
    with pytest.raises(ValueError, match="validation part has 48 accepted and 0 rejected"):
        run(tmp_path, accepted)
    with pytest.raises(ValueError, match="1 records have the key of another one"):
        run(tmp_path, [*records, records[0]])
    with pytest.raises(ValueError, match="no concept has the 50 scores"):
        run(tmp_path, [replace(record, concepts={}) for record in records], stage="1")
    assert not list(tmp_path.iterdir())


def test_settings_that_cannot_be_are_refused_by_name():
    for part, name, value in (("stage1", "epochs", 0), ("stage2", "micro_batch", 0), ("concept_head", "dropout", 1.0), ("", "members", 0)):
        values = small_config().to_json()
        (values[part] if part else values)[name] = value
        with pytest.raises(ValueError, match=f"{name} is {value}"):
            TrainConfig.from_json(values)
    for part, name, value in (
        ("stage1", "clip", -1.0),
        ("stage1", "head_learning_rate", math.nan),
        ("stage2", "weight_decay", math.inf),
        ("", "seed", 2**70),
        ("concept_head", "width", 10**9),
        ("concept_lora", "r", 0),
        ("backbone", "max_length", -5),
        ("backbone", "max_pixels", 100),
    ):
        values = small_config().to_json()
        (values[part] if part else values)[name] = value
        with pytest.raises(ValueError, match=f"{name} is {value}; .* wanted"):
            TrainConfig.from_json(values)
    for value in (10**400, -(10**400)):
        with pytest.raises(ValueError, match=r"stage1.clip is .*inf; a finite number is wanted"):
            TrainConfig.from_json({**small_config().to_json(), "stage1": {"clip": value}})
    with pytest.raises(ValueError, match="cannot be printed"):
        TrainConfig.from_json({**small_config().to_json(), "backbone": {"kind": "stats", "revision": "a\0"}})
    with pytest.raises(ValueError, match=r"there is no setting stage1\.rate"):
        TrainConfig.from_json({**small_config().to_json(), "stage1": {"rate": 1}})

"""One run from records to a folder with a model; run again in the same folder, it goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch

from modeling.net import processes
from modeling.net.backbones.base import Backbone, View
from modeling.net.backbones.make import make_backbone
from modeling.net.config import LoraConfig, TrainConfig
from modeling.net.files import read_json
from modeling.net.finish import Wanted, finish_concepts, finish_model
from modeling.net.inputs import headed_concepts
from modeling.net.material import check_records, read_material
from modeling.net.muffled import Silent
from modeling.net.predict import attach_those_there
from modeling.net.records import Record
from modeling.net.run_folder import RESUME, claim, release
from modeling.net.sources import Sources
from modeling.net.stage1 import FirstStage, open_stage1
from modeling.net.stages import Setting
from modeling.net.watch import Watch

# What a run says in its log; translated where a page shows it, and a test there compares its copies with these.
SENTENCES: Mapping[str, str] = {
    "lost": "%(count)s candidates are left out: their image cannot be read.",
    "no_gpu": "This worker has no GPU: a real Qwen3-VL takes minutes for each step here.",
}

__all__ = ["Sources", "Stage", "train"]

# `1` trains concepts alone; `2` goes on from a folder that has them.
Stage = Literal["both", "1", "2"]


def train(
    config: TrainConfig,
    records: Sequence[Record],
    folder: Path,
    *,
    sources: Sources,
    watch: Watch,
    data_sha256: str,
    targets: Mapping[str, Mapping[str, Any]] | None = None,
    stage: Stage = "both",
    stage1: Path | None = None,
    whole: Sequence[Record] = (),
    code: str = "",
) -> dict[str, Any]:
    """Train on `records` and leave the model in `folder`; gives the metrics that are saved there too.

    `data_sha256` names the records, and `targets` say where concept scores come from: {concept: {"source", "is_formula"}}. Stage `2` needs
    `stage1`, the folder of a run with concepts, which may not have seen the groups of validation and test rows: `whole` are all records
    there are, where `records` are not. Run again after a kill it goes on, to the same result; in a folder that is done it gives the
    metrics. Raises ValueError where the records teach nothing or the folder holds another run, and Stopped once the watch says so.
    """
    started = time.monotonic()
    processes.start()
    first = check_order(config, records, stage, stage1, whole)
    run = {"config": config.told(), "data_sha256": data_sha256, "stage": stage, "parent": first.sha256 if first else ""}
    if claim(folder, run):
        return read_metrics(folder)
    heard = watch if processes.is_first() else Silent(watch)
    with repeatable(config):
        backbone, there = open_backbone(config, records, sources, heard, first, stage)
        setting = Setting(config=config, backbone=backbone, folder=folder / RESUME, watch=heard)
        material = read_material(there, headed_concepts(there) if config.has_concepts else (), backbone.device)
        wanted = Wanted(folder=folder, run={**run, "code": code}, targets=targets or {}, started=started)
        if stage == "1":
            finish_concepts(setting, material, wanted)
        else:
            finish_model(setting, material, wanted, first)
    processes.wait()
    release(folder)
    return read_metrics(folder)


def check_order(
    config: TrainConfig, records: Sequence[Record], stage: Stage, stage1: Path | None, whole: Sequence[Record]
) -> FirstStage | None:
    """The first stage to go on from, if one is wanted. Raises ValueError where what is asked for cannot be done."""
    if (stage == "2") != (stage1 is not None):
        raise ValueError("stage 2, and no other, needs the folder of the run whose first stage it goes on from")
    check_records(records, needs_decisions=stage != "1", needs_concepts=stage == "1")
    return open_stage1(stage1, config, [*records, *whole]) if stage1 is not None else None


def open_backbone(
    config: TrainConfig, records: Sequence[Record], sources: Sources, watch: Watch, first: FirstStage | None, stage: Stage
) -> tuple[Backbone, list[Record]]:
    """The backbone, fitted to the training part or as the first stage left it, and the records whose picture is there: those it has.

    Raises ValueError where these teach nothing.
    """
    watch.progress("load", 0, 1)
    loras: dict[View, LoraConfig] = {"concepts": config.concept_lora, "decision": config.decision_lora}
    backbone = make_backbone(config.backbone, loras, sources=sources, folder=None if first is None else first.folder)
    places = attach_those_there(backbone, [record.example for record in records])
    there = [records[place] for place in places]
    if config.backbone.kind == "qwen3-vl" and backbone.device.type == "cpu":
        watch.say(SENTENCES["no_gpu"])
    if len(there) < len(records):
        watch.say(SENTENCES["lost"], count=len(records) - len(there))
        check_records(there, needs_decisions=stage != "1", needs_concepts=stage == "1")
    if first is None:
        watch.progress("scale", 0, 1)
        backbone.fit([row for row, record in enumerate(there) if record.part == "train"])
    return backbone, there


@contextmanager
def repeatable(config: TrainConfig) -> Iterator[None]:
    """A fixed number of threads and operations that give the same bits each time; as it was before, afterwards."""
    threads, is_strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    fills = torch.utils.deterministic.fill_uninitialized_memory
    if config.threads:
        torch.set_num_threads(config.threads)
    if torch.cuda.is_available():
        # On a CPU all operations used here give the same bits anyway; on a GPU some cannot, and only warn.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if torch.cuda.is_available():
            torch.use_deterministic_algorithms(is_strict)
            torch.utils.deterministic.fill_uninitialized_memory = fills


def read_metrics(folder: Path) -> dict[str, Any]:
    """The metrics of a run that is done."""
    metrics: dict[str, Any] = read_json(folder / "metrics.json")
    return metrics

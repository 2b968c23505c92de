"""What a run leaves: the model, its predictions of validation and test rows, and how it did."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeling.net import processes
from modeling.net.build import build_model, take_over, teach_concepts
from modeling.net.calibrate import tell_calibration
from modeling.net.checkpoint import Parts, write_model
from modeling.net.curve import draw_curve
from modeling.net.evaluate import evaluate, tell_concepts
from modeling.net.files import hash_name
from modeling.net.honest import name_parts
from modeling.net.material import Material
from modeling.net.predict import Prediction, ServImageModel
from modeling.net.stage1 import FirstStage, name_tasks
from modeling.net.stages import Setting

DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a run was asked for beside its configuration: the manifest tells `run`, and `started` (monotonic seconds) counts its time."""

    folder: Path
    run: Mapping[str, Any]
    targets: Mapping[str, Mapping[str, Any]]
    started: float


def finish_model(setting: Setting, material: Material, wanted: Wanted, first: FirstStage | None) -> None:
    """Train what is to be trained, evaluate it, and write it, in the first process."""
    built = build_model(setting, material, None if first is None else take_over(setting, material, first))
    # Heads alone are trained thrice in seconds; adapters would take hours more. All processes take part in that.
    curve = [] if setting.backbone.has_adapters else draw_curve(setting, material, built.model)
    if not processes.is_first():
        return
    said = tell_all(built.model, material)
    metrics = {
        "fusion": built.model.parts.fusion,
        "fusion_tried": built.tried,
        "calibration": tell_calibration(built.model.calibration, built.logits, built.accepts, built.weights),
        **evaluate(
            [material.records[row] for row in material.train],
            [material.records[row] for row in material.test],
            {told.key: told for told in said.values()},
            targets=wanted.targets,
            draws=DRAWS,
        ),
        "learning_curve": curve,
    }
    write(built.model.parts, material, wanted, metrics, said)


def finish_concepts(setting: Setting, material: Material, wanted: Wanted) -> None:
    """Train the first stage alone, and write it with how its concepts did."""
    seen = teach_concepts(setting, material)
    if not processes.is_first():
        return
    parts = Parts(config=setting.config, backbone=setting.backbone, concept_heads=seen.heads)
    said = tell_all(ServImageModel(parts), material)
    test = [material.records[row] for row in material.test]
    concepts = tell_concepts(test, {told.key: told for told in said.values()}, wanted.targets, DRAWS, 0)
    nothing: dict[str, Any] = {"fusion": "", "fusion_tried": [], "calibration": {}, "rows": [], "learning_curve": []}
    write(parts, material, wanted, {**nothing, "concepts": concepts, "reliability": {"before": [], "after": []}}, said)


def tell_all(model: ServImageModel, material: Material) -> dict[int, Prediction]:
    """Predictions of all validation and test rows, decided or not."""
    rows = sorted([*material.val, *material.test])
    return dict(zip(rows, model.predict_rows(material.examples, rows), strict=True))


def write(parts: Parts, material: Material, wanted: Wanted, metrics: Mapping[str, Any], said: Mapping[int, Prediction]) -> None:
    """Write the model with its metrics and predictions."""
    told = {
        "n": count_parts(material),
        **metrics,
        "data_sha256": wanted.run["data_sha256"],
        "code": wanted.run["code"],
        "seconds": round(time.monotonic() - wanted.started, 1),
    }
    taught = [material.records[row] for row in material.train]
    facts = {
        **wanted.run,
        "taught": name_tasks(taught),
        "generators": sorted({hash_name(record.generator) for record in taught}),
        "shares": {} if parts.backbone.has_adapters else name_parts(taught, parts.config.members, parts.config.seed),
    }
    lines = "".join(tell_line(prediction, material.records[row].part) for row, prediction in said.items())
    write_model(wanted.folder, parts, facts=facts, metrics=told, predictions=lines.encode())


def count_parts(material: Material) -> dict[str, int]:
    """The records of each part."""
    parts: Sequence[str] = [record.part for record in material.records]
    return {part: parts.count(part) for part in ("train", "val", "test", "aside")}


def tell_line(prediction: Prediction, part: str) -> str:
    """A line of predictions.jsonl."""
    is_decided = not math.isnan(prediction.p_accept)
    told = {
        "key": prediction.key,
        "part": part,
        "p": prediction.p_accept if is_decided else None,
        "logit": prediction.logit if is_decided else None,
        "concepts": prediction.concepts,
    }
    return json.dumps(told) + "\n"

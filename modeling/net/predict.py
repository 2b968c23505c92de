"""Ask a model: examples in, calibrated probabilities and concepts out."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from modeling.net.backbones.base import Backbone
from modeling.net.backbones.make import make_backbone
from modeling.net.calibrate import Calibration
from modeling.net.checkpoint import Parts, read_manifest, read_parts
from modeling.net.config import TrainConfig
from modeling.net.heads import Concepts, join_inputs
from modeling.net.inputs import read_orders
from modeling.net.records import Example
from modeling.net.sources import Features, Sources

# A concept that more likely than not does not apply is not scored.
LIKELY = 0.5


@dataclass(frozen=True)
class Prediction:
    """What a model says of one candidate.

    `p_accept` is calibrated and `logit` is not; both are NaN for a model of which the first stage alone is trained. `concepts` are the
    scores of those that have a head and apply, and `not_applicable` those that have one and do not.
    """

    key: str
    p_accept: float
    logit: float
    concepts: dict[str, float]
    not_applicable: tuple[str, ...]


class ServImageModel:
    """A trained model. `backend` is the name of its backbone, which stands beside everything it says."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.backend = parts.backbone.name

    @property
    def calibration(self) -> Calibration:
        """From its logits to probabilities."""
        return self.parts.calibration or Calibration()

    def calibrated(self, calibration: Calibration) -> ServImageModel:
        """The same model with another calibration."""
        return ServImageModel(replace(self.parts, calibration=calibration))

    def predict(self, examples: Sequence[Example], batch: int = 64, *, lost: list[str] | None = None) -> list[Prediction]:
        """Predictions in the order of the examples. One whose own picture cannot be read gets none, and its key is put into `lost`."""
        places = attach_those_there(self.parts.backbone, examples)
        if lost is not None:
            there = set(places)
            lost += [example.key for place, example in enumerate(examples) if place not in there]
        return self.predict_rows([examples[place] for place in places], range(len(places)), batch)

    def predict_rows(self, examples: Sequence[Example], rows: Sequence[int], batch: int = 64) -> list[Prediction]:
        """Predictions of some rows of `examples`, which the backbone has attached."""
        lengths = self.parts.backbone.lengths(rows)
        order = sorted(range(len(rows)), key=lengths.__getitem__)
        found: dict[int, Prediction] = {}
        for at in range(0, len(order), batch):
            places = order[at : at + batch]
            told = self._predict_batch(examples, [rows[place] for place in places])
            found |= dict(zip(places, told, strict=True))
        return [found[place] for place in range(len(rows))]

    def _predict_batch(self, examples: Sequence[Example], rows: Sequence[int]) -> list[Prediction]:
        with torch.no_grad():
            logits, concepts = self._run(examples, rows)
        heads = self.parts.concept_heads
        return tell([examples[row].key for row in rows], logits, self.calibration.apply(logits), heads.names if heads else (), concepts)

    def _run(self, examples: Sequence[Example], rows: Sequence[int]) -> tuple[NDArray[np.float64], Concepts | None]:
        """Logits and concepts. The first view is done before the second is looked at."""
        parts, backbone = self.parts, self.parts.backbone
        quality = backbone.encode(rows, "concepts") if "concepts" in parts.views else None
        heads, concepts = parts.concept_heads, None
        if heads is not None and quality is not None:
            concepts = heads.read(heads(quality))
        logits = np.full(len(rows), math.nan)
        if parts.decision_head is not None:
            orders = read_orders([examples[row] for row in rows], backbone.device)
            moving = backbone.encode(rows, "decision") if "decision" in parts.views else None
            fixed = join_inputs(parts.fusion, quality, heads, concepts, orders)
            logits = parts.decision_head(fixed, moving).mean(0).double().cpu().numpy()
        return logits, concepts


def tell(
    keys: Sequence[str], logits: NDArray[np.float64], p: NDArray[np.float64], names: tuple[str, ...], concepts: Concepts | None
) -> list[Prediction]:
    """What the networks gave, by candidate."""
    scores = concepts.scores.tolist() if concepts else [[] for _ in keys]
    absent = concepts.absent.tolist() if concepts else [[] for _ in keys]
    return [
        Prediction(
            key=key,
            p_accept=float(p[row]),
            logit=float(logits[row]),
            concepts={name: score for name, score, off in zip(names, scores[row], absent[row], strict=True) if off < LIKELY},
            not_applicable=tuple(name for name, off in zip(names, absent[row], strict=True) if off >= LIKELY),
        )
        for row, key in enumerate(keys)
    ]


def attach_those_there(backbone: Backbone, examples: Sequence[Example]) -> list[int]:
    """Attach the examples whose own picture can be read, and give their places; nothing is attached where there is none."""
    if not examples:
        return []
    backbone.attach(examples)
    lost = set(backbone.lost())
    places = [place for place in range(len(examples)) if place not in lost]
    if lost and places:
        backbone.attach([examples[place] for place in places])
    return places


def load_model(
    folder: Path, *, features: Features | None = None, base: str | os.PathLike[str] | None = None, device: str = "auto"
) -> ServImageModel:
    """The model in a folder. `features` are those of a store that has them; without, they are computed.

    `base` is where the Qwen3-VL checkpoint is that it was trained on, as a folder or an id; without, what the manifest names is looked
    for. Raises ValueError where the folder holds no model, a damaged one, or one that decides nothing, and where the base is another.
    """
    manifest = read_manifest(folder)
    config = TrainConfig.from_json(manifest["config"])
    if base is not None:
        if config.backbone.kind != "qwen3-vl":
            raise ValueError(f"the model in {folder.name} is {config.backbone.kind}, which needs no base")
        config = replace(config, backbone=replace(config.backbone, path_or_id=str(base)))
    backbone = make_backbone(
        config.backbone,
        {"concepts": config.concept_lora, "decision": config.decision_lora},
        sources=Sources(features=features or compute_features),
        folder=folder,
        device=device,
    )
    parts = read_parts(folder, manifest, backbone)
    if parts.decision_head is None:
        raise ValueError(f"only the first stage of the model in {folder.name} is trained: it decides nothing")
    return ServImageModel(parts)


def compute_features(examples: Sequence[Example]) -> NDArray[np.float32]:
    """The image statistics, computed here and now."""
    from modeling.net.features import extract

    return extract(examples)

"""From material to a calibrated model: both stages, the fusion that does better on validation rows, and the calibration."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from modeling.net import processes
from modeling.net.calibrate import fit_calibration
from modeling.net.checkpoint import Parts
from modeling.net.files import hash_tensors, write_tensors
from modeling.net.heads import ConceptHeads, Concepts, DecisionHead, join_inputs
from modeling.net.honest import Shares, share_out
from modeling.net.material import Material
from modeling.net.predict import ServImageModel
from modeling.net.sight import Sight
from modeling.net.stage1 import FirstStage
from modeling.net.stages import Setting, fit_concepts, fit_decision


@dataclass(frozen=True, kw_only=True)
class Built:
    """A model, the fusions that were tried, and the decided validation rows with the logits and weights that it was
    calibrated by.
    """

    model: ServImageModel
    tried: list[dict[str, Any]]
    val: tuple[int, ...]
    logits: NDArray[np.float64]
    accepts: NDArray[np.bool_]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What stage 1 leaves for stage 2, of all rows; None for what there is not."""

    heads: ConceptHeads | None = None
    concepts: Concepts | None = None
    quality: torch.Tensor | None = None


def build_model(setting: Setting, material: Material, seen: Seen | None = None) -> Built:
    """Train both stages, or the second one alone on top of what `seen` tells of the first."""
    seen = teach_concepts(setting, material) if seen is None else seen
    tried = [teach_decision(setting, material, seen, fusion) for fusion in name_fusions(setting, seen)]
    _, fusion, head, prior_shift = min(tried, key=lambda item: item[0])
    parts = Parts(config=setting.config, backbone=setting.backbone, concept_heads=seen.heads, decision_head=head, fusion=fusion)
    val = material.decided(material.val)
    logits = np.array([told.logit for told in ServImageModel(parts).predict_rows(material.examples, val)])
    accepts = np.array([bool(material.records[row].accepts) for row in val])
    weights = np.array([material.records[row].weight for row in val])
    calibration = fit_calibration(logits, accepts, material.groups(val), weights=weights, prior_shift=prior_shift, seed=setting.config.seed)
    return Built(
        model=ServImageModel(parts).calibrated(calibration),
        tried=[{"fusion": name, "val_log_loss": loss} for loss, name, *_ in tried],
        val=val,
        logits=logits,
        accepts=accepts,
        weights=weights,
    )


def teach_concepts(setting: Setting, material: Material) -> Seen:
    """Stage 1, and what it makes of every row."""
    config, backbone = setting.config, setting.backbone
    if not material.targets.names:
        # The first view has taught nothing, and the second one will see what there is to see.
        return Seen() if backbone.has_adapters else Seen(quality=see_all(setting, material))
    shares = None if backbone.has_adapters else share_out(material, config.members, config.seed)
    return look_through(setting, material, fit_concepts(setting, material, None if shares is None else shares.taught), shares)


def look_through(setting: Setting, material: Material, heads: ConceptHeads, shares: Shares | None) -> Seen:
    """What concept heads say of every row: of those they learned from, the members that did not."""
    quality = see_all(setting, material)
    with torch.no_grad():
        logits = heads.eval()(quality)
        return Seen(heads, heads.read(logits) if shares is None else shares.read(heads, logits), quality)


def take_over(setting: Setting, material: Material, first: FirstStage) -> Seen:
    """The first stage of another run: its adapter goes on the backbone, and its heads look at every row."""
    heads, backbone = first.put_on(setting.backbone), setting.backbone
    shares = None if backbone.has_adapters else share_out(material, setting.config.members, first.seed, first.parts)
    return look_through(setting, material, heads, shares)


def teach_decision(setting: Setting, material: Material, seen: Seen, fusion: str) -> tuple[float, str, DecisionHead, float]:
    """Stage 2 with one fusion: the validation log loss, the fusion, the head, and the prior shift of its logits."""
    fixed = join_inputs(fusion, seen.quality, seen.heads, seen.concepts, material.orders)
    head, fitted, prior_shift = fit_decision(setting, material, fixed, fusion)
    return fitted.best_loss, fusion, head.eval(), prior_shift


def name_fusions(setting: Setting, seen: Seen) -> tuple[str, ...]:
    """The fusions to try. Without concepts there is nothing to fuse; `features` says so."""
    if seen.heads is None:
        return ("features",)
    wanted = setting.config.fusion
    return ("concepts", "concat") if wanted == "auto" else (wanted,)


def see_all(setting: Setting, material: Material) -> torch.Tensor:
    """The frozen first view of all rows: computed once, and kept in a file for a resume where it takes long."""
    sight = Sight(setting.backbone, "concepts", 0, watch=setting.watch, is_used=False)
    if setting.folder is None or not setting.backbone.has_adapters:
        return sight.all_of(range(len(material.records)))
    file, key = setting.folder / "concepts_view.safetensors", name_view(setting, material)
    kept = read_view(file, key)
    if processes.agree(kept is not None) and kept is not None:
        return kept.to(setting.backbone.device)
    seen = sight.all_of(range(len(material.records)))
    if processes.is_first():
        write_tensors(file, {"view": seen}, {"key": key})
    processes.wait()
    return seen


def name_view(setting: Setting, material: Material) -> str:
    """What the frozen view depends on: the rows in their order, the backbone, and the adapter that was trained."""
    keys = [(example.key, example.picture.sha256) for example in material.examples]
    told = [setting.config.to_json()["backbone"], hash_tensors(setting.backbone.tensors("concepts")), keys]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_view(file: Path, key: str) -> torch.Tensor | None:
    """The view that was kept under this key; None where there is none."""
    if not file.exists():
        return None
    with safe_open(str(file), framework="pt") as kept:
        view: torch.Tensor | None = kept.get_tensor("view") if kept.metadata()["key"] == key else None
        return view

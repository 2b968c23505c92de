"""A model as a folder: JSON and safetensors, nothing that runs code when it is read.

manifest.json       written last: what the model is, its configuration, and the SHA-256 of every other file
heads.safetensors   concept_heads.*, decision_head.*, and scaler.* of the image statistics
adapters/<view>/adapter_model.safetensors   what was trained of a vision-language model; beside it what the backbone adds
calibration.json    from logits to probabilities
metrics.json, predictions.jsonl   how it did
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from modeling.net.backbones.base import Backbone, View
from modeling.net.calibrate import Calibration
from modeling.net.config import TrainConfig
from modeling.net.files import hash_file, read_json, read_tensors, write_json, write_tensors
from modeling.net.heads import ConceptHeads, DecisionHead
from modeling.net.loop_state import under

FORMAT = 1
MANIFEST = "manifest.json"
VIEWS: tuple[View, ...] = ("concepts", "decision")
LIBRARIES = ("torch", "transformers", "peft", "safetensors", "numpy")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The trained parts of a model. Without `decision_head` only its first stage is done; without `concept_heads` it has no bottleneck."""

    config: TrainConfig
    backbone: Backbone
    concept_heads: ConceptHeads | None = None
    decision_head: DecisionHead | None = None
    fusion: str = ""
    calibration: Calibration | None = None

    @property
    def views(self) -> tuple[View, ...]:
        """The views that a prediction looks at."""
        if not self.backbone.has_adapters:
            return ("concepts",)
        is_first = self.concept_heads is not None or self.fusion in ("", "concat")
        is_second = self.decision_head is not None and self.decision_head.norm is not None
        return tuple(view for view, is_used in zip(VIEWS, (is_first, is_second), strict=True) if is_used)


def write_model(folder: Path, parts: Parts, *, facts: Mapping[str, Any], metrics: Mapping[str, Any], predictions: bytes) -> None:
    """Write a model into `folder`. Until its manifest is there, which comes last, the folder holds no model."""
    beside = folder / ".model.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    parts.backbone.save(beside)
    write_parts(beside, parts)
    write_json(beside / "metrics.json", metrics)
    (beside / "predictions.jsonl").write_bytes(predictions)
    files = {str(file.relative_to(beside)): hash_file(file) for file in sorted(beside.rglob("*")) if file.is_file()}
    write_json(beside / MANIFEST, {**describe(parts), **facts, "files": files})
    for item in sorted(beside.iterdir(), key=lambda item: item.name == MANIFEST):
        put_in_place(item, folder / item.name)
    beside.rmdir()


def put_in_place(item: Path, place: Path) -> None:
    """Move a file or a folder over what is there."""
    if place.is_dir():
        shutil.rmtree(place)
    item.replace(place)


def write_parts(folder: Path, parts: Parts) -> None:
    """Write the tensors and the calibration."""
    tensors: dict[str, torch.Tensor] = {}
    heads = {"concept_heads": parts.concept_heads, "decision_head": parts.decision_head}
    for name, head in heads.items():
        if head is not None:
            tensors |= {f"{name}.{key}": tensor for key, tensor in head.state_dict().items()}
    for view in parts.views:
        held = parts.backbone.tensors(view)
        if parts.backbone.has_adapters:
            write_tensors(folder / "adapters" / view / "adapter_model.safetensors", held)
        else:
            tensors |= {f"scaler.{key}": tensor for key, tensor in held.items()}
    for view in set(VIEWS) - set(parts.views):
        # The settings of an adapter that the model does not look through would promise weights that are not there.
        shutil.rmtree(folder / "adapters" / view, ignore_errors=True)
    write_tensors(folder / "heads.safetensors", tensors)
    if parts.calibration is not None:
        write_json(folder / "calibration.json", parts.calibration.to_json())


def describe(parts: Parts) -> dict[str, Any]:
    """What a manifest says of the model itself."""
    return {
        "format": FORMAT,
        "backend": parts.backbone.name,
        "config": parts.config.told(),
        "concepts": list(parts.concept_heads.names) if parts.concept_heads else [],
        "fusion": parts.fusion,
        "width": parts.backbone.width,
        "views": list(parts.views),
        "versions": {"python": platform.python_version(), **{name: told for name in LIBRARIES if (told := version_of(name))}},
    }


def version_of(library: str) -> str:
    """The installed version of a library; '' where it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model whose files are all as they were written; raises ValueError that says what is wrong with the folder."""
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"there is no model in {folder.name}: it has no {MANIFEST}")
    try:
        manifest = read_json(folder / MANIFEST)
    except ValueError as error:
        raise ValueError(f"the {MANIFEST} of {folder.name} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"the model in {folder.name} is not of format {FORMAT}, the one that can be read here")
    for name, sha256 in manifest["files"].items():
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"the manifest of {folder.name} names {name}, which lies outside of it")
        if not file.is_file():
            raise ValueError(f"the model in {folder.name} is damaged: {name} is missing")
        if hash_file(file) != sha256:
            raise ValueError(f"the model in {folder.name} is damaged: {name} is not as it was written")
    return manifest


def read_parts(folder: Path, manifest: Mapping[str, Any], backbone: Backbone) -> Parts:
    """The trained parts of a model, put on `backbone`, which was made for this folder."""
    config, tensors = TrainConfig.from_json(manifest["config"]), read_tensors(folder / "heads.safetensors")
    for view in manifest["views"]:
        file = folder / "adapters" / view / "adapter_model.safetensors"
        backbone.restore(view, read_tensors(file) if backbone.has_adapters else under(tensors, "scaler."))
    width, names, fusion = manifest["width"], manifest["concepts"], manifest["fusion"]
    concept_heads = None
    if names:
        concept_heads = ConceptHeads(names, width, config.concept_head, config.members, normalise=backbone.has_adapters)
        concept_heads.load_state_dict(under(tensors, "concept_heads."))
    decision_head, held = None, under(tensors, "decision_head.")
    if held:
        moving = width if "decision" in manifest["views"] else 0
        decision_head = DecisionHead(len(held["mean"]), moving, config.decision_head, config.members)
        decision_head.load_state_dict(held)
    return Parts(
        config=config,
        backbone=backbone,
        concept_heads=concept_heads and concept_heads.to(backbone.device).eval(),
        decision_head=decision_head and decision_head.to(backbone.device).eval(),
        fusion=fusion,
        calibration=Calibration.from_json(read_json(folder / "calibration.json")) if held else None,
    )

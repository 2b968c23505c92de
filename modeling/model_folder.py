"""The folders of models below MODEL_ROOT, and whether one is still what was registered."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobFailed
from modeling.models import ModelVersion, Preset, TrainingRun
from modeling.protocol.checkpoints import find_checkpoint

if TYPE_CHECKING:
    from modeling.net.predict import ServImageModel

NEEDED = ("torch", "safetensors", "scipy")
MANIFEST = "manifest.json"


def find_folder(relative: str) -> Path:
    """The folder of a run or snapshot, which its row names relative to MODEL_ROOT."""
    return Path(settings.MODEL_ROOT) / relative


def hash_model(folder: Path) -> str:
    """The SHA-256 of a model: that of its manifest, which names that of every other file. Raises FileNotFoundError where there is none."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def check_file(folder: Path, name: str) -> None:
    """Raise JobFailed unless a file of a model is the one that its manifest names."""
    files = json.loads((folder / MANIFEST).read_bytes())["files"] if (folder / MANIFEST).is_file() else {}
    if files.get(name) != hashlib.sha256((folder / name).read_bytes()).hexdigest():
        raise JobFailed(_("The files of this model are no longer those that were registered."))


def require_packages() -> None:
    """Raise JobFailed where what models need is not installed on this worker."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        text = _(
            "This worker lacks %(missing)s, which models need. Where ./run installs them in the background, start again once it is done."
        )
        raise JobFailed(text, {"missing": ", ".join(missing)})


def make_room() -> None:
    """Let go of the weights that a judge in this process may hold: there may be no memory for two models."""
    kept = sys.modules.get("judging.backends.local.kept")
    if kept is not None:
        kept.drop_kept()


def load_version(version: ModelVersion, *, is_stored: bool = True) -> ServImageModel:
    """The model of a version, which is what was registered; image statistics come from the store unless `is_stored` is false.

    Raises JobFailed where it is lost or was changed.
    """
    require_packages()
    folder = find_folder(version.folder)
    if not (folder / MANIFEST).is_file():
        raise JobFailed(_("The model is not on this worker. All workers share the folder SERVIMAGE_MODELS."))
    if hash_model(folder) != version.sha256:
        raise JobFailed(_("The files of this model are no longer those that were registered."))
    make_room()
    try:
        return load_folder(folder, is_stored=is_stored)
    except ValueError as problem:
        raise JobFailed(_("The model cannot be loaded: %(problem)s"), {"problem": str(problem)}) from problem


def load_folder(folder: Path, *, is_stored: bool = True) -> ServImageModel:
    """The model in a folder, with the checkpoint it was trained on wherever that lies here. Raises ValueError."""
    from modeling.feature_store import stored_features
    from modeling.net.predict import load_model

    return load_model(folder, features=stored_features if is_stored else None, base=find_base(folder))


def find_base(folder: Path) -> str | None:
    """Where the checkpoint is that the manifest of a model names: where its run had it, or another place; None where it needs none."""
    if not (folder / MANIFEST).is_file():
        return None
    backbone = json.loads((folder / MANIFEST).read_bytes())["config"]["backbone"]
    if backbone["kind"] != Preset.QWEN:
        return None
    run = TrainingRun.objects.filter(folder=os.path.relpath(folder, settings.MODEL_ROOT)).first()
    given = run.config["backbone"]["path_or_id"] if run is not None else ""
    return given if given and Path(given).is_dir() else find_checkpoint(backbone["path_or_id"])

"""Where the checkpoints lie that are named without a place: what is shown and what leaves the site tells their names alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from judging.backends.local.where import ROOTS
from judging.backends.surroundings import read_roots
from modeling.models import Preset, TrainingRun
from modeling.net.config import name_base


def find_checkpoint(name: str) -> str:
    """The folder of a checkpoint that is named by it, below SERVIMAGE_MODEL_ROOTS or where a run had it; else the name as it is."""
    if not name or Path(name).name != name or Path(name).is_dir():
        return name
    return next((str(place) for place in list_places(name) if place.is_dir()), name)


def list_places(name: str) -> Iterator[Path]:
    """Where a checkpoint of this name may be."""
    for root in read_roots(ROOTS):
        yield root / name
    used = TrainingRun.objects.filter(preset=Preset.QWEN).order_by("-pk").values_list("config", flat=True)
    given = dict.fromkeys(str(config.get("backbone", {}).get("path_or_id", "")) for config in used)
    yield from (Path(place) for place in given if place and name_base(place) == name)

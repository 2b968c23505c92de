"""The folder of one run: `resume/` while it is at work, the model once it is done."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modeling.net import processes
from modeling.net.checkpoint import MANIFEST, read_manifest
from modeling.net.files import read_json, write_json

RESUME = "resume"
# What a run is: with another of these it is another run, and belongs in another folder.
CLAIMED = {"config": "configuration", "data_sha256": "data", "stage": "stage", "parent": "first stage"}


def claim(folder: Path, run: Mapping[str, Any]) -> bool:
    """Take the folder for a run; tells whether that run is done already.

    Raises ValueError where the folder holds another run, or a model that is damaged.
    """
    note, is_done = folder / RESUME / "run.json", (folder / MANIFEST).exists()
    if is_done:
        refuse_another(folder, read_manifest(folder), run)
    elif note.exists():
        refuse_another(folder, read_json(note), run)
    # Nobody may write before all have looked.
    processes.wait()
    if is_done:
        release(folder)
    elif processes.is_first():
        write_json(note, run)
    return is_done


def refuse_another(folder: Path, held: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Raise ValueError where what the folder holds is another run."""
    for name, said in CLAIMED.items():
        if held.get(name) != run[name]:
            raise ValueError(f"{folder.name} holds a run with another {said}; give this one a folder of its own")


def release(folder: Path) -> None:
    """Drop what only a resume needed."""
    if processes.is_first():
        shutil.rmtree(folder / RESUME, ignore_errors=True)

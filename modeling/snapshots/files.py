"""The files of a snapshot: written beside their place and renamed, read only while they are what was written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.utils.translation import gettext_noop as _

from labeling.data_out.lines import render_line
from labeling.jobs.context import JobFailed
from modeling.models import Snapshot

MANIFEST, TASKS, RECORDS, IMAGES = "manifest.json", "tasks.jsonl", "records.jsonl", "images.jsonl"
DATA = (TASKS, RECORDS, IMAGES)
BLOCK = 1 << 20
FINAL_MODE = 0o440
PART = ".part-"
ABANDONED_S = 3600


def snapshot_folder(snapshot: Snapshot) -> Path:
    """Where the files of a snapshot are."""
    return Path(settings.MODEL_ROOT) / snapshot.folder


def name_folder(slug: str, number: int, public_id: UUID) -> str:
    """The folder of a snapshot of a project as its row keeps it: relative to MODEL_ROOT, so that the models of a site can move.

    Never that of another database's snapshot of the same number.
    """
    return f"{slug}/snapshots/{number}-{public_id.hex[:8]}"


def make_part(slug: str) -> Path:
    """A new folder beside those of the snapshots of a project, for this account alone; those of killed ones are swept away."""
    part = Path(settings.MODEL_ROOT) / slug / "snapshots" / f"{PART}{uuid4().hex}"
    part.mkdir(mode=0o700, parents=True)
    sweep(part.parent)
    return part


def sweep(folder: Path) -> None:
    """Remove the unfinished snapshots in which nothing was written for an hour: whoever made them was killed."""
    for part in folder.glob(f"{PART}*"):
        with contextlib.suppress(FileNotFoundError):
            if max(file.stat().st_mtime for file in (part, *part.iterdir())) < time.time() - ABANDONED_S:
                shutil.rmtree(part, ignore_errors=True)


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write a file of one line of JSON per value."""
    with path.open("wb") as file:
        file.writelines(render_line(dict(line)) for line in lines)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The values of such a file."""
    with path.open("rb") as file:
        yield from map(orjson.loads, file)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(part: Path, about: Mapping[str, Any]) -> str:
    """Write the manifest with the hashes of the other files, make all of them read-only and lasting; returns the hash of the manifest."""
    files = {name: {"sha256": hash_file(part / name), "bytes": (part / name).stat().st_size} for name in DATA}
    (part / MANIFEST).write_bytes(orjson.dumps({**about, "files": files}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    for name in (*DATA, MANIFEST):
        (part / name).chmod(FINAL_MODE)
        flush(part / name)
    flush(part)
    return hash_file(part / MANIFEST)


def publish(part: Path, folder: Path) -> None:
    """Give the folder `part` its final place by one rename. Raises OSError where anything is there."""
    os.replace(part, folder)
    flush(folder.parent)


def flush(path: Path) -> None:
    """Wait until the disk has a file or folder."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def read_manifest(snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot says of itself, after making sure that all its files are what was written. Raises JobFailed."""
    folder, said = snapshot_folder(snapshot), {"number": snapshot.number}
    if not (folder / MANIFEST).is_file():
        raise JobFailed(_("The files of snapshot %(number)d are not here. All workers share the folder SERVIMAGE_MODELS."), said)
    manifest: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
    wanted = {MANIFEST: snapshot.sha256, **{name: file["sha256"] for name, file in manifest["files"].items()}}
    for name, sha256 in wanted.items():
        if not (folder / name).is_file() or hash_file(folder / name) != sha256:
            text = _("The file %(file)s of snapshot %(number)d is no longer what was frozen; make another snapshot.")
            raise JobFailed(text, {**said, "file": name})
    return manifest

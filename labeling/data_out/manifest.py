"""The manifest beside every export: what the file holds, as of when, by which code, and what is missing from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from labeling.data_out.code_version import code_version
from labeling.data_out.formats import Format
from labeling.models import Event, Project

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A finished file: size in bytes, SHA-256."""

    bytes: int
    sha256: str


def measure(path: Path) -> Measured:
    """Hash what is really in the file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
            size += len(block)
    return Measured(bytes=size, sha256=digest.hexdigest())


def make_manifest(project: Project, chosen: Format, cutoff: int, found: Measured, rows: int, counts: dict[str, int]) -> dict[str, Any]:
    """The manifest without its list of what is incomplete. It holds no time but that of the cut-off: the same export is the same bytes."""
    event = Event.objects.get(pk=cutoff)
    return {
        "manifest_version": MANIFEST_VERSION,
        "project": project.slug,
        "format": chosen.name,
        "schema": f"{chosen.name}.schema.json",
        "schema_version": chosen.version,
        "code_version": code_version(),
        "cutoff_event": cutoff,
        "cutoff_at": event.at,
        "filters": chosen.filters,
        "file": chosen.file,
        "rows": rows,
        "bytes": found.bytes,
        "sha256": found.sha256,
        "counts": dict(sorted(counts.items())),
    }


def write_manifest(path: Path, manifest: dict[str, Any], incomplete: Path | None) -> None:
    """Write `manifest` as JSON; the entries of the list come from the lines of the file `incomplete`, however many they are."""
    head = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    with path.open("wb") as file:
        if incomplete is None:
            file.write(head + b"\n")
            return
        file.write(head.removesuffix(b"\n}") + b',\n  "incomplete": [')
        separator = b"\n    "
        with incomplete.open("rb") as entries:
            for entry in entries:
                file.write(separator + entry.rstrip(b"\n"))
                separator = b",\n    "
        file.write(b"\n  ]\n}\n")

"""The split of a snapshot in the files that ServImage trains on: names of generators and tasks, scores and labels, nothing else."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import orjson

from judging.data_in.score_fields import SPLIT_NAMES, SPLIT_NOT_APPLICABLE
from modeling.models import Snapshot
from modeling.net.records import Part
from modeling.snapshots.files import RECORDS, read_lines, read_manifest, snapshot_folder, write_lines

PARTS = tuple(part for part in get_args(Part) if part != "aside")
ABOUT = "split.json"


def write_split(snapshot: Snapshot, out: Path) -> dict[str, int]:
    """Write the files of a snapshot into the new folder `out`, which is there whole or not at all; returns the rows of each file.

    Raises FileExistsError where there is something already, and JobFailed where the snapshot is gone or was altered.
    """
    manifest = read_manifest(snapshot)
    if out.exists():
        raise FileExistsError(f"{out} exists already. Exports are never overwritten; name another folder.")
    part = out.with_name(f".{out.name}.part-{uuid4().hex}")
    try:
        rows = write_files(snapshot, part)
        about = {
            "project": manifest["project"],
            "snapshot": snapshot.number,
            "sha256": snapshot.sha256,
            "split": snapshot.split,
            "generator_left_out": manifest["generator_left_out"],
            "targets": manifest["targets"],
            "rows": rows,
        }
        (part / ABOUT).write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rows


def write_files(snapshot: Snapshot, folder: Path) -> dict[str, int]:
    """Write the six files below `folder`; returns the rows of each."""
    records = snapshot_folder(snapshot) / RECORDS
    rows: Counter[str] = Counter()
    for name, list_rows in ((f"cbm_split/{snapshot.split}", list_scores), (f"{snapshot.split}_split", list_labels)):
        (folder / name).mkdir(parents=True)
        for part in PARTS:
            found = [row for line in read_lines(records) if line["part"] == part for row in list_rows(line)]
            write_lines(folder / name / f"{part}.jsonl", found)
            rows[f"{name}/{part}.jsonl"] = len(found)
    return dict(rows)


def list_scores(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row of a candidate's concept targets; none for what has none, or is no submitted sample."""
    if line["is_submitted_sample"] and line["concepts"]:
        values = {**line["concepts"], **dict.fromkeys(line["not_applicable"], SPLIT_NOT_APPLICABLE)}
        yield {**name_subtask(line), **{name: values[concept] for concept, name in SPLIT_NAMES.items() if concept in values}}


def list_labels(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row of a candidate's label: 1 for accepted, 0 for rejected; none where nothing is decided or the filters left that out."""
    if line["is_submitted_sample"] and line["accepts"] is not None:
        yield {**name_subtask(line), "label": int(line["accepts"])}


def name_subtask(line: dict[str, Any]) -> dict[str, Any]:
    """Which image a row is about: what a generator delivered for one deliverable of a task."""
    return {"model": line["generator"], "task_id": line["task"], "subtask": f"subtask_{line['deliverable']}"}

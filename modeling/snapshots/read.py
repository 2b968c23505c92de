"""Reading a snapshot: its records as a run learns from them, and where their concept targets come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labeling.models import Decision
from modeling.models import Snapshot
from modeling.net.records import Example, Picture, Record
from modeling.snapshots.files import IMAGES, RECORDS, TASKS, read_lines, read_manifest, snapshot_folder
from modeling.snapshots.orders import Asked, parse_task
from modeling.snapshots.pictures import show

__all__ = ["read_records", "read_targets", "snapshot_folder"]


def read_records(snapshot: Snapshot) -> list[Record]:
    """Every candidate of the snapshot, also those without a decision and those aside, in the order of the file.

    Pictures are read from the storage when they are asked for. Raises JobFailed where the files are gone or were altered.
    """
    read_manifest(snapshot)
    folder = snapshot_folder(snapshot)
    pictures = {facts["sha256"]: show(facts) for facts in read_lines(folder / IMAGES)}
    orders = {(line["task"], line["version"]): parse_task(line, pictures) for line in read_lines(folder / TASKS)}
    return [make_record(line, orders[line["task"], line["version"]], pictures) for line in read_lines(folder / RECORDS)]


def read_targets(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """By concept where its targets come from: `source`, and whether that is a formula (`is_formula`)."""
    targets: dict[str, dict[str, Any]] = read_manifest(snapshot)["targets"]
    return targets


def make_record(line: Mapping[str, Any], asked: Asked, pictures: Mapping[str, Picture]) -> Record:
    """The record of one line."""
    name, rules = asked.deliverables[line["deliverable"]]
    example = Example(
        key=line["candidate"],
        order=asked.order,
        number=line["deliverable"],
        deliverable=name,
        rules=rules,
        picture=pictures[line["image"]],
        siblings=tuple(pictures[sha256] for sha256 in line["siblings"]),
    )
    return Record(
        example=example,
        group=line["group"],
        generator=line["generator"],
        part=line["part"],
        accepts=line["accepts"],
        weight=line["weight"],
        is_blind=line["is_blind"],
        is_imported=line["decision"] is not None and line["decision"]["how"] == Decision.How.IMPORTED,
        concepts=line["concepts"],
        not_applicable=frozenset(line["not_applicable"]),
        judged=line["judged"],
    )

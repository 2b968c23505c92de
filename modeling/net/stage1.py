"""The first stage of another run, for a second stage to go on from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeling.net.backbones.base import Backbone
from modeling.net.checkpoint import MANIFEST, read_manifest, read_parts
from modeling.net.config import TrainConfig
from modeling.net.files import hash_file, hash_name
from modeling.net.heads import ConceptHeads
from modeling.net.records import Record

# What a second stage takes over as it is.
SHARED = ("backbone", "concept_lora", "concept_head", "members")


@dataclass(frozen=True)
class FirstStage:
    """A model whose concepts another run goes on from; `sha256` is that of its manifest."""

    folder: Path
    manifest: Mapping[str, Any]
    sha256: str

    @property
    def seed(self) -> int:
        """The seed of its run."""
        return int(self.manifest["config"]["seed"])

    @property
    def parts(self) -> Mapping[str, int]:
        """The part of each task that taught it, by the hash of its name; empty where every member learned from all of them."""
        found: Mapping[str, int] = self.manifest["shares"]
        return found

    def put_on(self, backbone: Backbone) -> ConceptHeads:
        """Its concept heads, with its adapter put on the backbone."""
        heads = read_parts(self.folder, self.manifest, backbone).concept_heads
        assert heads is not None
        return heads


def open_stage1(folder: Path, config: TrainConfig, records: Sequence[Record]) -> FirstStage:
    """The first stage in a folder; `records` are all that is known, also what the run sets aside.

    Raises ValueError where it has no concepts, is of another backbone, learned from a generator that this run leaves out, or from tasks of
    a group that is to validate or test this run: groups grow, and what taught it may share a photo now with what was to be kept from it.
    """
    manifest = read_manifest(folder)
    if not manifest["concepts"]:
        raise ValueError(f"the model in {folder.name} has no concepts to go on from")
    wanted = config.told()
    if others := [name for name in SHARED if manifest["config"][name] != wanted[name]]:
        raise ValueError(f"the first stage in {folder.name} was trained with another {others[0]}")
    if taught_by := {name for name in find_left_out(records) if hash_name(name) in manifest["generators"]}:
        raise ValueError(f"the first stage in {folder.name} learned from images of {', '.join(sorted(taught_by))}, left out of this run")
    held = find_held(records)
    if leaked := set(manifest["taught"]) & set(name_tasks(record for record in records if record.group in held)):
        raise ValueError(
            f"the first stage in {folder.name} learned from {len(leaked)} tasks that are to validate or test this run, or share a group "
            "with one that is"
        )
    return FirstStage(folder, manifest, hash_file(folder / MANIFEST))


def find_left_out(records: Sequence[Record]) -> set[str]:
    """The generators that a run tests and does not learn from."""
    tested, taught = ({record.generator for record in records if record.part in parts} for parts in (("test",), ("train", "val")))
    return tested - taught


def find_held(records: Sequence[Record]) -> set[str]:
    """The groups that are to be kept from a first stage: those that validate, and those that test and teach nothing.

    Where a generator is left out of all tasks, the same tasks teach and test: there the generator is what is kept from it.
    """
    groups = {part: {record.group for record in records if record.part == part} for part in ("train", "val", "test")}
    return groups["val"] | (groups["test"] - groups["train"])


def name_tasks(records: Iterable[Record]) -> list[str]:
    """Hashes that name the tasks of records: a model that is given away does not list the orders of clients."""
    return sorted({hash_name(record.example.order.task) for record in records})

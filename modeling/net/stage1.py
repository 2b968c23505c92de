"""The first stage of another run, for a second stage to go on from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeling.net.backbones.base import Backbone
from modeling.net.checkpoint import MANIFEST, read_manifest, read_parts
from modeling.net.config import TrainConfig
from modeling.net.files import hash_file
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

    def put_on(self, backbone: Backbone) -> ConceptHeads:
        """Its concept heads, with its adapter put on the backbone."""
        heads = read_parts(self.folder, self.manifest, backbone).concept_heads
        assert heads is not None
        return heads


def open_stage1(folder: Path, config: TrainConfig, records: Sequence[Record]) -> FirstStage:
    """The first stage in a folder; `records` are all that is known, also what the run sets aside.

    Raises ValueError where it has no concepts, is of another backbone, or learned from tasks of a group that is to validate or test
    this run: groups grow, and what taught it may share a photo now with what was to be kept from it.
    """
    manifest = read_manifest(folder)
    if not manifest["concepts"]:
        raise ValueError(f"the model in {folder.name} has no concepts to go on from")
    wanted = config.told()
    if others := [name for name in SHARED if manifest["config"][name] != wanted[name]]:
        raise ValueError(f"the first stage in {folder.name} was trained with another {others[0]}")
    taught = set(manifest["taught"])
    held = {record.group for record in records if record.part in ("val", "test")}
    if leaked := taught & set(name_tasks(record for record in records if record.group in held)):
        raise ValueError(
            f"the first stage in {folder.name} learned from {len(leaked)} tasks that are to validate or test this run, or share a group "
            "with one that is"
        )
    return FirstStage(folder, manifest, hash_file(folder / MANIFEST))


def name_tasks(records: Iterable[Record]) -> list[str]:
    """Hashes that name the tasks of records: a model that is given away does not list the orders of clients."""
    return sorted({hashlib.sha256(record.example.order.task.encode()).hexdigest()[:16] for record in records})

"""The records of a run as tensors, and the rows of each part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from modeling.net.inputs import Targets, headed_concepts, read_orders, read_targets
from modeling.net.records import Example, Part, Record


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything is by row, a place in `records`. `train` are the rows a model is taught with, `val` those it is chosen and calibrated by.

    `accepts` is NaN where nothing is decided. `weights` are those of the labels. `targets` have the concepts that get a head.
    """

    records: tuple[Record, ...]
    examples: tuple[Example, ...]
    orders: torch.Tensor
    accepts: torch.Tensor
    weights: torch.Tensor
    targets: Targets
    train: tuple[int, ...]
    val: tuple[int, ...]
    test: tuple[int, ...]

    def decided(self, rows: Sequence[int]) -> tuple[int, ...]:
        """Those with a decision that counts."""
        return tuple(row for row in rows if self.records[row].accepts is not None and self.records[row].weight > 0)

    def told(self, rows: Sequence[int]) -> tuple[int, ...]:
        """Those of which a concept is known."""
        is_told = self.targets.is_told().tolist()
        return tuple(row for row in rows if is_told[row])

    def groups(self, rows: Sequence[int]) -> list[str]:
        """The group of each row."""
        return [self.records[row].group for row in rows]

    def rate(self, rows: Sequence[int]) -> float:
        """The weighted share of accepted among decided rows."""
        weights = self.weights[list(rows)]
        return float(((weights * self.accepts[list(rows)]).sum() / weights.sum()).item())

    def share(self, share: float, seed: int) -> Material:
        """The same with a seeded share of the groups to train on, in which a smaller share is contained."""
        groups = sorted(set(self.groups(self.train)))
        order = np.random.default_rng([seed, len(groups)]).permutation(len(groups))
        kept = {groups[place] for place in order[: math.ceil(share * len(groups))]}
        train = tuple(row for row in self.train if self.records[row].group in kept)
        names = tuple(name for name in headed_concepts([self.records[row] for row in train]) if name in self.targets.names)
        return replace(self, train=train, targets=read_targets(self.records, names, self.accepts.device))


def read_material(records: Sequence[Record], names: tuple[str, ...], device: torch.device) -> Material:
    """The material of records; only concepts among `names` are taught."""
    rows: dict[Part, tuple[int, ...]] = {
        part: tuple(row for row, record in enumerate(records) if record.part == part) for part in ("train", "val", "test")
    }
    examples = tuple(record.example for record in records)
    accepts = [math.nan if record.accepts is None else float(record.accepts) for record in records]
    return Material(
        records=tuple(records),
        examples=examples,
        orders=read_orders(examples, device),
        accepts=torch.tensor(accepts, dtype=torch.float32, device=device),
        weights=torch.tensor([record.weight for record in records], dtype=torch.float32, device=device),
        targets=read_targets(records, names, device),
        train=rows["train"],
        val=rows["val"],
        test=rows["test"],
    )


def check_records(records: Sequence[Record], *, needs_decisions: bool, needs_concepts: bool) -> None:
    """Raise ValueError where nothing can be learned from records, saying what there is and what is wanted."""
    if not records:
        raise ValueError("there is nothing to learn from: no record at all")
    keys = [record.example.key for record in records]
    if len(set(keys)) < len(keys):
        raise ValueError(f"{len(keys) - len(set(keys))} records have the key of another one")
    parts: dict[Part, str] = {"train": "training", "val": "validation"}
    for part, said in parts.items() if needs_decisions else ():
        decided = [record.accepts for record in records if record.part == part and record.accepts is not None and record.weight > 0]
        if not any(decided) or all(decided):
            accepted = sum(map(bool, decided))
            rejected = len(decided) - accepted
            raise ValueError(f"the {said} part has {accepted} accepted and {rejected} rejected candidates; some of both are needed")
    if needs_concepts and not headed_concepts(records):
        raise ValueError("no concept has the 50 scores in the training part that it needs for a head")

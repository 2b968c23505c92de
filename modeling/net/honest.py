"""Predictions of training rows by members that did not learn from them.

What a head says of rows it learned is better than what it says of others, and a decision head taught with that trusts concepts too much.
So where a backbone stays as it is, every member of the concept heads leaves out one part of the groups, and speaks for those rows alone.
Measured with five members, as log loss out of fold on two sets of 1,012 stand-in candidates: 0.438 and 0.407 so, 0.442 and 0.407 when
every member learns all rows; on five sets of numbers alone 0.563 and 0.565, and 0.561 with four more sets of heads trained for it, at
four times the work. An adapter is trained once, so there it is not done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import torch

from modeling.net.files import hash_name
from modeling.net.heads import ConceptHeads, Concepts
from modeling.net.material import Material
from modeling.net.records import Record

# With more parts each member sees more; with more members than parts several speak for a row.
PARTS = 5


@dataclass(frozen=True)
class Shares:
    """`taught` is 1 where a member learns from a row and 0 where it leaves it out, shape (members, rows); 1 for rows of other parts."""

    taught: torch.Tensor

    def read(self, heads: ConceptHeads, logits: torch.Tensor) -> Concepts:
        """The predictions of `logits`, (members, rows, ...): of a row that some members left out, those of these members."""
        left_out = 1 - self.taught
        speakers = torch.where(left_out.sum(0, keepdim=True) > 0, left_out, self.taught)[:, :, None, None]
        return heads.read((logits * speakers).sum(0, keepdim=True) / speakers.sum(0))


def share_out(material: Material, members: int, seed: int, known: Mapping[str, int] = {}) -> Shares | None:
    """Which member learns from which training rows; None for a single member. `known` are the parts of tasks by the hash of their name
    where another run has given them: its members left out these, whatever has joined their groups since.
    """
    parts = min(PARTS, members)
    if parts < 2:
        return None
    taught = torch.ones(members, len(material.records), device=material.accepts.device)
    for row in material.train:
        record = material.records[row]
        part = known.get(hash_name(record.example.order.task))
        taught[find_part(record.group, parts, seed) if part is None else part :: parts, row] = 0
    return Shares(taught)


def name_parts(records: Sequence[Record], members: int, seed: int) -> dict[str, int]:
    """The part of each task, by the hash of its name; empty for a single member."""
    parts = min(PARTS, members)
    if parts < 2:
        return {}
    return {hash_name(record.example.order.task): find_part(record.group, parts, seed) for record in records}


def find_part(group: str, parts: int, seed: int) -> int:
    """The part that a group is in."""
    return int(sha256(f"{seed} {group}".encode()).hexdigest(), 16) % parts

"""What every backbone can do; the stages of training know nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import torch

from modeling.net.records import Example

# `concepts` is the view that stage 1 learns, frozen in stage 2; `decision` is the original model with the adapter of stage 2.
View = Literal["concepts", "decision"]


class Backbone(Protocol):
    """Turns examples into representations of shape (rows, width), float32, on `device`.

    `has_adapters` is False where nothing of it can be trained: then both views are one, and it is fixed.
    """

    name: str  # stands beside every suggestion, such as `stats` or `qwen3-vl Qwen3-VL-4B-Instruct`
    width: int
    device: torch.device
    has_adapters: bool

    def attach(self, examples: Sequence[Example]) -> None:
        """The examples that rows are places in from now on."""

    def lost(self) -> list[int]:
        """Rows of what is attached whose own picture cannot be read: none of the calls below may be asked about them."""

    def fit(self, rows: Sequence[int]) -> None:
        """Learn from training rows what needs no gradient (scales, cut points); called once before stage 1."""

    def begin(self, view: View, seed: int) -> list[torch.nn.Parameter]:
        """Make the adapter of a stage (seeded) the one that is trained, and give its parameters; [] where there is none."""

    def encode(self, rows: Sequence[int], view: View) -> torch.Tensor:
        """Representations of rows by one view; with gradients where torch records them and the view is being trained."""

    def lengths(self, rows: Sequence[int]) -> list[int]:
        """Tokens of each row, to put rows of like length together; all 1 where it does not matter."""

    def tensors(self, view: View) -> dict[str, torch.Tensor]:
        """What a stage trains, by name: saved in checkpoints and while it is trained."""

    def restore(self, view: View, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put such tensors back; the adapter is made if it is not there."""

    def train(self, is_training: bool) -> None:
        """Switch dropout of the view being trained on or off."""

    def save(self, folder: Path) -> None:
        """Write all that `load` of its module needs beside the tensors (config, cut points, tiny base); no pickle."""

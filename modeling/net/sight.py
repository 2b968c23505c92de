"""What a backbone sees of rows by one view: with gradients while the view is trained, else computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from modeling.net import processes
from modeling.net.backbones.base import Backbone, View
from modeling.net.watch import Stopped, Watch

# Rows of one forward pass without gradients.
BATCH = 32


class Sight:
    """One view of a backbone. `trained` are the parameters of its adapter, [] where nothing of it is trained.

    Begin one view only after the frozen pass of the other is done: an adapter that is switched between forward and backward loses its
    gradients without a word.
    """

    def __init__(self, backbone: Backbone, view: View, seed: int, *, watch: Watch, is_used: bool = True) -> None:
        self.backbone, self.view, self._watch = backbone, view, watch
        self.trained = backbone.begin(view, seed) if is_used else []
        self._is_used = is_used

    def __call__(self, rows: Sequence[int]) -> torch.Tensor:
        """Representations of rows, with gradients where the view is trained."""
        return self.backbone.encode(rows, self.view)

    def all_of(self, rows: Sequence[int]) -> torch.Tensor:
        """Representations of many rows without gradients; the processes share the work, and each gets all of them.

        With a real model this takes hours: it raises Stopped between two batches once the watch says so.
        """
        if not self.backbone.has_adapters:
            return self.backbone.encode(rows, self.view)
        lengths = self.backbone.lengths(rows)
        order = sorted(range(len(rows)), key=lengths.__getitem__)
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        seen = torch.zeros(len(rows), self.backbone.width, device=self.backbone.device)
        for at in range(0, len(batches), processes.count()):
            if not self._is_used:
                # While a view is trained, how far the training is is what matters.
                self._watch.progress(f"view_{self.view}", at, len(batches))
            # All processes ask, also those that have no batch in the last round.
            if processes.agree(self._watch.stopped()):
                raise Stopped(f"stopped at batch {at} of {len(batches)} of the view {self.view}")
            for batch in batches[at : at + processes.count()][processes.place() :][:1]:
                with torch.no_grad():
                    seen[batch] = self.backbone.encode([rows[place] for place in batch], self.view)
        return processes.add_up(seen)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Its adapter."""
        return self.backbone.tensors(self.view) if self.trained else {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put its adapter back."""
        if self.trained:
            self.backbone.restore(self.view, tensors)

    def train(self, is_training: bool) -> None:
        """Switch its dropout."""
        if self._is_used:
            self.backbone.train(is_training)

"""Where a training loop is, as one file that is replaced as a whole: safetensors, with the plain values as JSON in its header."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open

from modeling.net import processes
from modeling.net.files import write_tensors

if TYPE_CHECKING:
    from modeling.net.loop import Problem


@dataclass(frozen=True)
class Fitted:
    """How a stage ended: the problem holds the weights of `best_step` of `steps` steps. `best_loss` is NaN without validation rows."""

    best_loss: float
    best_step: int
    steps: int


class LoopState:
    """The step, the weights and moments of the optimiser, and the best weights so far with their validation loss."""

    def __init__(self, problem: Problem, optimizer: torch.optim.Optimizer, file: Path | None) -> None:
        self._problem, self._optimizer, self._file = problem, optimizer, file
        self.step = 0
        self.is_due = False  # whether the weights of this step are still to be evaluated
        self.stale = 0  # evaluations since the best one
        self._best_loss: float | None = None
        self._best_step = 0
        self._best: dict[str, torch.Tensor] = {}
        self._loss, self._losses = 0.0, 0

    def add_loss(self, loss: float) -> None:
        """Count the loss of a step."""
        self._loss, self._losses = self._loss + loss, self._losses + 1

    def take_loss(self) -> float:
        """The mean loss of the steps since this was last asked."""
        mean = self._loss / max(1, self._losses)
        self._loss, self._losses = 0.0, 0
        return mean

    def compare(self, val_loss: float | None) -> None:
        """Keep the weights if they are the best so far; without validation rows the last ones are."""
        if val_loss is not None and self._best_loss is not None and not val_loss < self._best_loss:
            self.stale += 1
            return
        self._best_loss, self._best_step, self.stale = val_loss, self.step, 0
        self._best = {name: tensor.detach().cpu().clone() for name, tensor in self._problem.tensors().items()}

    def finish(self) -> Fitted:
        """Put the best weights into the problem."""
        if self._best:
            self._problem.restore(self._best)
        return Fitted(math.nan if self._best_loss is None else self._best_loss, self._best_step, self.step)

    def save(self) -> None:
        """Write it, in process 0; a kill in the middle leaves the file as it was."""
        if self._file is not None and processes.is_first():
            tensors = {f"now.{name}": tensor for name, tensor in self._problem.tensors().items()}
            tensors |= {f"best.{name}": tensor for name, tensor in self._best.items()}
            tensors |= {
                f"moment.{number}.{name}": value
                for number, moments in self._optimizer.state_dict()["state"].items()
                for name, value in moments.items()
            }
            write_tensors(self._file, tensors, {"loop": json.dumps(self._plain())})
        processes.wait()

    def load(self) -> None:
        """Go on from what was saved, if anything was."""
        if self._file is None or not self._file.exists():
            return
        with safe_open(str(self._file), framework="pt") as file:
            plain = json.loads(file.metadata()["loop"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        self.step, self.stale, self.is_due = plain["step"], plain["stale"], plain["is_due"]
        self._best_loss, self._best_step = plain["best_loss"], plain["best_step"]
        self._loss, self._losses = plain["loss"], plain["losses"]
        self._best = under(tensors, "best.")
        self._problem.restore(under(tensors, "now."))
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in under(tensors, "moment.").items():
            number, key = name.split(".", 1)
            moments.setdefault(int(number), {})[key] = tensor
        self._optimizer.load_state_dict({"state": moments, "param_groups": self._optimizer.state_dict()["param_groups"]})

    def _plain(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "stale": self.stale,
            "is_due": self.is_due,
            "best_loss": self._best_loss,
            "best_step": self._best_step,
            "loss": self._loss,
            "losses": self._losses,
        }


def under(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Those whose name begins with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

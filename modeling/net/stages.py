"""The two stages of training, for any backbone: what they need to know of one is in backbones/base.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from modeling.net.backbones.base import Backbone
from modeling.net.calibrate import find_prior_shift
from modeling.net.config import OptimConfig, TrainConfig
from modeling.net.heads import ConceptHeads, DecisionHead
from modeling.net.loop import fit
from modeling.net.loop_state import Fitted, under
from modeling.net.material import Material
from modeling.net.sight import Sight
from modeling.net.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a stage works with; `folder` holds what a resume needs, None where nothing is saved."""

    config: TrainConfig
    backbone: Backbone
    folder: Path | None
    watch: Watch


class HeadProblem:
    """What both stages share: a head that is trained together with one view of the backbone."""

    rows: Sequence[int]
    head: torch.nn.Module

    def __init__(self, sight: Sight, optim: OptimConfig) -> None:
        self.sight, self._optim = sight, optim

    def parameters(self) -> list[dict[str, Any]]:
        """The head, and the adapter at its own rate."""
        groups = [{"params": list(self.head.parameters()), "lr": self._optim.head_learning_rate}]
        if self.sight.trained:
            groups.append({"params": self.sight.trained, "lr": self._optim.learning_rate})
        return groups

    def lengths(self) -> list[int]:
        """Tokens of each row."""
        return self.sight.backbone.lengths(self.rows)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Head and adapter."""
        held = {f"head.{name}": tensor for name, tensor in self.head.state_dict().items()}
        return held | {f"adapter.{name}": tensor for name, tensor in self.sight.tensors().items()}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put them back."""
        self.head.load_state_dict(under(tensors, "head."))
        self.sight.restore(under(tensors, "adapter."))

    def train(self, is_training: bool) -> None:
        """Switch dropout."""
        self.head.train(is_training)
        self.sight.train(is_training)


class ConceptProblem(HeadProblem):
    """Stage 1: concepts from the view `concepts`. `taught` says which rows each member learns from, shape (members, rows)."""

    def __init__(self, heads: ConceptHeads, sight: Sight, material: Material, optim: OptimConfig, taught: torch.Tensor | None) -> None:
        super().__init__(sight, optim)
        self.head: ConceptHeads = heads
        self.rows, self._val = material.told(material.train), material.told(material.val)
        self._targets, self._taught = material.targets, taught

    def weigh(self, rows: Sequence[int]) -> float:
        """Every row counts the same."""
        return float(len(rows))

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """The sum over rows, averaged over members."""
        losses = self.head.loss(self.head(self.sight(rows)), self._targets.at(rows))
        return (losses if self._taught is None else losses * self._taught[:, list(rows)]).mean(0).sum()

    def validate(self) -> float | None:
        """The mean loss of the members together."""
        if not self._val:
            return None
        with torch.no_grad():
            logits = self.head(self.sight.all_of(self._val)).mean(0, keepdim=True)
            return float(self.head.loss(logits, self._targets.at(self._val)).mean().item())


class DecisionProblem(HeadProblem):
    """Stage 2: the decision, from inputs that stay and, where the head wants it, from the view `decision`."""

    def __init__(self, head: DecisionHead, sight: Sight, fixed: torch.Tensor, material: Material, rows: Sequence[int], optim: OptimConfig):
        super().__init__(sight, optim)
        self.head: DecisionHead = head
        self.rows, self._val = rows, material.decided(material.val)
        self._fixed, self._accepts, self._weights = fixed, material.accepts, material.weights
        # Asked for every micro-batch; from a tensor on a GPU each answer would wait for all work before it.
        self._plain_weights = [record.weight for record in material.records]
        self.prior_shift = find_prior_shift(material.rate(material.decided(material.train)), material.rate(rows))

    def weigh(self, rows: Sequence[int]) -> float:
        """The weights of the labels."""
        return math.fsum(self._plain_weights[row] for row in rows)

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """The weighted sum over rows, averaged over members."""
        logits = self.head(self._fixed[list(rows)], self.sight(rows) if self.head.norm else None)
        return self._losses(logits, rows).sum()

    def validate(self) -> float:
        """The weighted mean loss of the members together, with the prior put right: as it will be used."""
        with torch.no_grad():
            logits = self.head(self._fixed[list(self._val)], self.sight.all_of(self._val) if self.head.norm else None)
            losses = self._losses(logits.mean(0, keepdim=True) + self.prior_shift, self._val)
        return float(losses.sum().item()) / self.weigh(self._val)

    def _losses(self, logits: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
        goal = self._accepts[list(rows)].expand_as(logits)
        losses = functional.binary_cross_entropy_with_logits(logits, goal, reduction="none")
        return losses.mean(0) * self._weights[list(rows)]


def fit_concepts(setting: Setting, material: Material, taught: torch.Tensor | None = None) -> ConceptHeads:
    """Stage 1: heads for the concepts of the material; the adapter of the view they see is left in the backbone."""
    config, backbone = setting.config, setting.backbone
    sight = Sight(backbone, "concepts", config.seed, watch=setting.watch)
    torch.manual_seed(config.seed)
    names = material.targets.names
    heads = ConceptHeads(names, backbone.width, config.concept_head, config.members, normalise=backbone.has_adapters)
    heads.to(backbone.device).start_at(material.targets.at(material.told(material.train)))
    problem = ConceptProblem(heads, sight, material, config.stage1, taught)
    fit(problem, config.stage1, stage="concepts", seed=config.seed, folder=setting.folder, watch=setting.watch)
    return heads


def fit_decision(setting: Setting, material: Material, fixed: torch.Tensor, fusion: str) -> tuple[DecisionHead, Fitted, float]:
    """Stage 2: the decision head over `fixed` inputs of all rows; gives it, how it ended, and the prior shift of its logits."""
    config, backbone = setting.config, setting.backbone
    # With a backbone that stays the second view is the first again, which is among the inputs already.
    moving = backbone.width if backbone.has_adapters and fusion != "concepts" else 0
    sight = Sight(backbone, "decision", config.seed + 1, watch=setting.watch, is_used=bool(moving))
    torch.manual_seed(config.seed + 1)
    head = DecisionHead(fixed.shape[1], moving, config.decision_head, config.members).to(backbone.device)
    rows = material.decided(material.train)
    if config.oversample_accepted:
        rows = oversample(rows, material, config.seed)
    problem = DecisionProblem(head, sight, fixed, material, rows, config.stage2)
    head.start_at(fixed[list(material.decided(material.train))], material.rate(rows))
    stage = f"decision_{fusion}"
    fitted = fit(problem, config.stage2, stage=stage, seed=config.seed + 1, folder=setting.folder, watch=setting.watch)
    return head, fitted, problem.prior_shift


def oversample(rows: tuple[int, ...], material: Material, seed: int) -> tuple[int, ...]:
    """Decided rows, with accepted ones again until they are as many as the rejected; seeded. Nothing is added where they are more."""
    accepted = [row for row in rows if material.records[row].accepts]
    missing = len(rows) - 2 * len(accepted)
    if missing <= 0:
        return rows
    order = np.random.default_rng([seed, len(accepted)]).permutation(len(accepted))
    return (*rows, *(accepted[order[place % len(accepted)]] for place in range(missing)))

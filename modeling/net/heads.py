"""The two small networks on top of a backbone: seven concepts, and the decision to pay.

Each is `members` networks of other starts side by side, whose logits are averaged. Tensors of theirs begin with the member.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from modeling.net.concepts import RANGES
from modeling.net.config import HeadConfig
from modeling.net.inputs import Targets

# Last layers start this small: the first steps then start from the marginals of the labels, which the biases hold. Otherwise
# they are spent on learning a constant, and the backbone below has lost its gradient by then (2.2 -> 0.005 in 20 steps).
SMALL = 0.01


class MemberLinear(nn.Module):  # type: ignore[misc]  # torch has no types here
    """A linear layer of each member: (members, rows, inputs) -> (members, rows, outputs)."""

    def __init__(self, members: int, inputs: int, outputs: int, scale: float = 1.0) -> None:
        super().__init__()
        bound = scale / math.sqrt(max(1, inputs))
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        return torch.baddbmm(self.bias, x, self.weight)


class Mlp(nn.Module):  # type: ignore[misc]  # torch has no types here
    """One hidden layer per member over shared inputs: (rows, inputs) -> (members, rows, outputs)."""

    def __init__(self, members: int, inputs: int, outputs: int, config: HeadConfig) -> None:
        super().__init__()
        self.members = members
        self.hidden = MemberLinear(members, inputs, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.out = MemberLinear(members, config.width, outputs, SMALL)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs of every member."""
        return self.out(self.dropout(functional.gelu(self.hidden(x.expand(self.members, *x.shape)))))


@dataclass(frozen=True)
class Concepts:
    """What is predicted of concepts, each of shape (rows, concepts): `scores` within the range of each, `absent` a probability."""

    scores: torch.Tensor
    absent: torch.Tensor


class ConceptHeads(nn.Module):  # type: ignore[misc]  # torch has no types here
    """Scores in bins 0, 1, ... 5 by cross-entropy with two-hot targets, and a logit per concept for "does not apply".

    The expectation over the bins is the score. A concept without enough labels is not among `names`.
    """

    low: torch.Tensor
    high: torch.Tensor
    usual: torch.Tensor

    def __init__(self, names: Sequence[str], width: int, config: HeadConfig, members: int = 1, *, normalise: bool) -> None:
        super().__init__()
        self.names, self.bins = tuple(names), config.bins
        # Representations of a language model differ in length by row; a scaled row of statistics must keep its own.
        self.norm = nn.LayerNorm(width, elementwise_affine=False) if normalise else nn.Identity()
        self.mlp = Mlp(members, width, len(self.names) * (config.bins + 1), config)
        self.register_buffer("usual", torch.zeros(len(self.names)))
        self.register_buffer("low", torch.tensor([RANGES[name].low for name in self.names]), persistent=False)
        self.register_buffer("high", torch.tensor([RANGES[name].high for name in self.names]), persistent=False)

    def start_at(self, targets: Targets) -> None:
        """Set the biases so that every row starts at the marginals of these labels, and note the mean score of each concept."""
        self.usual.copy_(torch.nan_to_num(targets.scores.nanmean(0)))
        bins = torch.nan_to_num(self.spread(targets.scores)).sum(0) + 0.5
        absent, present = (targets.absent == 1).sum(0) + 0.5, (targets.absent == 0).sum(0) + 0.5
        start = torch.cat([(bins / bins.sum(1, keepdim=True)).log(), (absent / present).log()[:, None]], 1)
        self.mlp.out.bias.data.copy_(start.reshape(1, 1, -1).expand_as(self.mlp.out.bias))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (members, rows, concepts, bins + 1); the last is that of "does not apply"."""
        return self.mlp(self.norm(x)).unflatten(-1, (len(self.names), self.bins + 1))

    def loss(self, logits: torch.Tensor, targets: Targets) -> torch.Tensor:
        """The loss of each row for each member, (members, rows): what is not known, or does not apply, teaches no score."""
        goal = self.spread(targets.scores)
        entropy = -(torch.nan_to_num(goal) * logits[..., :-1].log_softmax(-1)).sum(-1)
        told = ~targets.absent.isnan()
        absent = functional.binary_cross_entropy_with_logits(
            logits[..., -1], torch.nan_to_num(targets.absent).expand(logits.shape[:-1]), reduction="none"
        )
        return (entropy + absent * told).sum(-1)

    def read(self, logits: torch.Tensor) -> Concepts:
        """The predictions of the members together."""
        mean = logits.mean(0)
        centres = torch.arange(self.bins, dtype=mean.dtype, device=mean.device) * (5 / (self.bins - 1))
        expected = mean[..., :-1].softmax(-1) @ centres
        return Concepts(torch.minimum(torch.maximum(expected, self.low), self.high), mean[..., -1].sigmoid())

    def spread(self, scores: torch.Tensor) -> torch.Tensor:
        """Scores as weights of the two nearest bins, (rows, concepts, bins); NaN where there is none."""
        place = scores.clamp(0, 5)[..., None] * ((self.bins - 1) / 5)
        return (1 - (place - torch.arange(self.bins, device=scores.device)).abs()).clamp(min=0)


class DecisionHead(nn.Module):  # type: ignore[misc]  # torch has no types here
    """The logit of "the client pays" from inputs that stay (standardised by training rows) and a representation that is being trained."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, fixed: int, moving: int, config: HeadConfig, members: int = 1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(moving, elementwise_affine=False) if moving else None
        self.mlp = Mlp(members, fixed + moving, 1, config)
        self.register_buffer("mean", torch.zeros(fixed))
        self.register_buffer("scale", torch.ones(fixed))

    def start_at(self, fixed: torch.Tensor, rate: float) -> None:
        """Standardise by these training rows, and start every row at this rate of acceptance."""
        self.mean.copy_(fixed.mean(0))
        # A column that never changes in training tells nothing, and must not explode on the first row where it does.
        spread = fixed.std(0, correction=0)
        self.scale.copy_(torch.where(spread > 1e-6, spread, torch.ones_like(spread)))
        self.mlp.out.bias.data.fill_(math.log(rate / (1 - rate)))

    def forward(self, fixed: torch.Tensor, moving: torch.Tensor | None = None) -> torch.Tensor:
        """Logits, (members, rows)."""
        x = (fixed - self.mean) / self.scale
        if self.norm is not None and moving is not None:
            x = torch.cat([x, self.norm(moving)], 1)
        return self.mlp(x).squeeze(-1)


def join_inputs(
    fusion: str, quality: torch.Tensor | None, heads: ConceptHeads | None, concepts: Concepts | None, orders: torch.Tensor
) -> torch.Tensor:
    """The inputs of the decision head that stay while it is trained, one row each.

    Of concepts a score and the probability that it does not apply; so far as it does not, its mean training score stands in.
    """
    parts = [orders]
    if fusion != "concepts" and quality is not None:
        parts.append(quality)
    if heads is not None and concepts is not None:
        parts += [heads.usual + (concepts.scores - heads.usual) * (1 - concepts.absent), concepts.absent]
    return torch.cat(parts, 1)

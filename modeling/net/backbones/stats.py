"""The backbone without a vision-language model: image statistics and brief rules, scaled by the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from modeling.net.backbones.base import View
from modeling.net.records import Example
from modeling.net.sources import Features

# A value further out than that many spreads of the training rows is taken to be there: one odd picture must not leave the map.
FURTHEST = 5.0
# The quartiles of a normal distribution are that many standard deviations apart.
QUARTILES = 1.349
SCALER = ("mean", "std", "gaps")


class StatsBackbone:
    """Features as representations: nothing of it has gradients, and both views are one.

    A column is centred at its median and scaled by its quartiles, so that few odd pictures do not set the scale. What cannot be
    told (NaN) becomes the centre, and a further column says so where that happened in training.
    """

    name = "stats"
    device = torch.device("cpu")
    has_adapters = False
    width: int

    def __init__(self, features: Features) -> None:
        self._features = features
        self._raw: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self._scaler: dict[str, torch.Tensor] = {}
        self._scaled = torch.empty(0, 0)
        self.width = 0

    def attach(self, examples: Sequence[Example]) -> None:
        """Get the features of these examples."""
        raw = np.asarray(self._features(examples), dtype=np.float32)
        if raw.ndim != 2 or len(raw) != len(examples):
            raise ValueError(f"features of {len(examples)} examples have the shape {raw.shape}")
        # An infinite value cannot be scaled; it is as unknown as none.
        self._raw = np.where(np.isfinite(raw), raw, np.float32(np.nan))
        if self._scaler:
            self._scale()

    def lost(self) -> list[int]:
        """Rows of which nothing at all can be told."""
        return [int(row) for row in np.flatnonzero(np.isnan(self._raw).all(axis=1))]

    def fit(self, rows: Sequence[int]) -> None:
        """Take centre, scale and the columns with gaps from training rows."""
        raw = self._raw[list(rows)]
        mean, std = np.zeros(raw.shape[1], dtype=np.float32), np.ones(raw.shape[1], dtype=np.float32)
        for column in range(raw.shape[1]):
            known = raw[~np.isnan(raw[:, column]), column]
            if len(known):
                mean[column], std[column] = measure_spread(known)
        gaps = np.isnan(raw).mean(axis=0)
        self._take({"mean": torch.from_numpy(mean), "std": torch.from_numpy(std), "gaps": torch.from_numpy((gaps > 0) & (gaps < 1))})

    def _take(self, scaler: Mapping[str, torch.Tensor]) -> None:
        self._scaler = {name: scaler[name].clone() for name in SCALER}
        self.width = len(scaler["mean"]) + int(scaler["gaps"].sum())
        if len(self._raw):
            self._scale()

    def _scale(self) -> None:
        mean, std, gaps = (self._scaler[name] for name in SCALER)
        if self._raw.shape[1] != len(mean):
            raise ValueError(f"the model knows {len(mean)} features and is given {self._raw.shape[1]}: they are of another version")
        raw = torch.from_numpy(self._raw)
        scaled = torch.nan_to_num((raw - mean) / std).clamp(-FURTHEST, FURTHEST)
        self._scaled = torch.cat([scaled, raw[:, gaps.bool()].isnan().float()], 1)

    def begin(self, view: View, seed: int) -> list[torch.nn.Parameter]:
        """Nothing is trained."""
        return []

    def encode(self, rows: Sequence[int], view: View) -> torch.Tensor:
        """Scaled features of rows."""
        return self._scaled[torch.as_tensor(rows, dtype=torch.long)]

    def lengths(self, rows: Sequence[int]) -> list[int]:
        """All alike."""
        return [1] * len(rows)

    def tensors(self, view: View) -> dict[str, torch.Tensor]:
        """The scaler, which both views share."""
        return dict(self._scaler)

    def restore(self, view: View, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put a scaler back."""
        if missing := set(SCALER) - set(tensors):
            raise ValueError(f"the scaler of the features lacks {', '.join(sorted(missing))}")
        self._take(tensors)

    def train(self, is_training: bool) -> None:
        """There is no dropout."""

    def save(self, folder: Path) -> None:
        """The tensors are all there is."""


def measure_spread(known: NDArray[np.float32]) -> tuple[float, float]:
    """Centre and scale of values: the median, and the quartiles; the standard deviation where these meet, and 1 where all are one value."""
    low, middle, high = np.quantile(known.astype(np.float64), [0.25, 0.5, 0.75])
    spread = (high - low) / QUARTILES
    if spread < 1e-6:
        spread = float(np.sqrt(np.square(known - middle).mean()))
    return float(middle), float(spread) if spread > 1e-6 else 1.0

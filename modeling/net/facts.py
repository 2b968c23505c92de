"""Measured facts of a candidate as words: each of about two dozen statistics by the eighth of the training rows it falls into.

A small language model reads `sharpc` more easily than a number. The cut points are those of the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from modeling.net.features import NAMES

# The first part of a word, and the statistic (modeling/net/features) it tells.
FACTS: Mapping[str, str] = {
    "blur": "alone_blur",
    "noise": "alone_noise",
    "contrast": "alone_contrast",
    "span": "alone_span",
    "light": "alone_light",
    "satur": "alone_saturation",
    "hues": "alone_colour_entropy",
    "plain": "alone_first_colour",
    "edges": "alone_edges",
    "strokes": "alone_stroke_share",
    "frame": "alone_frame_step",
    "match": "match_explained",
    "stretch": "match_stretch",
    "colour": "match_colour_apart",
    "turn": "match_hue_turn",
    "vivid": "match_chroma_ratio",
    "range": "match_contrast_ratio",
    "detail": "match_strength_0",
    "residue": "match_residue",
    "peak": "match_residue_peak",
    "edited": "source_subject_changed",
    "set": "set_palette",
    "missed": "rule_rules_missed",
    "named": "brief_named_there",
}
LEVELS = "abcdefgh"
# Where a thing cannot be told, such as likeness to a reference when there is none.
UNKNOWN = "x"


def all_words() -> list[str]:
    """Every word there is."""
    return [f"{fact}{level}" for fact in FACTS for level in (*LEVELS, UNKNOWN)]


class Facts:
    """The cut points, of shape (facts, 7), and the words of each row of features."""

    def __init__(self) -> None:
        self.columns = [NAMES.index(name) for name in FACTS.values()]
        self.cuts = np.zeros((len(FACTS), len(LEVELS) - 1), dtype=np.float32)

    def fit(self, features: NDArray[np.float32]) -> None:
        """Take the cut points from training rows, of shape (rows, statistics); a statistic that no row has gets words for "unknown"."""
        for fact, column in enumerate(self.columns):
            known = features[np.isfinite(features[:, column]), column]
            if len(known):
                self.cuts[fact] = np.quantile(known, np.arange(1, len(LEVELS)) / len(LEVELS))

    def words(self, features: NDArray[np.float32]) -> list[str]:
        """The words of one row of features."""
        values = features[self.columns]
        levels = [int(np.searchsorted(cuts, value, side="right")) for cuts, value in zip(self.cuts, values, strict=True)]
        known = np.isfinite(values)
        return [f"{fact}{LEVELS[level] if is_known else UNKNOWN}" for fact, level, is_known in zip(FACTS, levels, known, strict=True)]

    def tensors(self) -> dict[str, torch.Tensor]:
        """The cut points, to be saved."""
        return {"facts.cuts": torch.from_numpy(self.cuts.copy())}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put them back; ValueError where they are of other facts."""
        cuts = tensors["facts.cuts"].cpu().numpy()
        if cuts.shape != self.cuts.shape:
            raise ValueError(f"the model has cut points of the shape {cuts.shape}; here there are {self.cuts.shape}: its facts are others")
        self.cuts = cuts.copy()


def tell_facts(facts: Facts | None, features: NDArray[np.float32] | None, rows: Sequence[int]) -> list[list[str]]:
    """The words of some rows; none of each where nothing is measured."""
    if facts is None or features is None:
        return [[] for _ in rows]
    return [facts.words(features[row]) for row in rows]

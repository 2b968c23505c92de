"""A candidate held against the other images of its bundle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from judging.rubrics.classical.colour import compare_palettes
from modeling.net.features.findings import Findings
from modeling.net.features.values import Values, prefix

# What is told of the candidate less what is usual among its siblings.
APART = ("blur", "noise", "evenness", "contrast", "light", "colourfulness", "saturation", "colour_entropy", "same", "frame_step")
# The same for what is told beside the references; of some the best of the siblings is told too: one of them may meet the brief for all.
BESIDE = ("explained", "hue_turn", "chroma_ratio", "contrast_ratio", "strength_0", "residue_noise", "odd_share")
BEST = ("explained",)


def measure_siblings(own: Findings, others: Sequence[Findings]) -> Values:
    """How far `own` is from `others`, of which there is at least one."""
    palettes = [compare_palettes(own.palette, other.palette) / 10 for other in others]
    alone = {name: own.alone.get(name, np.nan) - _middle([other.alone for other in others], name) for name in APART}
    beside = {name: own.beside.get(name, np.nan) - _middle([other.beside for other in others], name) for name in BESIDE}
    return {
        "palette": float(np.median(palettes)),
        "palette_nearest": min(palettes),
        **prefix("apart", alone),
        **prefix("apart", beside),
        **{f"best_{name}": max([other.beside[name] for other in others if name in other.beside], default=np.nan) for name in BEST},
        **{f"least_{name}": min([other.beside[name] for other in others if name in other.beside], default=np.nan) for name in BEST},
    }


def _middle(values: Sequence[Values], name: str) -> float:
    known = [found[name] for found in values if not np.isnan(found.get(name, np.nan))]
    return float(np.median(known)) if known else np.nan

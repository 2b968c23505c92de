"""How well each picture of a bundle fits the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from judging.rubrics.classical.colour import FAR_PALETTE, NEAR_PALETTE, compare_palettes
from judging.rubrics.classical.look import Look
from judging.rubrics.classical.quality import find_nearest
from judging.rubrics.classical.ramp import fall

# The same percentiles as for palettes, over the same pairs of references, of the distance of styles.
NEAR_STYLE, FAR_STYLE = 0.26, 1.07
# Distance between the quartiles over the reference pictures of ServImageBench.
CONTRAST_SPREAD, COLOURFULNESS_SPREAD, BLUR_SPREAD = 0.108, 39.7, 0.092


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How far one picture is from the rest of its bundle: distances of palettes (CIELAB units) and of styles, and the share in [0, 1].

    `to_reference` is the palette's distance to the nearest reference, None where the task has none.
    """

    palette: float
    style: float
    to_reference: float | None
    share: float


def fit_bundle(look: Look, others: Sequence[Look], references: Sequence[Look]) -> Fit:
    """How `look` fits `others`, of which there is at least one; by the median, so that one odd picture costs the rest little.

    The palette counts two thirds: against the others and, where there are any, against the references, which are the same for all.
    """
    palette = median(compare_palettes(look.palette, other.palette) for other in others)
    style = median(compare_styles(look, other) for other in others)
    to_reference = find_nearest(look, references)
    palettes = [fall(distance, NEAR_PALETTE, FAR_PALETTE) for distance in (palette, to_reference) if distance is not None]
    share = (2 * sum(palettes) / len(palettes) + fall(style, NEAR_STYLE, FAR_STYLE)) / 3
    return Fit(palette=palette, style=style, to_reference=to_reference, share=share)


def compare_styles(one: Look, other: Look) -> float:
    """The mean difference of contrast, colourfulness and softness, each by its spread over clean pictures; 0 is the same style."""
    differences = [(one.contrast - other.contrast) / CONTRAST_SPREAD, (one.colourfulness - other.colourfulness) / COLOURFULNESS_SPREAD]
    if one.blur is not None and other.blur is not None:
        differences.append((one.blur - other.blur) / BLUR_SPREAD)
    return sum(map(abs, differences)) / len(differences)

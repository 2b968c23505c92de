"""What is found in one picture by itself and beside the references of its order, kept, since it is a sibling of others as well."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from judging.rubrics.classical.colour import Palette, compare_palettes, read_palette
from modeling.net.features.alignment import FINE_PX, find_matches
from modeling.net.features.alone import measure_alone
from modeling.net.features.comparison import compare
from modeling.net.features.looks import Look, read_look
from modeling.net.features.values import Values, prefix
from modeling.net.records import Picture, PictureMissing

# What is told of the candidate less what is told of its nearest reference.
RELATIVE: tuple[str, ...] = (
    "blur",
    "noise",
    "evenness",
    "contrast",
    "span",
    "detail_0",
    "detail_1",
    "detail_2",
    "detail_3",
    "detail_fall",
    "light",
)
RELATIVE += ("tone_entropy", "tone_comb", "colourfulness", "saturation", "saturation_high", "colour_entropy", "grey", "same", "edges")
RELATIVE += ("between", "frame_step", "frame_narrow", "stroke_share", "stroke_patches", "stroke_large_patches")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is told of one picture: by itself, beside the references (empty where there are none), and its palette."""

    alone: Values
    beside: Values
    palette: Palette


def find(picture: Picture, references: tuple[Picture, ...]) -> Findings | None:
    """What is found in `picture`; None where it cannot be read."""
    try:
        return _find(picture, references)
    except PictureMissing:
        return None


def forget_findings() -> None:
    """Free the memory."""
    _find.cache_clear()
    _palette_of.cache_clear()


@lru_cache(maxsize=1024)
def _find(picture: Picture, references: tuple[Picture, ...]) -> Findings:
    look = read_look(picture)
    if look is None:
        raise PictureMissing(picture.sha256)
    alone, palette = measure_alone(look), read_palette(np.asarray(look.square(FINE_PX)))
    looks = [other for other in map(read_look, references) if other is not None]
    return Findings(alone=alone, palette=palette, beside=stand_beside(look, alone, palette, looks) if looks else {})


def stand_beside(look: Look, alone: Values, palette: Palette, others: list[Look]) -> Values:
    """`look` beside the one of `others` that explains most of it, and the colours of all of them."""
    matches = find_matches(look, others)
    nearest = measure_alone(matches[0].other)
    apart = [compare_palettes(palette, _palette_of(other)) for other in others]
    return {
        **compare(look, matches[0]),
        **prefix("more", {name: alone.get(name, np.nan) - nearest.get(name, np.nan) for name in RELATIVE}),
        "next_explained": matches[1].explained if len(matches) > 1 else np.nan,
        "palette_nearest": min(apart) / 10,
        "palette_matched": compare_palettes(palette, _palette_of(matches[0].other)) / 10,
        "references": float(np.log(len(others))),
    }


@lru_cache(maxsize=512)
def _palette_of(look: Look) -> Palette:
    return read_palette(np.asarray(look.square(FINE_PX)))

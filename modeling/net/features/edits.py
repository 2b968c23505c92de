"""An edited picture held against its source: what changed outside the background, and what became of the background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from judging.rubrics.classical.background import find_background
from judging.rubrics.classical.colour import convert_to_lab
from modeling.net.features.alignment import FINE_PX, Match, cover, find_matches, warp
from modeling.net.features.bands import tell_log
from modeling.net.features.comparison import compare
from modeling.net.features.looks import Look
from modeling.net.features.values import Values

# Of what is told of a picture beside another, what makes sense for an edit.
COMPARED: tuple[str, ...] = ("explained", "unexplained_log", "scale", "stretch", "shift", "colour_apart", "chroma_ratio", "contrast_ratio")
COMPARED += ("hue_turn", "strength_0", "strength_1", "agrees_1", "agrees_2", "residue", "residue_noise", "odd_share")
# A difference of CIELAB that nobody overlooks.
PLAIN = 10.0


def measure_edit(look: Look, sources: Sequence[Look]) -> Values:
    """`look` beside the source that explains most of it."""
    match = find_matches(look, sources)[0]
    told = compare(look, match)
    return {**{name: told[name] for name in COMPARED if name in told}, **measure_ground(look, match)}


def measure_ground(look: Look, match: Match) -> Values:
    """Background and the rest: their sizes, the colour of the background, and how both differ from the source (CIELAB)."""
    size = (FINE_PX, FINE_PX)
    own, other = np.asarray(look.square(FINE_PX)), np.asarray(warp(match.other.square(FINE_PX), match.place, size))
    shared = cover(match.place, size) > 0
    one, two = find_background(own), find_background(other)
    lab, apart = convert_to_lab(own), np.linalg.norm(convert_to_lab(own) - convert_to_lab(other), axis=-1)
    ground, subject = one & shared, ~one & ~two & shared
    return {
        "ground": float(one.mean()),
        "ground_grew": float(one.mean() - two.mean()),
        "ground_light": float(lab[one][:, 0].mean()) / 100 if one.any() else np.nan,
        "ground_chroma": float(np.hypot(lab[one][:, 1], lab[one][:, 2]).mean()) / 100 if one.any() else np.nan,
        "ground_uneven": tell_log(float(lab[one].std(axis=0).max())) if one.any() else np.nan,
        "ground_apart": tell_log(float(apart[ground].mean())) if ground.any() else np.nan,
        "subject_apart": tell_log(float(apart[subject].mean())) if subject.any() else np.nan,
        "subject_changed": float((apart[subject] > PLAIN).mean()) if subject.any() else np.nan,
        "subject_worst": tell_log(float(np.quantile(apart[subject], 0.95))) if subject.any() else np.nan,
    }

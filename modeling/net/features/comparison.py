"""A candidate held against a picture that it may have been made from: what of it is not explained, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log

import numpy as np

from judging.rubrics.classical.blockiness import measure_evenness
from judging.rubrics.classical.colour import convert_to_lab
from judging.rubrics.classical.noise import measure_noise
from judging.rubrics.classical.planes import LUMA, Pixels
from modeling.net.features.alignment import FINE_PX, RIDGE, Match, cover, read_floats, solve, warp
from modeling.net.features.bands import BLOCK_PX, list_details, mean_blocks, measure_power, tell_log
from modeling.net.features.looks import Floats, Look
from modeling.net.features.strokes import measure_spread
from modeling.net.features.values import Values, prefix

# Smaller than this, what both share is not compared.
LEAST_PX = 4 * BLOCK_PX
# Rounds of fitting colours, each with less weight on what the last one did not explain.
FITS = 3
# A block is not explained where its residue is that many times the usual one, and at least so many grey levels.
STANDS_OUT, LEAST_RESIDUE = 3.0, 4.0


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """The part of a candidate under which the other lies, and what the other predicts there (luma, 0 to 255)."""

    own: Floats
    predicted: Floats

    def shrink(self, times: int) -> Overlay:
        """Both at a part of the size."""
        return Overlay(own=mean_blocks(self.own, times), predicted=mean_blocks(self.predicted, times))


def compare(look: Look, match: Match) -> Values:
    """Everything that is told of `look` beside its match, by name."""
    colours, values = fit_colours(look, match)
    laid = lay_over(look, match, colours)
    sx, sy, tx, ty = (float(value) for value in match.place)
    return {
        "explained": match.explained,
        "unexplained_log": log(max(1e-4, 1 - match.explained)),
        "scale": log(sx * sy) / 2,
        "stretch": log(sx / sy),
        "shift": hypot(tx + (sx - 1) / 2, ty + (sy - 1) / 2),
        "aspect": _tell_aspect(look) - _tell_aspect(match.other),
        **values,
        **(measure_overlay(laid) if laid else {}),
    }


def fit_colours(look: Look, match: Match) -> tuple[Floats, Values]:
    """The affine change of the other's colours, shape (4, 3), that fits best where most of the picture agrees, and what it does."""
    side = (FINE_PX, FINE_PX)
    inside = cover(match.place, side).astype(bool).ravel()
    own, other = read_floats(look.square(FINE_PX)), read_floats(warp(match.other.square(FINE_PX), match.place, side))
    if not inside.any():
        return np.eye(4, 3, dtype=np.float32), {}
    own, other = own[:, inside], other[:, inside]
    terms = np.concatenate([other, np.ones((1, other.shape[1]), np.float32)])
    weights = np.ones(own.shape[1], np.float32)
    for _ in range(FITS):
        # Towards "not changed" where the picture does not tell.
        colours = np.eye(4, 3, dtype=np.float32) + solve(terms, weights, own - other, RIDGE)
        off = own - colours.T @ terms
        left = np.sqrt(np.square(off).sum(axis=0))
        weights = 1 / (1 + np.square(left / (2 * np.median(left) + np.float32(0.01))))
    return colours, tell_colours(own[:, ::2].T, other[:, ::2].T, left, colours)


def tell_colours(own: Floats, other: Floats, left: Floats, colours: Floats) -> Values:
    """How colours changed: as seen (CIELAB), in hue, strength and contrast, and what no affine change gives."""
    one, two = (convert_to_lab(np.rint(255 * pixels)[:, None].astype(np.uint8))[:, 0] for pixels in (own, other))
    chroma = [np.hypot(lab[:, 1], lab[:, 2]) for lab in (one, two)]
    product = (one[:, 1] + 1j * one[:, 2]) * (two[:, 1] - 1j * two[:, 2])
    sizes = np.abs(product)
    turned = product.sum() / (sizes.sum() + len(own))
    cells = np.angle(product[sizes > 100])
    change = colours[:3] - np.eye(3)
    luma_gain = float(one[:, 0].std() + 1) / float(two[:, 0].std() + 1)
    return {
        "colour_apart": tell_log(float(np.linalg.norm(one - two, axis=1).mean())),
        "chroma_apart": tell_log(float(np.linalg.norm((one - two)[:, 1:], axis=1).mean())),
        "light_apart": tell_log(float(np.abs((one - two)[:, 0]).mean())),
        "hue_turn": abs(float(np.angle(turned))) if abs(turned) > 0.02 else 0.0,
        "hue_turn_middle": float(np.median(np.abs(cells))) if len(cells) > 20 else 0.0,
        "hue_agrees": float(abs(turned)),
        "chroma_ratio": log((float(chroma[0].mean()) + 1) / (float(chroma[1].mean()) + 1)),
        "chroma_high_ratio": log((float(np.quantile(chroma[0], 0.95)) + 2) / (float(np.quantile(chroma[1], 0.95)) + 2)),
        "contrast_ratio": log(luma_gain),
        "colour_residue": tell_log(255 * float(left.mean())),
        "colour_residue_middle": tell_log(255 * float(np.median(left))),
        "colour_change": float(np.linalg.norm(change)),
        "colour_gain": float(np.trace(colours[:3]) / 3),
        "colour_mixed": float(np.abs(change - np.diag(np.diag(change))).max()),
    }


def lay_over(look: Look, match: Match, colours: Floats) -> Overlay | None:
    """Both on each other at the size of the copy of the candidate; None where too little is shared."""
    height, width = look.pixels.shape[:2]
    inside = cover(match.place, (width, height)) > 0
    rows, columns = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
    if min(len(rows), len(columns)) < LEAST_PX:
        return None
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    mixed = colours @ LUMA
    grey = match.other.image.convert("L", (*(float(share) for share in mixed[:3]), 255 * float(mixed[3])))
    predicted = np.asarray(warp(grey, match.place, (width, height)))[part]
    return Overlay(own=look.luma[part].astype(np.float32), predicted=predicted.astype(np.float32))


def measure_overlay(laid: Overlay) -> Values:
    """Which details are kept, at which size, and what is there besides: noise, blocks, or things that stand out in places."""
    residue = laid.own - laid.predicted
    strength = float(np.sqrt(measure_power(residue, residue)))
    blocks = np.sqrt(mean_blocks(np.square(residue)))
    usual = float(np.median(blocks))
    noise, evenness = measure_noise(residue), measure_evenness(residue)
    return {
        **_compare_details(laid),
        "residue": tell_log(strength),
        "residue_usual": tell_log(usual),
        "residue_share": strength / (float(laid.own.std()) + 2),
        "residue_peak": log((_peak(blocks) + 1) / (usual + 1)),
        "residue_noise": np.nan if noise is None else tell_log(noise),
        "residue_evenness": np.nan if evenness is None else evenness,
        **find_odd(laid),
    }


def find_odd(laid: Overlay) -> Values:
    """Where things stand that are not predicted, such as lettering: on the copy, and at a quarter of its size against noise."""
    return {**_find_odd("odd", laid, BLOCK_PX), **_find_odd("odd_far", laid.shrink(4), BLOCK_PX // 4)}


def _find_odd(name: str, laid: Overlay, side: int) -> Values:
    odd = mean_blocks(measure_odd(laid), side)
    usual = float(np.median(odd))
    spread = measure_spread(odd > max(STANDS_OUT * usual, LEAST_RESIDUE))
    return prefix(name, {**spread, "usual": tell_log(usual), "mean": tell_log(float(odd.mean())), "peak": tell_log(_peak(odd))})


def measure_odd(laid: Overlay) -> Pixels:
    """How far each pixel is outside of what is predicted for the 3 x 3 around it: an edge that is a little off is not odd."""
    # Whole grey levels: that is many times as fast.
    own, predicted = (np.clip(plane, 0, 255).astype(np.uint8) for plane in (laid.own, laid.predicted))
    least, most = spread_out(predicted, np.minimum), spread_out(predicted, np.maximum)
    return (np.maximum(own, least) - own) + (own - np.minimum(own, most))


def _peak(blocks: Floats) -> float:
    return float(np.quantile(blocks, 0.98))


def spread_out(plane: Pixels, choose: np.ufunc) -> Pixels:
    """The least or the most of the 3 x 3 around every pixel."""
    wide = np.pad(plane, 1, mode="edge")
    tall = choose(choose(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(choose(choose(tall[:, :-2], tall[:, 1:-1]), tall[:, 2:]))


def _compare_details(laid: Overlay) -> Values:
    found: dict[str, float] = {}
    for level, (own, predicted) in enumerate(zip(list_details(laid.own), list_details(laid.predicted), strict=True)):
        power, kept, total = (measure_power(one, two) for one, two in ((predicted, predicted), (own, predicted), (own, own)))
        gain = kept / (power + 0.05)
        found |= {
            f"kept_{level}": gain,
            f"agrees_{level}": kept / (np.sqrt(power * total) + 0.05),
            f"added_{level}": tell_log(np.sqrt(max(0.0, total - 2 * gain * kept + gain * gain * power))),
            f"strength_{level}": log((np.sqrt(total) + 0.2) / (np.sqrt(power) + 0.2)),
        }
    return found


def _tell_aspect(look: Look) -> float:
    height, width = look.pixels.shape[:2]
    return log(width / height)

"""Laying one picture on another that may show the same: where it lies there, and how its colours were changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from modeling.net.features.looks import Floats, Look

# Coarse to fine: sides of the squares that both are stretched to, and steps of Gauss-Newton at each.
COARSE_PX, FINE_PX = 32, 48
COARSE_STEPS, FINE_STEPS = 3, 2
# So many of the others are looked at more closely than by colours at their place.
CLOSE_LOOKS = 2
# A picture cut or framed by more than that is another one.
MOST_SCALE, MOST_SHIFT = 1.3, 0.2
LARGEST_STEP = 0.05
RIDGE = 1e-4
# There a picture is mixed with what is around it, and its gradient is that of its edge.
RIM_PX = 1.5
# Where to begin: as a whole, and as a picture in a frame of a twentieth on each side.
STARTS = (np.array([1, 1, 0, 0], np.float32), np.array([1.11, 1.11, -0.055, -0.055], np.float32))


@dataclass(frozen=True, kw_only=True)
class Match:
    """How a picture lies on another: (x, y) in [0, 1] of it is at (place[0] x + place[2], place[1] y + place[3]) of the other.

    `explained` is the share of the variance of its colours that an affine change of the other's colours gives, at most 1, on squares of
    `side` pixels.
    """

    other: Look
    place: Floats
    explained: float
    side: int


def find_matches(look: Look, others: Sequence[Look]) -> list[Match]:
    """The one or two `others` that are most like `look`, laid under it; the one that explains most first."""
    rough = sorted((max(_try_starts(look, other), key=_by_explained) for other in others), key=_by_explained, reverse=True)
    best, *rest = sorted((refine(match, look, COARSE_PX, COARSE_STEPS) for match in rough[:CLOSE_LOOKS]), key=_by_explained, reverse=True)
    return [refine(best, look, FINE_PX, FINE_STEPS), *rest]


def _by_explained(match: Match) -> float:
    return match.explained


def _try_starts(look: Look, other: Look) -> Iterator[Match]:
    own = read_floats(look.square(COARSE_PX))
    for place in STARTS:
        yield Match(other=other, place=place, explained=_measure_at(own, other.square(COARSE_PX), place), side=COARSE_PX)


def refine(match: Match, look: Look, side: int, steps: int) -> Match:
    """The same match laid better, by steps of Gauss-Newton on squares of `side` pixels; as it was where they lead astray."""
    own, square, place = read_floats(look.square(side)), match.other.square(side), match.place
    for _ in range(steps):
        place = _take_step(own, read_floats(warp(square, place, (side, side))), place, side)
    before = match.explained if match.side == side else _measure_at(own, square, match.place)
    after = _measure_at(own, square, place)
    return Match(other=match.other, place=place if after > before else match.place, explained=max(before, after), side=side)


def _measure_at(own: Floats, square: Image.Image, place: Floats) -> float:
    size = square.size
    return measure_explained(own, read_floats(warp(square, place, size)), cover(place, size, RIM_PX).ravel())


def _take_step(own: Floats, warped: Floats, place: Floats, side: int) -> Floats:
    """Where the luma of `own` is better explained, by the linear terms of scale and shift beside those of colour."""
    luma, weights = own.mean(axis=0), cover(place, (side, side), RIM_PX).ravel()
    terms = np.ones((8, len(luma)), np.float32)
    terms[:3] = warped
    predicted = (solve(terms[:4], weights, luma[None], RIDGE)[:, 0] @ terms[:4]).reshape(side, side)
    down, right = np.zeros((2, side, side), np.float32)
    down[1:-1], right[:, 1:-1] = (predicted[2:] - predicted[:-2]) * (side / 2), (predicted[:, 2:] - predicted[:, :-2]) * (side / 2)
    at = ((np.arange(side) + 0.5) / side).astype(np.float32)
    terms[4:].reshape(4, side, side)[:] = right * at, down * at[:, None], right, down
    terms[4:] /= np.concatenate([place[:2], place[:2]])[:, None]
    found = place + np.clip(solve(terms, weights, luma[None], RIDGE)[4:, 0], -LARGEST_STEP, LARGEST_STEP)
    return np.concatenate([np.clip(found[:2], 1 / MOST_SCALE, MOST_SCALE), np.clip(found[2:], -MOST_SHIFT, MOST_SHIFT)]).astype(np.float32)


def solve(terms: Floats, weights: Floats, wanted: Floats, ridge: float) -> Floats:
    """The coefficients, shape (terms, wanted), of weighted least squares; held a little towards 0, so that flat pictures have some too.

    `terms` and `wanted` have a row each, with a column per pixel.
    """
    weighted = terms * weights
    products = weighted @ terms.T
    products.flat[:: len(products) + 1] += ridge * terms.shape[1]
    return np.linalg.solve(products, weighted @ wanted.T).astype(np.float32)


def measure_explained(own: Floats, warped: Floats, weights: Floats) -> float:
    """The share of the variance of the colours of `own`, where `weights` are 1, that an affine change of those of `warped` gives."""
    total = float(weights.sum())
    if total < 1:
        return 0.0
    both = np.concatenate([warped, own]).astype(np.float64)
    both -= (both @ weights / total)[:, None]
    moments = (both * weights) @ both.T
    inner, cross = moments[:3, :3] + 1e-5 * len(weights) * np.eye(3), moments[:3, 3:]
    coefficients = np.linalg.solve(inner, cross)
    variance = float(np.trace(moments[3:, 3:]))
    left = variance - float((coefficients * (2 * cross - moments[:3, :3] @ coefficients)).sum())
    # A flat picture is explained by any other; a thousandth of the range is no variance.
    return 1 - max(0.0, left) / (variance + 3e-6 * total)


def warp(image: Image.Image, place: Floats, size: tuple[int, int]) -> Image.Image:
    """`image` as it lies under a picture of `size`; black beyond its edges."""
    (wide, high), (width, height) = image.size, size
    sx, sy, tx, ty = (float(value) for value in place)
    data = (sx * wide / width, 0, tx * wide, 0, sy * high / height, ty * high)
    return image.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)


def cover(place: Floats, size: tuple[int, int], rim: float = 0.0) -> Floats:
    """1 where a picture of `size` has the other under it, `rim` pixels from its edge at least, and 0 elsewhere; shape (height, width)."""
    parts = []
    for length, scale, shift in zip(size, place[:2], place[2:], strict=True):
        at, least = scale * (np.arange(length) + 0.5) / length + shift, rim * scale / length
        parts.append((at > least) & (at < 1 - least))
    return np.asarray(np.logical_and(parts[1][:, None], parts[0]), dtype=np.float32)


def read_floats(image: Image.Image) -> Floats:
    """The colours of `image`, 0 to 1, shape (3, pixels)."""
    return np.ascontiguousarray(np.asarray(image).reshape(-1, 3).T, dtype=np.float32) / np.float32(255)

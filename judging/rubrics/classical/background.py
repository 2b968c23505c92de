"""The background of a portrait: what an edit of one is mostly about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from judging.rubrics.classical.colour import convert_to_lab
from judging.rubrics.classical.planes import Pixels

Mask = NDArray[np.bool_]

# Five times the difference that is plain to see, about 2.3 (Mahy, Van Eycken & Oosterlinck 1994): room for soft light and grain.
SAME_COLOUR = 12.0


def find_background(pixels: Pixels) -> Mask:
    """Where `pixels` have the colour of their upper corners and are joined to the upper edge by it, shape (height, width)."""
    lab = convert_to_lab(pixels)
    corner = max(1, min(lab.shape[:2]) // 16)
    left, right = (np.median(lab[:corner, part].reshape(-1, 3), axis=0) for part in (slice(None, corner), slice(-corner, None)))
    alike = (np.linalg.norm(lab - left, axis=-1) < SAME_COLOUR) | (np.linalg.norm(lab - right, axis=-1) < SAME_COLOUR)
    return spread_within(alike)


def spread_within(allowed: Mask) -> Mask:
    """What of `allowed` is joined to its first row, up, down and sideways."""
    reached, count = np.zeros_like(allowed), 0
    reached[0] = allowed[0]
    while (found := int(np.count_nonzero(reached))) > count:
        count, wider = found, reached.copy()
        wider[1:] |= reached[:-1]
        wider[:-1] |= reached[1:]
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        reached = wider & allowed
    return reached

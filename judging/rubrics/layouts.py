"""How pictures fit into one request: each by itself, or as one sheet of numbered cells. Plain arithmetic; no picture is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from judging.rubrics.base import Layout, Limits

# The longer side in pixels at which a picture is sent, alone or with a few others, and among many.
SIDE_PX, SMALL_SIDE_PX = 1024, 512
FEW = 4
SHEET_PX = 2048
# Below this a cell no longer shows what is to be compared.
LEAST_CELL_PX = 160
# The strip above each cell that carries its number.
MARGIN_PX = 28


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A way to send several pictures in one request: `side_px` is the longer side of each, or of the whole sheet."""

    layout: Layout
    side_px: int


def cap(side_px: int, limits: Limits) -> int:
    """`side_px`, or what the backend takes where that is less."""
    return min(side_px, limits.side_px or side_px)


def fit_pictures(count: int, limits: Limits) -> Fit | None:
    """How `count` pictures are sent together: each by itself, else as one sheet, else None where its cells would be too small."""
    if count <= limits.pictures:
        return Fit(layout="each", side_px=cap(SIDE_PX if count <= FEW else SMALL_SIDE_PX, limits))
    side_px = cap(SHEET_PX, limits)
    return Fit(layout="sheet", side_px=side_px) if cell_px(count, side_px) >= LEAST_CELL_PX else None


def count_columns(count: int) -> int:
    """Columns of a sheet with `count` cells: as many as rows, or one more."""
    return math.ceil(math.sqrt(count))


def cell_px(count: int, side_px: int) -> int:
    """The side of the square that each of `count` pictures gets on a sheet `side_px` wide, without the strip for its number.

    23 pictures on 2,048 px: five columns of 409 px, less 28 px for the number, are 381 px.
    """
    return side_px // count_columns(count) - MARGIN_PX

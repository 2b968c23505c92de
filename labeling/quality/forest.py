"""Geometry of the forest plot: one line for each effect with its interval. Colours are the style sheet's business.

The names stand above their lines, so that it stays readable on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labeling.quality.effect_rows import EffectRow

WIDTH, SIDE, TOP, ROW, BOTTOM = 400, 14, 6, 42, 26
# At most so many numbers along the axis, and steps between them of 1, 2 or 5 times a power of ten.
MOST_TICKS = 6


@dataclass(frozen=True, kw_only=True)
class Line:
    """One effect: the places of its name, its line, its value and the ends of its interval; these are None where it has none."""

    row: EffectRow
    label_y: float
    y: float
    x: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Forest:
    """The plot in units of its view box."""

    width: int
    height: int
    left: int
    right: int
    top: int
    base: float
    zero: float
    ticks: Sequence[tuple[float, float]]
    lines: Sequence[Line]


def draw_forest(rows: Sequence[EffectRow]) -> Forest | None:
    """The effects in points that have a value; None if none has. Times are in another unit, so they stand in the table alone."""
    shown = [row for row in rows if row.value is not None and not row.is_time]
    if not shown:
        return None
    ends = [end for row in shown for end in (row.value, row.low, row.high, 0.0) if end is not None]
    ticks = find_ticks(min(ends), max(ends))
    first, last = ticks[0], ticks[-1]

    def place(value: float | None) -> float | None:
        return None if value is None else round(SIDE + (WIDTH - 2 * SIDE) * (value - first) / (last - first), 1)

    lines = [
        Line(
            row=row,
            label_y=TOP + ROW * number + 14,
            y=TOP + ROW * number + 28,
            x=place(row.value) or 0,
            low=place(row.low),
            high=place(row.high),
        )
        for number, row in enumerate(shown)
    ]
    base = TOP + ROW * len(shown)
    marks = [(tick, place(tick) or 0) for tick in ticks]
    return Forest(
        width=WIDTH, height=base + BOTTOM, left=SIDE, right=WIDTH - SIDE, top=TOP, base=base, zero=place(0) or 0, ticks=marks, lines=lines
    )


def find_ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most `low` to at least `high`, which is taken to be 1 more at least."""
    high = max(high, low + 1)
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= MOST_TICKS - 1)
    start, end = math.floor(low / step), math.ceil(round(high / step, 9))
    return [round(step * number, 6) for number in range(start, end + 1)]

"""Sizes with a unit as the published files write them, which have none: a side below 100 is no number of pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# From here on a side is read as pixels (labeling/data_in/hard_rules/sizes.py).
LEAST_PIXELS = 100
PREFIXES = {"exact": "", "at_least": "min_", "at_most": "max_"}

# Width and height, None where not stated; the unit; and exact, at_least or at_most.
Stated = tuple[float | None, float | None, str, str]


def show_sizes(sizes: Iterable[Stated]) -> Any:
    """One object of lengths, or a list of them where there are several; None where nothing is stated."""
    shown = [shown for size in sizes if (shown := show_size(*size))]
    return shown[0] if len(shown) == 1 else shown or None


def show_size(width: float | None, height: float | None, unit: str, bound: str) -> dict[str, float]:
    """One size; sides that are not stated, or 0, are left out.

    A size in mm, cm or inches is divided by ten until no side can be taken for pixels: only the ratio of its sides can be checked
    against a picture, and that stays.
    """
    sides = {"width": width, "height": height}
    stated = {name: side for name, side in sides.items() if side}
    while unit in ("mm", "cm", "inch") and any(side >= LEAST_PIXELS for side in stated.values()):
        stated = {name: round(side / 10, 6) for name, side in stated.items()}
    return {f"{PREFIXES[bound]}{name}": int(side) if float(side).is_integer() else side for name, side in stated.items()}

"""Dimensions as the files write them, from `{width, height}` to lists and named parts, as boxes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from labeling.data_in.codes import Code
from labeling.data_in.hard_rules.values import Box, Number
from labeling.data_in.problem import Line, Place, warn

SIDES = ("width", "height", "min_width", "min_height", "max_width", "max_height")
# Below this no side of a picture in pixels was ever meant: 57 pairs of the published tasks are centimetres, inches
# or millimetres.
LEAST_PIXELS = 100
MAX_LENGTH = 10_000_000
MAX_PARTS_DEPTH = 4


def parse_sizes(raw: object, place: Place) -> tuple[tuple[Box, ...], list[str], list[Line]]:
    """The boxes in `raw`, the values that are no lengths as text, and what to report about them."""
    boxes: list[Box] = []
    stray: list[str] = []
    lines: list[Line] = []
    for name, part, here in _find_parts(raw, "", place, 0):
        if not isinstance(part, dict):
            stray.append(_show(part))
            lines.append(warn(Code.BAD_DIMENSION, here, text=_show(part)))
            continue
        lengths, bad = _read_lengths(part, here, lines)
        stray += bad
        if box := _make_box(name, lengths):
            boxes.append(box)
            if box.unit == "unit_unknown":
                lines.append(warn(Code.UNIT_UNKNOWN, here, size=show_box(box)))
    return tuple(boxes), stray, lines


def _find_parts(raw: object, name: str, place: Place, depth: int) -> Iterator[tuple[str, object, Place]]:
    """Each part of `raw` with lengths of its own, named by its path; a list names its parts 1, 2, 3."""
    if isinstance(raw, list) and depth < MAX_PARTS_DEPTH:
        for number, part in enumerate(raw, start=1):
            yield from _find_parts(part, f"{name} {number}".strip(), place.inside(number - 1), depth + 1)
    elif isinstance(raw, dict) and depth < MAX_PARTS_DEPTH:
        inner = {key: value for key, value in raw.items() if isinstance(value, dict | list)}
        own = {key: value for key, value in raw.items() if key not in inner}
        if own:
            yield name, own, place
        for key, value in inner.items():
            yield from _find_parts(value, f"{name} {key}".strip(), place.inside(key), depth + 1)
    else:
        yield name, raw, place


def _read_lengths(part: Mapping[str, object], place: Place, lines: list[Line]) -> tuple[dict[str, Number], list[str]]:
    lengths: dict[str, Number] = {}
    stray: list[str] = []
    for key, value in part.items():
        number = _read_number(value)
        if number is None:
            stray.append(f"{key}: {_show(value)}")
            lines.append(warn(Code.BAD_DIMENSION, place.inside(key), text=_show(value)))
        else:
            lengths[key] = number
    zero = [key for key, number in lengths.items() if number == 0]
    if zero:
        lines.append(warn(Code.ZERO_DIMENSION, place, sides=", ".join(zero)))
    return {key: number for key, number in lengths.items() if number}, stray


def _read_number(value: object) -> Number | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= MAX_LENGTH:
        return None
    return int(value) if value == int(value) else float(value)


def _make_box(name: str, lengths: dict[str, Number]) -> Box | None:
    sides = {key: value for key, value in lengths.items() if key in SIDES}
    extra = tuple((key, value) for key, value in lengths.items() if key not in SIDES)
    if not lengths:
        return None
    in_pixels = bool(sides) and not extra and min(sides.values()) >= LEAST_PIXELS
    return Box(
        name=name,
        width=sides.get("width"),
        height=sides.get("height"),
        min_width=sides.get("min_width"),
        min_height=sides.get("min_height"),
        max_width=sides.get("max_width"),
        max_height=sides.get("max_height"),
        extra=extra,
        unit="px" if in_pixels else "unit_unknown",
    )


def show_box(box: Box) -> str:
    """The lengths of `box` in short: `1080 x 1920`, `min 800 x ?`, `14 x 20, depth 5`; the same in every language."""
    parts = []
    for prefix, width, height in (
        ("", box.width, box.height),
        ("min ", box.min_width, box.min_height),
        ("max ", box.max_width, box.max_height),
    ):
        if width is not None or height is not None:
            parts.append(f"{prefix}{'?' if width is None else width} x {'?' if height is None else height}")
    return ", ".join([*parts, *(f"{name} {value}" for name, value in box.extra)])


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

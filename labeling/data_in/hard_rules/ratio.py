"""Aspect ratios as the files write them: numbers, one decimal, or a word for the orientation."""

from __future__ import annotations

import re

from labeling.data_in.hard_rules.values import Number, OrientationRule, RatioRule

NUMBER = r"(\d{1,6}(?:\.\d{1,12})?)"
TWO_NUMBERS = re.compile(rf"\s*{NUMBER}\s*[:：]\s*{NUMBER}\s*")
ONE_NUMBER = re.compile(rf"\s*{NUMBER}\s*")
# "stacked" and "variable" occur too and say nothing about the sides.
PORTRAIT_WORDS = frozenset({"竖版", "竖排", "竖标", "竖", "vertical", "portrait"})
LANDSCAPE_WORDS = frozenset({"横版", "横排", "横标", "横", "horizontal", "landscape", "长方形"})


def parse_ratio(text: str) -> RatioRule | OrientationRule | None:
    """The rule that `text` states, or None where it states neither a ratio nor an orientation.

    One number alone does not say which side it is of (in the published tasks it is mostly height to width), so it is
    accepted either way. 1:1 comes as a plain rule; whether it is weak depends on the size beside it.
    """
    if two := TWO_NUMBERS.fullmatch(text):
        width, height = parse_number(two[1]), parse_number(two[2])
        return RatioRule(text=text.strip(), width=width, height=height) if width and height else None
    if one := ONE_NUMBER.fullmatch(text):
        value = parse_number(one[1])
        return RatioRule(text=text.strip(), width=value, height=1, either_way=True) if value else None
    word = text.strip().lower()
    if word in PORTRAIT_WORDS:
        return OrientationRule(text=text.strip(), orientation="portrait")
    if word in LANDSCAPE_WORDS:
        return OrientationRule(text=text.strip(), orientation="landscape")
    return None


def parse_number(text: str) -> Number:
    """The number in `text`, an int where it has no fraction."""
    value = float(text)
    return int(value) if value.is_integer() else value


def ratios_agree(sides: tuple[Number, Number], other: tuple[Number, Number], tolerance: float = 0.02) -> bool:
    """Whether width to height of both is the same within `tolerance` of the second."""
    return abs(sides[0] * other[1] - sides[1] * other[0]) <= tolerance * sides[1] * other[0]

"""Which hard rules a picture meets, as far as numbers can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labeling.data_in.hard_rules.ratio import ratios_agree
from labeling.data_in.hard_rules.values import Box, DpiRule, FileTypeRule, Number, OrientationRule, RatioRule, Rule, SizeRule

Status = Literal["met", "unmet", "not_assessable"]
Numbers = Mapping[str, Number | str]

# Ratios come rounded (1:1.41667) and sizes in whole pixels.
RATIO_TOLERANCE = 0.02
# 300 dpi is stored in PNG as 11,811 dots per metre, which is 299.999.
DPI_TOLERANCE = 0.5
TYPE_OF_FORMAT = {"JPEG": "JPG", "MPO": "JPG"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What the rules are held against: upright size in pixels, true format (JPEG, PNG, WEBP), dpi or None if not stated."""

    width: int
    height: int
    format: str
    dpi: Number | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule and whether the picture meets it; `numbers` are the values that were compared."""

    rule: Rule
    status: Status
    numbers: Numbers = field(default_factory=dict, hash=False)

    @property
    def warns_only(self) -> bool:
        """Whether the rule is unmet but too uncertain to count against the picture."""
        return self.status == "unmet" and self.rule.weak


def assess_rules(rules: Iterable[Rule], width: int, height: int, format: str, dpi: Number | None = None) -> list[Finding]:
    """One finding per rule, in the order of the rules, for a picture of `width` x `height` pixels.

    `format` is the true format (JPEG, PNG, WEBP), `dpi` None where the file states none. What a picture file cannot
    show (a vector file, a text, a style) is not_assessable and never unmet.
    """
    picture = Picture(width=width, height=height, format=format, dpi=dpi)
    return [_assess(rule, picture) for rule in rules]


def _assess(rule: Rule, picture: Picture) -> Finding:
    check = CHECKS.get(rule.kind)
    status, numbers = check(rule, picture) if check else ("not_assessable", {})
    return Finding(rule=rule, status=status, numbers=numbers)


def _check_size(rule: SizeRule, picture: Picture) -> tuple[Status, Numbers]:
    results = [_check_box(box, picture) for box in rule.boxes]
    numbers: Numbers = {"width": picture.width, "height": picture.height}
    for box, status in zip(rule.boxes, results, strict=True):
        if status == "met":
            return "met", {**numbers, "box": box.name} if box.name else numbers
    # One picture cannot have several sizes, and named boxes may be parts of it: none fitting proves nothing.
    return (results[0] if len(results) == 1 else "not_assessable"), numbers


def _check_box(box: Box, picture: Picture) -> Status:
    if box.extra:
        return "not_assessable"
    if box.unit != "px":
        agrees = box.sides and ratios_agree((picture.width, picture.height), box.sides, RATIO_TOLERANCE)
        return "not_assessable" if agrees is None else "met" if agrees else "unmet"
    fits = (
        box.width in (None, picture.width)
        and box.height in (None, picture.height)
        and (box.min_width or 0) <= picture.width <= (box.max_width or picture.width)
        and (box.min_height or 0) <= picture.height <= (box.max_height or picture.height)
    )
    return "met" if fits else "unmet"


def _check_ratio(rule: RatioRule, picture: Picture) -> tuple[Status, Numbers]:
    numbers: Numbers = {"width": picture.width, "height": picture.height, "ratio": round(picture.width / picture.height, 4)}
    if rule.overruled:
        return "not_assessable", numbers
    sides = (picture.width, picture.height)
    turned = rule.either_way and ratios_agree(sides, (rule.height, rule.width), RATIO_TOLERANCE)
    agrees = turned or ratios_agree(sides, (rule.width, rule.height), RATIO_TOLERANCE)
    return "met" if agrees else "unmet", numbers


def _check_orientation(rule: OrientationRule, picture: Picture) -> tuple[Status, Numbers]:
    long, short = (picture.height, picture.width) if rule.orientation == "portrait" else (picture.width, picture.height)
    return "met" if long > short else "unmet", {"width": picture.width, "height": picture.height}


def _check_file_type(rule: FileTypeRule, picture: Picture) -> tuple[Status, Numbers]:
    name = TYPE_OF_FORMAT.get(picture.format, picture.format)
    raster = [item.name for item in rule.types if item.file_class == "raster"]
    if not raster:
        return "not_assessable", {"file_type": name}
    return "met" if name in raster else "unmet", {"file_type": name}


def _check_dpi(rule: DpiRule, picture: Picture) -> tuple[Status, Numbers]:
    if picture.dpi is None:
        return "not_assessable", {}
    return "met" if picture.dpi >= rule.min_dpi - DPI_TOLERANCE else "unmet", {"dpi": picture.dpi}


CHECKS: Mapping[str, Callable[[Any, Picture], tuple[Status, Numbers]]] = {
    SizeRule.kind: _check_size,
    RatioRule.kind: _check_ratio,
    OrientationRule.kind: _check_orientation,
    FileTypeRule.kind: _check_file_type,
    DpiRule.kind: _check_dpi,
}

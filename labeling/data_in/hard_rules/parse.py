"""From the `rules` object of a deliverable to typed rules; nothing in it can make the deliverable unusable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from labeling.data_in.codes import Code
from labeling.data_in.hard_rules.file_types import parse_file_type
from labeling.data_in.hard_rules.ratio import parse_ratio, ratios_agree
from labeling.data_in.hard_rules.sizes import parse_sizes, show_box
from labeling.data_in.hard_rules.values import DpiRule, FileTypeRule, RatioRule, Rule, SizeRule, TextRule, VerbatimRule
from labeling.data_in.json_text import name_type
from labeling.data_in.problem import Line, Place, warn

TEXT_TOPICS = frozenset({"colors", "color", "style", "material", "background_color", "min_pages", "annotation"})
# Fine art print is done at 1,200; 380 occurs and may be meant, 8,000 cannot.
MOST_DPI = 2_400

Parsed = tuple[list[Rule], list[Line]]


def parse_rules(raw: object, place: Place) -> tuple[tuple[Rule, ...], list[Line]]:
    """The hard rules in `raw` (None where the deliverable has none) and what to report about them."""
    if raw is None:
        return (), []
    rules, lines = _parse_object(raw, place)
    rules, more = _settle_ratio_against_size(_merge_file_types(rules), place)
    return tuple(rules), lines + more


def _parse_object(raw: object, place: Place) -> Parsed:
    """The rules of one level; `visual_specs` and `resolution` hold further levels."""
    rules: list[Rule] = []
    lines: list[Line] = []
    if not isinstance(raw, dict) or place.field.count("visual_specs") > 1:
        return _keep_text(place.field.rpartition(".")[2], raw), [warn(Code.WRONG_TYPE, place, wanted="object", found=name_type(raw))]
    for key, value in raw.items():
        here = place.inside(key)
        if key == "file_type" and place.field.endswith("visual_specs"):
            lines.append(warn(Code.MISPLACED_RULE, here))
        found, more = PARSERS.get(key, _parse_stray)(value, here)
        rules += found
        lines += more
    return rules, lines


def _parse_file_types(value: object, place: Place) -> Parsed:
    texts = [item for item in _as_list(value) if isinstance(item, str) and item.strip()]
    lines = [] if len(texts) == len(_as_list(value)) else [warn(Code.WRONG_TYPE, place, wanted="text", found=name_type(value))]
    types = tuple(dict.fromkeys(map(parse_file_type, texts)))
    lines += [warn(Code.UNKNOWN_FILE_TYPE, place, text=item.name) for item in types if item.file_class == "other"]
    return ([FileTypeRule(types=types)] if types else []), lines


def _parse_ratio(value: object, place: Place) -> Parsed:
    rule = parse_ratio(value) if isinstance(value, str) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        rule = parse_ratio(str(value))
    if rule is None:
        text = _show(value)
        return [TextRule(topic="aspect_ratio", texts=(text,))], [warn(Code.RATIO_UNPARSED, place, text=text)]
    if isinstance(rule, RatioRule) and rule.either_way:
        return [rule], [warn(Code.RATIO_ONE_NUMBER, place, text=rule.text)]
    return [rule], []


def _parse_dimensions(value: object, place: Place) -> Parsed:
    boxes, stray, lines = parse_sizes(value, place)
    rules: list[Rule] = [SizeRule(boxes=boxes)] if boxes else []
    return rules + ([TextRule(topic="dimensions", texts=tuple(stray))] if stray else []), lines


def _parse_min_dpi(value: object, place: Place) -> Parsed:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 10**6:
        return _keep_text("min_dpi", value), [warn(Code.WRONG_TYPE, place, wanted="number", found=name_type(value))]
    dpi = int(value) if value == int(value) else float(value)
    if dpi > MOST_DPI:
        return [DpiRule(min_dpi=dpi, weak=True)], [warn(Code.IMPLAUSIBLE_DPI, place, dpi=str(dpi))]
    return [DpiRule(min_dpi=dpi)], []


def _parse_verbatim(value: object, place: Place) -> Parsed:
    texts = tuple(_show(item) for item in _as_list(value) if _show(item).strip())
    return ([VerbatimRule(texts=texts)] if texts else []), []


def _parse_stray(value: object, place: Place) -> Parsed:
    topic = place.field.rpartition(".")[2]
    return _keep_text(topic, value), [] if topic in TEXT_TOPICS else [warn(Code.UNKNOWN_RULE, place)]


PARSERS: dict[str, Callable[[object, Place], Parsed]] = {
    "visual_specs": _parse_object,
    "resolution": _parse_object,
    "required_text": _parse_object,
    "file_type": _parse_file_types,
    "aspect_ratio": _parse_ratio,
    "dimensions": _parse_dimensions,
    "min_dpi": _parse_min_dpi,
    "must_include_verbatim": _parse_verbatim,
}


def _settle_ratio_against_size(rules: list[Rule], place: Place) -> Parsed:
    """Mark the ratio where the size beside it says otherwise: pixels decide, and 1:1 gives way to any size.

    1:1 stands at 672 of 2,046 published deliverables, about half of them without a cue in the brief, so it only warns.
    """
    ratio = next((rule for rule in rules if isinstance(rule, RatioRule)), None)
    size = next((rule for rule in rules if isinstance(rule, SizeRule)), None)
    if ratio is None:
        return rules, []
    square = ratio.width == ratio.height and not ratio.either_way
    boxes = [box for box in size.boxes if box.sides] if size else []
    if size is None or not boxes:
        return _swap(rules, ratio, replace(ratio, weak=square)), []
    decided = any(box.unit == "px" for box in boxes)
    if ratio.either_way:
        return _swap(rules, ratio, replace(ratio, overruled=decided)), []
    if any(box.sides and ratios_agree(box.sides, (ratio.width, ratio.height)) for box in boxes):
        return rules, []
    line = warn(Code.RATIO_AND_SIZE, place, ratio=ratio.text, size="; ".join(map(show_box, boxes)))
    decided = decided or square
    # Neither can be trusted to refuse a picture where nothing decides between them.
    rules = _swap(rules, size, replace(size, weak=not decided))
    return _swap(rules, ratio, replace(ratio, weak=True, overruled=decided)), [line]


def _swap(rules: list[Rule], old: Rule, new: Rule) -> list[Rule]:
    return [new if rule is old else rule for rule in rules]


def _merge_file_types(rules: list[Rule]) -> list[Rule]:
    found = [rule for rule in rules if isinstance(rule, FileTypeRule)]
    if len(found) < 2:
        return rules
    merged = FileTypeRule(types=tuple(dict.fromkeys(item for rule in found for item in rule.types)))
    return [merged, *(rule for rule in rules if not isinstance(rule, FileTypeRule))]


def _keep_text(topic: str, value: object) -> list[Rule]:
    texts = tuple(_show(item) for item in _as_list(value))
    return [TextRule(topic=topic, texts=texts)] if texts else []


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _show(value: object) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

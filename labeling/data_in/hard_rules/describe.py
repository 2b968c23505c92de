"""Hard rules as the page shows them: a kind, a label and a value, in the active language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from labeling.data_in.hard_rules.values import (
    Box,
    DpiRule,
    FileTypeRule,
    Number,
    OrientationRule,
    RatioRule,
    Rule,
    SizeRule,
    TextRule,
    VerbatimRule,
)


@dataclass(frozen=True, kw_only=True)
class RuleText:
    """One rule for the page: `kind` for icons and tests, `label`, one or more `values`, and a `note` (may be empty)."""

    kind: str
    label: str
    values: tuple[str, ...]
    note: str = ""


def describe_rule(rule: Rule) -> RuleText:
    """How `rule` reads on the page, in the active language."""
    match rule:
        case SizeRule():
            label, values = _("Size"), tuple(_describe_box(box) for box in rule.boxes)
        case RatioRule():
            label, values = _("Ratio"), (_describe_ratio(rule),)
        case OrientationRule():
            upright = rule.orientation == "portrait"
            label, values = _("Orientation"), (pgettext("orientation", "portrait") if upright else pgettext("orientation", "landscape"),)
        case FileTypeRule():
            label, values = _("File type"), tuple(item.name for item in rule.types)
        case DpiRule():
            label, values = _("Resolution"), (_("at least %(dpi)s dpi") % {"dpi": rule.min_dpi},)
        case VerbatimRule():
            label, values = _("Text, letter by letter"), rule.texts
        case TextRule():
            label, values = _label_topic(rule.topic), rule.texts
    return RuleText(kind=rule.kind, label=label, values=values, note=_note_on(rule))


def _describe_ratio(rule: RatioRule) -> str:
    stated = f"{rule.width}:{rule.height}"
    return _("%(ratio)s or %(turned)s") % {"ratio": stated, "turned": f"{rule.height}:{rule.width}"} if rule.either_way else stated


def _describe_box(box: Box) -> str:
    unit = " px" if box.unit == "px" else ""
    bounds = (
        (_describe_sides(box.width, box.height, unit), "%(size)s"),
        (_describe_sides(box.min_width, box.min_height, unit), _("at least %(size)s")),
        (_describe_sides(box.max_width, box.max_height, unit), _("at most %(size)s")),
    )
    lengths = [bound % {"size": size} for size, bound in bounds if size]
    text = ", ".join([*lengths, *(f"{name} {value}" for name, value in box.extra)])
    return f"{box.name}: {text}" if box.name else text


def _describe_sides(width: Number | None, height: Number | None, unit: str) -> str:
    if width is not None and height is not None:
        return f"{width} × {height}{unit}"
    if width is not None:
        return _("%(length)s wide") % {"length": f"{width}{unit}"}
    return _("%(length)s high") % {"length": f"{height}{unit}"} if height is not None else ""


def _label_topic(topic: str) -> str:
    return {
        "colors": _("Colours"),
        "color": _("Colour"),
        "background_color": _("Background colour"),
        "style": _("Style"),
        "material": _("Material"),
        "min_pages": _("Least number of pages"),
        "annotation": _("Remark"),
        "aspect_ratio": _("Ratio"),
        "dimensions": _("Size"),
    }.get(topic, topic)


def _note_on(rule: Rule) -> str:
    if isinstance(rule, RatioRule) and rule.overruled:
        return _("The size decides.")
    if isinstance(rule, SizeRule) and any(box.unit == "unit_unknown" for box in rule.boxes):
        return _("Unit unknown; only the ratio of the sides counts.")
    if isinstance(rule, FileTypeRule) and all(item.file_class != "raster" for item in rule.types):
        return _("No picture file can meet this.")
    return _("Uncertain; a warning only.") if rule.weak else ""

"""The hard rules of a deliverable as typed values, and their JSON form in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

Number = int | float
Unit = Literal["px", "unit_unknown"]
FileClass = Literal["raster", "vector", "editable_source", "machine", "other"]
Topic = str


@dataclass(frozen=True, kw_only=True)
class Box:
    """One size a rule asks for: exact sides, or bounds; None where the rule says nothing about a side.

    `name` tells boxes of one rule apart ("mobile", "unfolded", "2"). `extra` holds further lengths of a thing (depth,
    bottom); with one of them the box is a thing in space and says nothing about the sides of a picture.
    """

    name: str = ""
    width: Number | None = None
    height: Number | None = None
    min_width: Number | None = None
    min_height: Number | None = None
    max_width: Number | None = None
    max_height: Number | None = None
    extra: tuple[tuple[str, Number], ...] = ()
    unit: Unit = "unit_unknown"

    @property
    def sides(self) -> tuple[Number, Number] | None:
        """Width and height, from the bounds where they are not exact; None unless both are known."""
        width = self.min_width if self.width is None else self.width
        height = self.min_height if self.height is None else self.height
        return None if width is None or height is None else (width, height)

    def as_json(self) -> dict[str, Any]:
        """The box as a JSON object without the sides it says nothing about."""
        named = {key: value for key, value in vars(self).items() if value not in ("", None, ())}
        return named | ({"extra": [list(pair) for pair in self.extra]} if self.extra else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The box that `as_json` wrote."""
        return cls(**{**data, "extra": tuple((name, value) for name, value in data.get("extra", ()))})


@dataclass(frozen=True, kw_only=True)
class SizeRule:
    """The picture must have one of these sizes."""

    kind: ClassVar[str] = "size"
    boxes: tuple[Box, ...]
    weak: bool = False  # warn only


@dataclass(frozen=True, kw_only=True)
class RatioRule:
    """Width to height must be `width`:`height`; `either_way` accepts height to width as well.

    `weak` means warn only. `overruled` means that the size of the same deliverable says otherwise and decides.
    """

    kind: ClassVar[str] = "ratio"
    text: str
    width: Number
    height: Number
    either_way: bool = False
    weak: bool = False
    overruled: bool = False


@dataclass(frozen=True, kw_only=True)
class OrientationRule:
    """The picture must be upright (portrait) or lie on its long side (landscape)."""

    kind: ClassVar[str] = "orientation"
    text: str
    orientation: Literal["portrait", "landscape"]
    weak: bool = False


@dataclass(frozen=True, kw_only=True)
class FileType:
    """One requested file type: `name` in one spelling (JPG, TIFF), or the text itself where it is no known type."""

    name: str
    file_class: FileClass


@dataclass(frozen=True, kw_only=True)
class FileTypeRule:
    """The file types the client asked for, each once, in the order of the file."""

    kind: ClassVar[str] = "file_type"
    types: tuple[FileType, ...]
    weak: bool = False


@dataclass(frozen=True, kw_only=True)
class DpiRule:
    """The least resolution in dots per inch; an implausible one is `weak`."""

    kind: ClassVar[str] = "dpi"
    min_dpi: Number
    weak: bool = False


@dataclass(frozen=True, kw_only=True)
class VerbatimRule:
    """Texts that the picture must show letter by letter."""

    kind: ClassVar[str] = "verbatim"
    texts: tuple[str, ...]
    weak: bool = False


@dataclass(frozen=True, kw_only=True)
class TextRule:
    """A rule that only a person can check; `topic` is its key in the file (colors, style, aspect_ratio, ...)."""

    kind: ClassVar[str] = "text"
    topic: Topic
    texts: tuple[str, ...]
    weak: bool = False


Rule = SizeRule | RatioRule | OrientationRule | FileTypeRule | DpiRule | VerbatimRule | TextRule
RULE_CLASSES: Mapping[str, type[Rule]] = {
    rule.kind: rule for rule in (SizeRule, RatioRule, OrientationRule, FileTypeRule, DpiRule, VerbatimRule, TextRule)
}


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """`rule` as a JSON object that names its kind."""
    data: dict[str, Any] = {"kind": rule.kind, **vars(rule)}
    if isinstance(rule, SizeRule):
        data["boxes"] = [box.as_json() for box in rule.boxes]
    elif isinstance(rule, FileTypeRule):
        data["types"] = [vars(file_type) for file_type in rule.types]
    elif isinstance(rule, VerbatimRule | TextRule):
        data["texts"] = list(rule.texts)
    return data


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """The rule that `rule_as_json` wrote. Raises KeyError or TypeError for anything else."""
    fields = {key: value for key, value in data.items() if key != "kind"}
    if data["kind"] == SizeRule.kind:
        fields["boxes"] = tuple(Box.from_json(box) for box in fields["boxes"])
    elif data["kind"] == FileTypeRule.kind:
        fields["types"] = tuple(FileType(**file_type) for file_type in fields["types"])
    elif "texts" in fields:
        fields["texts"] = tuple(fields["texts"])
    return RULE_CLASSES[data["kind"]](**fields)


def rules_as_json(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """All rules of a deliverable, as stored in `Deliverable.rules`."""
    return [rule_as_json(rule) for rule in rules]


def rules_from_json(data: list[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules that `rules_as_json` wrote."""
    return tuple(rule_from_json(item) for item in data)

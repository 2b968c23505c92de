"""Typed reading of single values of a JSON object; what does not fit raises ImportProblem with the path of the field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from labeling.data_in.codes import Code
from labeling.data_in.json_text import name_type
from labeling.data_in.problem import ImportProblem, Place

T = TypeVar("T")


def _get(record: Mapping[str, object], key: str, wanted: type[T], wanted_name: str, place: Place) -> T:
    if key not in record:
        raise ImportProblem(Code.MISSING_KEY, place.inside(key))
    value = record[key]
    # true is an int in Python and never one in a file.
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise ImportProblem(Code.WRONG_TYPE, place.inside(key), wanted=wanted_name, found=name_type(value))
    return value


def check_object(value: object, place: Place) -> Mapping[str, object]:
    """`value` itself, which must be a JSON object."""
    if not isinstance(value, dict):
        raise ImportProblem(Code.WRONG_TYPE, place, wanted="object", found=name_type(value))
    return value


def read_object(record: Mapping[str, object], key: str, place: Place) -> Mapping[str, object]:
    """The object under `key`."""
    return check_object(_get(record, key, dict, "object", place), place.inside(key))


def read_list(record: Mapping[str, object], key: str, place: Place) -> list[object]:
    """The list under `key`."""
    return _get(record, key, list, "list", place)


def read_int(record: Mapping[str, object], key: str, place: Place, low: int, high: int) -> int:
    """The whole number under `key`, between `low` and `high`."""
    value = _get(record, key, int, "number", place)
    if not low <= value <= high:
        raise ImportProblem(Code.OUT_OF_RANGE, place.inside(key), found=str(value)[:40], low=low, high=high)
    return value


def read_number(record: Mapping[str, object], key: str, place: Place, low: float, high: float) -> float:
    """The number under `key`, whole or not, between `low` and `high`."""
    found = record.get(key)
    # A file has decimals, a program has what its language calls a number.
    wanted = next((kind for kind in (int, Decimal) if isinstance(found, kind)), float)
    number: Any = _get(record, key, wanted, "number", place)
    value = float(number)
    if not low <= value <= high:
        raise ImportProblem(Code.OUT_OF_RANGE, place.inside(key), found=str(value)[:40], low=f"{low:g}", high=f"{high:g}")
    return value


def read_text(record: Mapping[str, object], key: str, place: Place, limit: int, *, blank: bool = False) -> str:
    """The text under `key`, at most `limit` characters, without spaces around it; empty only where `blank` says so."""
    return check_text(_get(record, key, str, "text", place), place.inside(key), limit, blank=blank)


def check_text(value: object, place: Place, limit: int, *, blank: bool = False) -> str:
    """`value` without spaces around it; what is no text, is too long or blank raises ImportProblem."""
    if not isinstance(value, str):
        raise ImportProblem(Code.WRONG_TYPE, place, wanted="text", found=name_type(value))
    text = value.strip()
    if not text and not blank:
        raise ImportProblem(Code.BLANK_TEXT, place)
    if len(text) > limit:
        raise ImportProblem(Code.TEXT_TOO_LONG, place, length=len(text), limit=limit)
    return text

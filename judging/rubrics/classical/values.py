"""How a score, or the reason why there is none, is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from judging.material import Sample
from judging.rubrics.base import Value, Why

DIGITS = 4


def give(concept: str, sample: Sample, score: float | None, **numbers: Any) -> Value:
    """`score` with the `numbers` behind it, rounded; None means that the measures could not be taken and is told as cannot speak."""
    why = Why.CANNOT_SPEAK if score is None else None
    return Value(concept=concept, sample=sample.key, value=None if score is None else round(score, DIGITS), why=why, detail=tell(numbers))


def refuse(concept: str, sample: Sample, why: Why, **numbers: Any) -> Value:
    """No score, and `why`."""
    return Value(concept=concept, sample=sample.key, value=None, why=why, detail=tell(numbers))


def tell(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """`numbers` ready for JSON, rounded, objects inside as well."""
    return {name: _tell_one(value) for name, value in numbers.items()}


def _tell_one(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tell(value)
    return round(value, DIGITS) if isinstance(value, float) else value

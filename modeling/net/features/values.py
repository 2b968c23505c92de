"""Measures by name, and how they become rows of numbers."""

from __future__ import annotations

from collections.abc import Mapping

Values = Mapping[str, float]


def prefix(name: str, values: Values) -> Values:
    """The same measures under names that begin with `name`."""
    return {f"{name}_{key}": value for key, value in values.items()}

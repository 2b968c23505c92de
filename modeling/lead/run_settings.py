"""The settings of a run as a list of names and values, and as what somebody may type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modeling.models import TrainingRun
from modeling.net.config import PRESETS


def flatten(values: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """(name with its place, such as `stage1.epochs`, value) of every setting."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{where}{name}.")
        else:
            yield f"{where}{name}", value


def list_settings(run: TrainingRun) -> list[tuple[str, str, bool]]:
    """(name, value as it can be typed, whether it differs from its preset) of every setting of a run."""
    changed = list_changed(run)
    return [(name, write_value(value), name in changed) for name, value in flatten(run.shown_config)]


def list_changed(run: TrainingRun, *, has_place: bool = False) -> dict[str, Any]:
    """The settings in which a run differs from its preset, by name with place; a checkpoint by its name unless `has_place`."""
    usual = dict(flatten(PRESETS[run.preset]().to_json()))
    config = run.config if has_place else run.shown_config
    return {name: value for name, value in flatten(config) if name in usual and usual[name] != value}


def list_differences(one: TrainingRun, other: TrainingRun) -> list[tuple[str, str, str]]:
    """(name, value, other value) of the settings and filters in which two runs differ; '' where one has no such setting."""
    left, right = ({name: write_value(value) for name, value in flatten({**run.shown_config, **run.wanted})} for run in (one, other))
    return [(name, left.get(name, ""), right.get(name, "")) for name in dict.fromkeys([*left, *right]) if left.get(name) != right.get(name)]


def write_value(value: Any) -> str:
    """A value as somebody may type it."""
    return value if isinstance(value, str) else json.dumps(value)

"""What a lead may set of a run: the settings of its preset with some replaced, checked before anything is queued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_noop as _

from judging.backends.local.where import check_model
from labeling.protocol.outcome import ProtocolError
from modeling.models import Preset
from modeling.net.config import PRESETS, TrainConfig, change, name_base
from modeling.protocol.checkpoints import find_checkpoint

# Settings lie at most so deep; a request could nest them without end.
DEEPEST = 3
CHECKPOINT = "backbone.path_or_id"


def make_config(preset: str, settings: Mapping[str, Any]) -> TrainConfig:
    """The configuration of `preset` with `settings` replaced; these are nested as in the configuration, or dotted ("stage1.epochs").

    A checkpoint may be named without its place where the site knows it. Raises ProtocolError that names the wrong setting, or the weights
    that may not be loaded.
    """
    if preset not in Preset.values:
        text = _("There is no preset %(preset)s; there are %(known)s.")
        raise ProtocolError("unknown_preset", text, preset=preset, known=", ".join(Preset.values))
    values = PRESETS[preset]().to_json()
    try:
        for name, value in flatten(settings).items():
            put(values, name, value)
        config = TrainConfig.from_json(values)
        check_fixed(config, preset)
        if config.backbone.kind == "qwen3-vl":
            config = change(config, backbone=replace(config.backbone, path_or_id=find_checkpoint(config.backbone.path_or_id)))
            check_model(config.backbone.path_or_id)
    except ValueError as problem:
        raise ProtocolError("wrong_setting", _("The run cannot be set up: %(problem)s"), problem=str(problem)) from problem
    return config


def flatten(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings as one level of dotted names. Raises ValueError where they are nested deeper than any."""
    if above.count(".") > DEEPEST:
        raise ValueError(f"there is no setting {above}")
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= flatten(value, f"{above}{name}.") if isinstance(value, Mapping) else {f"{above}{name}": value}
    return found


def name_checkpoint(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for others to read: the folder of a checkpoint by its name, where the site finds it again by that."""
    place = flatten(settings).get(CHECKPOINT, "")
    name = name_base(place)
    if name == place or find_checkpoint(name) == name:
        return dict(settings)
    return {**flatten(settings), CHECKPOINT: name}


def put(values: dict[str, Any], name: str, value: Any) -> None:
    """Replace one setting by its dotted name. Raises ValueError for one there is not."""
    *above, last = name.split(".")
    place: Any = values
    for step in above:
        place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        known = sorted(place) if isinstance(place, dict) else sorted(values)
        raise ValueError(f"there is no setting {name}; there are {', '.join(known)}")
    place[last] = value


def check_fixed(config: TrainConfig, preset: str) -> None:
    """Raise ValueError where the settings make another preset of it: the name of a run would say what it is not."""
    if config.preset != preset or config.backbone.kind != preset:
        raise ValueError(f"preset and backbone.kind are those of {preset} and cannot be changed")

"""The backbone that a configuration names. Those of vision-language models are imported where one is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modeling.net.backbones.base import Backbone, View
from modeling.net.backbones.stats import StatsBackbone
from modeling.net.config import BackboneConfig, LoraConfig
from modeling.net.sources import Sources


def make_backbone(
    config: BackboneConfig, loras: Mapping[View, LoraConfig], *, sources: Sources, folder: Path | None = None, device: str = "auto"
) -> Backbone:
    """A backbone ready to be attached; `folder` is that of a model (checkpoint.py), whose own base and cut points are then used."""
    if config.kind == "stats":
        return StatsBackbone(sources.features)
    from modeling.net.backbones.qwen import QwenBackbone

    return QwenBackbone(config, loras, sources=sources, folder=folder, device=device)

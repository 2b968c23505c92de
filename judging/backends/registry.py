"""Backends by name, made from settings that are kept in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from judging.backends.base import Backend
from judging.backends.config import read_config
from judging.backends.local.config import TransformersConfig
from judging.backends.local.where import check_model
from judging.backends.openai_config import OpenAIConfig
from judging.backends.replay import NameOf, ReplayConfig, open_replay
from judging.backends.servers import check_server

AnyConfig = OpenAIConfig | ReplayConfig | TransformersConfig
CONFIGS: dict[str, type[AnyConfig]] = {"openai": OpenAIConfig, "replay": ReplayConfig, "transformers": TransformersConfig}


def check_backend(kind: str, config: Mapping[str, Any]) -> AnyConfig:
    """The settings of a backend as a checked value, without making it; fit for a web process.

    Raises ValueError where there is no such backend, a setting is wrong, or it names a server, a key or a model that judges may not use.
    """
    settings = read_settings(kind, config)
    if isinstance(settings, OpenAIConfig):
        check_server(settings.base_url, settings.key_variable)
    if isinstance(settings, TransformersConfig):
        check_model(settings.model)
    return settings


def read_settings(kind: str, config: Mapping[str, Any]) -> AnyConfig:
    """The settings of a backend. Raises ValueError where there is no such backend or a setting is wrong."""
    if kind not in CONFIGS:
        raise ValueError(f"There is no backend {kind!r}; there are {', '.join(CONFIGS)}.")
    return read_config(CONFIGS[kind], config)


def make_backend(kind: str, config: Mapping[str, Any], name_of: NameOf | None = None) -> Backend:
    """A backend, not connected yet. `name_of` tells the place of a question, for `replay`.

    Raises ValueError like read_settings, and JudgeUnavailable where it cannot or may not work on this machine.
    """
    settings = read_settings(kind, config)
    # What each one needs is slow to import, and weights are for workers that have torch.
    if isinstance(settings, OpenAIConfig):
        from judging.backends.openai import OpenAIBackend

        return OpenAIBackend(settings)
    if isinstance(settings, ReplayConfig):
        return open_replay(settings, name_of)
    from judging.backends.transformers_vlm import TransformersBackend

    return TransformersBackend(settings)

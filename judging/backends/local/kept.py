"""The model that this process loaded last. It is kept, for each batch of a run has a backend of its own and loading takes minutes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable
from pathlib import Path

from judging.backends.local.config import TransformersConfig
from judging.backends.local.loading import Vlm, free_memory, load_vlm

logger = logging.getLogger(__name__)
_kept: dict[Hashable, Vlm] = {}
_lock = threading.Lock()


def get_kept(config: TransformersConfig) -> Vlm:
    """The model of `config`: the one that is kept, or else loaded and kept in its place. Raises JudgeUnavailable."""
    with _lock:
        key = name_weights(config)
        if key not in _kept:
            # Before, not after: there may be no memory for two.
            drop()
            _kept[key] = vlm = load_vlm(config)
            logger.info("Loaded %s (%s) on %s", vlm.name, vlm.revision, vlm.device)
        return _kept[key]


def drop_kept() -> None:
    """Let go of the model, and of what it takes of the GPU."""
    with _lock:
        drop()


def drop() -> None:
    """The same, under the lock."""
    if _kept:
        _kept.clear()
        free_memory()


def name_weights(config: TransformersConfig) -> Hashable:
    """What two settings must have in common to be answered by the same model; how it is asked has no part in it."""
    return config.model, config.revision, config.device, config.dtype, read_state(Path(config.model))


def read_state(folder: Path) -> Hashable:
    """Name, size and moment of the last change of each file of a folder, so that other weights in it are loaded; nothing for an id."""
    found = [(path.name, path.stat()) for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return folder.resolve() if found else None, tuple((name, about.st_size, about.st_mtime_ns) for name, about in found)

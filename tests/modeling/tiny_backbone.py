"""A tiny backbone with a few drawn candidates attached. Importing this needs torch."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modeling.net.backbones.qwen import QwenBackbone
from modeling.net.backbones.tiny import build_tiny
from modeling.net.config import LoraConfig, make_tiny
from modeling.net.drawn import draw_example
from modeling.net.features import NAMES
from modeling.net.sources import Sources

# Tests run side by side: two processes with two threads each on two cores wait for each other most of the time.
torch.set_num_threads(1)
ROWS = 6
# No dropout: two passes are then to be equal.
LORA = LoraConfig(dropout=0.0)
EMPTY = LoraConfig(vision=False, projector=False, language=False)


def measure(examples):
    """Made-up statistics, one row per example, that depend on its key alone."""
    return np.stack([np.random.default_rng(list(example.key.encode())).normal(size=len(NAMES)) for example in examples]).astype(np.float32)


@cache
def share_base() -> Path:
    """A folder with the base of a tiny model, built once for all tests of a process."""
    folder = Path(tempfile.mkdtemp(prefix="servimage-tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build_tiny(folder / "base")
    return folder


def make_tiny_backbone(*, concepts: LoraConfig = LORA, decision: LoraConfig = LORA, rows: int = ROWS, folder=None, **settings: Any):
    """The backbone, fitted; `settings` are those of BackboneConfig."""
    config = replace(make_tiny().backbone, **{"max_pixels": 64 * 64} | settings)
    backbone = QwenBackbone(
        config, {"concepts": concepts, "decision": decision}, sources=Sources(features=measure), folder=folder or share_base(), device="cpu"
    )
    backbone.attach([draw_example(number) for number in range(rows)])
    if folder is None:
        backbone.fit(range(rows))
    return backbone

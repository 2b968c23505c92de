"""What the demonstration model learns from made orders. Importing this needs torch."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from modeling.net.config import TrainConfig, make_tiny
from modeling.net.features import extract
from modeling.net.records import Record
from modeling.net.sources import Sources
from modeling.net.train import train
from modeling.net.watch import QuietWatch
from tests.modeling.made_records import make_records

PER_TASK = 4
# What a prompt holds; the first is the preset.
VARIANTS = {"all": {}, "no_facts": {"has_facts": False}, "no_picture": {"has_picture": False}}


def divide_records(seed: int, *, train: int, val: int, test: int) -> list[Record]:
    """Made orders, so many tasks of four candidates in each part."""
    parts = ["train"] * train + ["val"] * val + ["test"] * test
    records = make_records(len(parts), PER_TASK, seed=seed)
    return [replace(record, part=parts[place // PER_TASK]) for place, record in enumerate(records)]


@cache
def measure_once(example):
    return extract([example])[0]


def measure(examples):
    """The image statistics of examples, computed once for all variants."""
    return np.stack([measure_once(example) for example in examples])


def train_tiny(config: TrainConfig, records: list[Record], folder: Path, watch: QuietWatch | None = None):
    """The metrics of a run."""
    watch = QuietWatch() if watch is None else watch
    return train(config, records, folder, sources=Sources(features=measure), watch=watch, data_sha256="0" * 64)


def make_variant(name: str, seed: int) -> TrainConfig:
    """The preset, with what a variant leaves out; one thread, so that a figure does not depend on the machine."""
    config = make_tiny()
    return replace(config, backbone=replace(config.backbone, **VARIANTS[name]), seed=seed, threads=1)

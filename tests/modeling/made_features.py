"""Records that are numbers alone: the features of a candidate are its hidden scores behind a mixing and noise. No picture is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modeling.net.config import TrainConfig, make_stats
from modeling.net.config import change as change_config
from modeling.net.records import CATEGORIES, Example, Order, Part, Picture, PictureMissing, Record

SCORED = ("brf", "veq_clarity", "veq_text")
COLUMNS = 12


def make_numbers(tasks: int = 40, per_task: int = 6, *, seed: int = 0, shift: float = 0.0) -> list[Record]:
    """`tasks` orders with `per_task` candidates, 60/20/20 by task; `veq_text` applies to every other one. With more `shift` more is paid.

    The features are written into the brief, where `features_of` reads them.
    """
    chance = np.random.default_rng(seed)
    mix = chance.normal(size=(len(SCORED), COLUMNS))
    return [make_number_record(task, place, mix, chance, shift) for task in range(tasks) for place in range(per_task)]


def make_number_record(task: int, place: int, mix: NDArray[np.float64], chance: np.random.Generator, shift: float) -> Record:
    """One candidate: each score is 5, or half of the time anything below."""
    scores = 5 - 5 * np.maximum(0, chance.uniform(-1, 1, len(SCORED)))
    has_text = task % 2 == 0
    p_pay = 1 / (1 + math.exp(-(2.5 + shift - 0.8 * (5 - scores[0]) - 0.8 * (5 - scores[1]))))
    values = [*(np.tanh((scores / 2 - 2) @ mix / 2) + 0.1 * chance.normal(size=COLUMNS)), float(has_text)]
    known = dict(zip(SCORED, map(float, scores), strict=True))
    absent = {"cns_edit", "cns_set"}
    if not has_text:
        del known["veq_text"]
        absent.add("veq_text")
    parts: tuple[Part, ...] = ("train", "train", "train", "val", "test")
    return Record(
        example=make_number_example(f"{task}/{place}", values, task=task),
        group=f"task-{task}",
        generator=f"generator-{place}",
        part=parts[task % 5],
        accepts=bool(chance.random() < p_pay),
        concepts=known,
        not_applicable=frozenset(absent),
    )


def make_number_example(key: str, values: Sequence[float], *, task: int = 0, is_lost: bool = False) -> Example:
    """An example with these features; one that `is_lost` has a picture that cannot be read."""

    def read() -> bytes:
        if is_lost:
            raise PictureMissing(key)
        return b""

    order = Order(
        task=f"task-{task}",
        category=CATEGORIES[task % 3],
        name="",
        brief=" ".join(map(repr, map(float, values))),
        price_usd=20.0 + task,
        quantity=1 + task % 2,
        is_editing=False,
    )
    return Example(key=key, order=order, number=1, picture=Picture(sha256=key, read=read))


def features_of(examples: Sequence[Example]) -> NDArray[np.float32]:
    """The features written into each brief; nothing but NaN where the picture is lost."""
    return np.array([read_features(example) for example in examples], dtype=np.float32).reshape(len(examples), -1)


def read_features(example: Example) -> list[float]:
    """Those of one example."""
    values = [float(word) for word in example.order.brief.split()]
    try:
        example.picture.read()
    except PictureMissing:
        return [math.nan] * len(values)
    return values


def small_config(*, epochs: int = 4, **values: object) -> TrainConfig:
    """The stats preset with few epochs: what is tested is not how good it gets."""
    config = make_stats()
    quick = {"epochs": epochs, "batch": 32, "micro_batch": 16, "patience": 0, "save_every": 5}
    return change_config(
        config, **{"stage1": change_config(config.stage1, **quick), "stage2": change_config(config.stage2, **quick), "members": 2, **values}
    )

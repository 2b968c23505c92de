"""The rubrics by name; a rubric's modules are loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import cast

from judging.rubrics.base import AskingRubric, MeasuringRubric

AnyRubric = AskingRubric | MeasuringRubric


def _make(module: str, name: str) -> AnyRubric:
    return cast(AnyRubric, getattr(import_module(module), name)())


RUBRICS: dict[str, Callable[[], AnyRubric]] = {
    "servimage_score": partial(_make, "judging.rubrics.servimage_score", "ServImageScore"),
    "pay_direct": partial(_make, "judging.rubrics.pay_direct", "PayDirect"),
    "hard_rules": partial(_make, "judging.rubrics.hard_rules", "HardRules"),
    "classical": partial(_make, "judging.rubrics.classical.rubric", "Classical"),
}


def get_rubric(name: str) -> AnyRubric:
    """A rubric by its name. Raises ValueError for an unknown one, naming those there are."""
    if name not in RUBRICS:
        raise ValueError(f"no rubric {name!r}; there are {', '.join(RUBRICS)}")
    return RUBRICS[name]()

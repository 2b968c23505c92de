"""One figure of a model with its interval, and the names of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a figure is called, what it says, and which way is better (1 higher, -1 lower, 0 neither)."""

    label: StrOrPromise
    meaning: StrOrPromise
    better: int


KINDS: Mapping[str, Kind] = {
    "log_loss": Kind(label=_("Log loss"), meaning=_("how surprised the model is by the decisions; the gate compares this"), better=-1),
    "auc": Kind(label=_("AUC"), meaning=_("how often an accepted image gets the higher probability of two; 0.5 is a coin"), better=1),
    "ece": Kind(label=_("ECE"), meaning=_("how far probabilities are from shares, over ten equal bins"), better=-1),
    "brier": Kind(label=_("Brier score"), meaning=_("mean squared distance of probability and decision"), better=-1),
    "accuracy": Kind(label=_("Accuracy"), meaning=_("right at a probability of 0.5"), better=1),
    "balanced_accuracy": Kind(label=_("Balanced accuracy"), meaning=_("mean of the two: right on accepted, right on rejected"), better=1),
    "f1": Kind(label=_("F1"), meaning=_("precision and recall of accepting in one number"), better=1),
    "ap": Kind(label=_("Average precision"), meaning=_("precision over all thresholds; a coin gets the share of accepted"), better=1),
}
# Those that stand in the registry's table.
HEADLINE = ("log_loss", "auc", "ece")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value with the ends of its 95 % interval; `value` is None where it is not defined, the ends where nobody can tell."""

    name: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def label(self) -> StrOrPromise:
        """What it is called."""
        kind = KINDS.get(self.name)
        return kind.label if kind else self.name


def read_figure(raw: Any, name: str = "") -> Figure:
    """A figure of a metrics file: [value, low, high], a value alone, or null."""
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        value, low, high = [*raw, None, None, None][:3]
        return Figure(name=name, value=value, low=low, high=high)
    return Figure(name=name, value=raw)

"""The charts of a finished run: how probabilities meet shares, and what more labels bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modeling.lead.figures import Figure, read_figure
from modeling.lead.plot import Axis, Line, Plot, Value, draw_plot, make_axis
from modeling.models import TrainingRun

UNIT = Axis(first=0.0, last=1.0, ticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
WHEN = ("before", "after")
BIN_COLUMNS = ("calibration", "low", "high", "n", "mean_p", "rate")
LEARNING_COLUMNS = ("n_train", "auc", "auc_low", "auc_high", "log_loss", "log_loss_low", "log_loss_high")


@dataclass(frozen=True, kw_only=True)
class BinRow:
    """One bin of probabilities, before and after calibration: how many, their mean probability, and the share that was accepted."""

    low: float
    high: float
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LearningRow:
    """What a model learned from so many labels."""

    n_train: int
    auc: Figure
    log_loss: Figure


def list_bins(run: TrainingRun) -> list[BinRow]:
    """The bins that hold anything, before or after."""
    found = run.metrics.get("reliability") or {}
    before, after = ({row["low"]: row for row in found.get(when, [])} for when in WHEN)
    lows = sorted(low for low in {**before, **after} if before.get(low, {}).get("n") or after.get(low, {}).get("n"))
    return [
        BinRow(low=low, high=(before.get(low) or after[low])["high"], before=before.get(low, {}), after=after.get(low, {})) for low in lows
    ]


def draw_reliability(run: TrainingRun) -> Plot | None:
    """Shares of accepted by probability, before and after calibration; on the diagonal a probability is what it says."""
    found = run.metrics.get("reliability") or {}
    names = (_("before calibration"), _("after calibration"))
    lines = [Line(name=name, values=place_bins(found.get(when, []))) for name, when in zip(names, WHEN, strict=True)]
    if not any(line.values for line in lines):
        return None
    title = _("Share of accepted by probability, on the test side")
    x_label, y_label = _("probability the model gave"), _("share accepted")
    return draw_plot(lines, title=title, x_label=x_label, y_label=y_label, x=UNIT, y=UNIT, has_diagonal=True)


def place_bins(bins: Sequence[Mapping[str, Any]]) -> list[Value]:
    """The bins with anything in them."""
    return [Value(x=row["mean_p"], y=row["rate"], title=say_bin(row)) for row in bins if row["n"] and row["rate"] is not None]


def say_bin(row: Mapping[str, Any]) -> str:
    """What one dot says."""
    said = ngettext("%(p).2f: %(rate).2f of %(n)d image", "%(p).2f: %(rate).2f of %(n)d images", row["n"])
    return said % {"p": row["mean_p"], "rate": row["rate"], "n": row["n"]}


def list_bin_cells(run: TrainingRun) -> Iterator[list[Any]]:
    """The bins as a file."""
    found = run.metrics.get("reliability") or {}
    for when in WHEN:
        for row in found.get(when, []):
            yield [when, row["low"], row["high"], row["n"], row["mean_p"], row["rate"]]


def list_learning(run: TrainingRun) -> list[LearningRow]:
    """The learning curve, fewest labels first; empty where none was computed."""
    return [
        LearningRow(n_train=row["n_train"], auc=read_figure(row["auc"], "auc"), log_loss=read_figure(row["log_loss"], "log_loss"))
        for row in sorted(run.metrics.get("learning_curve", []), key=lambda row: row["n_train"])
    ]


def draw_learning(run: TrainingRun) -> Plot | None:
    """AUC by number of training labels, with intervals."""
    rows = [(row, value) for row in list_learning(run) if (value := row.auc.value) is not None]
    if not rows:
        return None
    values = [Value(x=row.n_train, y=value, low=row.auc.low, high=row.auc.high, title=f"{row.n_train}: {value:.3f}") for row, value in rows]
    ends = [end for row, value in rows for end in (value, row.auc.low, row.auc.high) if end is not None]
    across = make_axis([row.n_train for row, _value in rows], from_zero=True, whole=True)
    title = _("AUC on the test side by number of training labels, with its interval (95 %)")
    lines = [Line(name=_("AUC"), values=values)]
    return draw_plot(lines, title=title, x_label=_("training labels"), y_label=_("AUC"), x=across, y=make_axis(ends))


def list_learning_cells(run: TrainingRun) -> Iterator[list[Any]]:
    """The learning curve as a file."""
    for row in list_learning(run):
        yield [row.n_train, *(end for figure in (row.auc, row.log_loss) for end in (figure.value, figure.low, figure.high))]

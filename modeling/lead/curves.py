"""The curves of a run, from the rows its worker wrote: a chart of losses and one of each other measure, for every stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from modeling.lead.plot import Line, Plot, Value, draw_plot, make_axis
from modeling.lead.words import CURVES, name_of, name_stage
from modeling.models import RunPoint, TrainingRun
from modeling.pace import read_curves

POINT_COLUMNS = ("stage", "curve", "step", "value", "at")
LOSSES = ("train_loss", "val_loss")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One curve: (step, value), in order."""

    name: str
    points: Sequence[tuple[int, float]]

    @property
    def label(self) -> str:
        """The curve in words."""
        return name_of(CURVES, self.name)


@dataclass(frozen=True, kw_only=True)
class StageCurves:
    """The curves of one stage; `key` names a chart of them in addresses, `rows` are the steps at which validation was measured."""

    stage: str
    group: str
    curves: Sequence[Curve]

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.stage}-{self.group}"

    @property
    def title(self) -> str:
        """What is drawn."""
        stage = name_stage(self.stage)
        if self.group == "loss":
            return _("Training and validation loss, %(stage)s") % {"stage": stage}
        return _("%(curve)s, %(stage)s") % {"curve": self.curves[0].label.capitalize(), "stage": stage}

    @property
    def columns(self) -> list[str]:
        """The heads of its table."""
        return [curve.label for curve in self.curves]

    @property
    def rows(self) -> list[tuple[int, list[float | None]]]:
        """(step, the value of each curve) wherever the curve with the fewest points has one."""
        values = [dict(curve.points) for curve in self.curves]
        steps = min((curve.points for curve in self.curves), key=len)
        return [(step, [found.get(step) for found in values]) for step, _value in steps]


def list_curves(run: TrainingRun) -> list[StageCurves]:
    """The curves of a run by stage, in the order the stages came: losses together, everything else by itself."""
    return [curves for stage, found in read_curves(run).items() for curves in split(stage, found)]


def split(stage: str, found: Mapping[str, Sequence[tuple[int, float]]]) -> Iterator[StageCurves]:
    """The curves of one stage, grouped by what may share an axis."""
    curves = {name: Curve(name=name, points=points) for name, points in found.items()}
    losses = [curves[name] for name in LOSSES if name in curves]
    if losses:
        yield StageCurves(stage=stage, group="loss", curves=losses)
    for name in sorted(curves.keys() - set(LOSSES)):
        yield StageCurves(stage=stage, group=name, curves=[curves[name]])


def draw_curves(found: StageCurves) -> Plot:
    """The chart of such curves."""
    lines = [
        Line(
            name=curve.label,
            values=[Value(x=step, y=value, title=f"{step}: {value:.4g}") for step, value in curve.points],
            has_dots=curve.name != "train_loss",
        )
        for curve in found.curves
    ]
    steps = [step for curve in found.curves for step, _value in curve.points]
    values = [value for curve in found.curves for _step, value in curve.points]
    x = make_axis(steps, from_zero=True, whole=True)
    y_label = _("loss") if found.group == "loss" else found.curves[0].label
    return draw_plot(lines, title=found.title, x_label=_("step"), y_label=y_label, x=x, y=make_axis(values))


def list_point_cells(run: TrainingRun) -> Iterator[list[Any]]:
    """Every point of every curve as a file."""
    for point in RunPoint.objects.filter(run=run).order_by("stage", "name", "step").iterator():
        yield [point.stage, point.name, point.step, point.value, point.at.isoformat()]

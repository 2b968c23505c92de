"""How versions in use do on blind labels that came after they spoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from labeling.models import Project
from modeling.drift import FEWEST
from modeling.models import DriftLook

SHOWN = 10
FIGURES = ("rate", "mean_p", "ece", "ece_limit", "log_loss", "log_loss_limit", "auc", "brier")
LOOK_COLUMNS = ("at", "version", "n", "alarm", *FIGURES)


@dataclass(frozen=True, kw_only=True)
class LookRow:
    """One look: what was found on `n` blind decisions, and what a calibrated model would stay below in 95 of 100 samples."""

    look: DriftLook
    rate: float | None
    mean_p: float | None
    ece: float | None
    ece_limit: float | None
    log_loss: float | None
    log_loss_limit: float | None

    @property
    def is_ece_over(self) -> bool:
        """Whether probabilities are further from shares than chance explains."""
        return self.ece is not None and self.ece_limit is not None and self.ece > self.ece_limit


@dataclass(frozen=True, kw_only=True)
class Looks:
    """The newest looks at the version in use, and from how many decisions on there is one."""

    rows: list[LookRow]
    fewest: int = FEWEST

    @property
    def newest(self) -> LookRow | None:
        """The newest one; None where there is none yet."""
        return self.rows[0] if self.rows else None


def list_looks(project: Project) -> Looks:
    """The looks at the version in use, newest first."""
    found = DriftLook.objects.filter(project=project, model_version=project.model_version).order_by("-pk")
    return Looks(rows=[read_look(look) for look in found[:SHOWN]] if project.model_version else [])


def read_look(look: DriftLook) -> LookRow:
    """One look from its figures."""
    names = ("rate", "mean_p", "ece", "ece_limit", "log_loss", "log_loss_limit")
    return LookRow(look=look, **{name: look.figures.get(name) for name in names})


def list_look_cells(project: Project) -> Iterator[list[Any]]:
    """Every look at every version as a file."""
    for look in DriftLook.objects.filter(project=project).order_by("pk"):
        yield [look.at.isoformat(), look.model_version, look.n, look.is_alarm, *(look.figures.get(name) for name in FIGURES)]

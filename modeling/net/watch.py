"""How a run tells what it is doing, and hears that it should stop."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody asked the run to stop; its state is saved and it can be resumed."""


class Watch(Protocol):
    """What a run reports to. Every call may come again after a resume, with the same values."""

    def point(self, stage: str, name: str, step: int, value: float) -> None:
        """One value of a curve: `name` is `train_loss`, `val_loss`, ...; `step` counts optimiser steps of `stage` from 1."""

    def progress(self, stage: str, step: int, steps: int) -> None:
        """How far a stage is."""

    def say(self, text: str, **values: Any) -> None:
        """A line of the log; `text` is English with `%(name)s` places that `values` fill."""

    def flush(self) -> None:
        """Write down all that was reported; asked for before a state is saved from which a resume goes on."""

    def stopped(self) -> bool:
        """Whether to stop; asked between steps."""


@dataclass
class QuietWatch:
    """Keeps the points in memory; for tests and programs."""

    points: list[tuple[str, str, int, float]] = field(default_factory=list)

    def point(self, stage: str, name: str, step: int, value: float) -> None:
        """Keep it."""
        self.points.append((stage, name, step, value))

    def progress(self, stage: str, step: int, steps: int) -> None:
        """Nobody looks."""

    def say(self, text: str, **values: Any) -> None:
        """Log it."""
        logger.info(text % values if values else text)  # the text is a template of its own

    def flush(self) -> None:
        """It is kept already."""

    def stopped(self) -> bool:
        """Never."""
        return False

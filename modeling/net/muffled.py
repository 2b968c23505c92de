"""Watches that pass on less."""

from __future__ import annotations

from typing import Any

from modeling.net.watch import Watch


class Muffled:
    """Says nothing of what happens within, and still hears that it should stop."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def point(self, stage: str, name: str, step: int, value: float) -> None:
        """Nobody is told."""

    def progress(self, stage: str, step: int, steps: int) -> None:
        """Nobody is told."""

    def say(self, text: str, **values: Any) -> None:
        """Nobody is told."""

    def flush(self) -> None:
        """Nothing is held back."""

    def stopped(self) -> bool:
        """What the watch says."""
        return self._watch.stopped()


class Silent(Muffled):
    """For the processes beside the first one: they hear from that one when to stop."""

    def stopped(self) -> bool:
        """The first process asks."""
        return False

"""A training run in a process of its own: `python -m tests.modeling.training_process FOLDER EPOCHS [KILL_STAGE KILL_STEP]`."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeling.net.sources import Sources
from modeling.net.train import train
from modeling.net.watch import QuietWatch
from tests.modeling.made_features import features_of, make_numbers, small_config

DATA = "d" * 64
TARGETS = {"brf": {"source": "made", "is_formula": False}, "veq_clarity": {"source": "made", "is_formula": True}}


@dataclass
class KillingWatch(QuietWatch):
    """Kills its own process at a step, as a machine does that has no memory left."""

    stage: str = ""
    step: int = 0

    def progress(self, stage: str, step: int, steps: int) -> None:
        """Kill it where that is the step."""
        if (stage, step) == (self.stage, self.step):
            os.kill(os.getpid(), signal.SIGKILL)


def train_numbers(folder: Path, watch: QuietWatch | None = None, **settings: Any) -> dict[str, Any]:
    """The run that all of these processes do."""
    config = small_config(**settings)
    sources = Sources(features=features_of)
    return train(config, make_numbers(), folder, sources=sources, watch=watch or QuietWatch(), data_sha256=DATA, targets=TARGETS, code="c")


if __name__ == "__main__":
    place, epochs, *kill = sys.argv[1:]
    train_numbers(Path(place), KillingWatch(stage=kill[0], step=int(kill[1])) if kill else None, epochs=int(epochs))

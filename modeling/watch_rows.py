"""What a run tells on its way, as rows: curves, a log and how far it is. They survive a reload, a kill and a resume."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction

from labeling.jobs.context import JobContext
from labeling.stored_texts import make_params, put_together
from modeling.models import RunLine, RunPoint, TrainingRun

logger = logging.getLogger(__name__)

# Written together, at most so often: each write is a transaction, and a step may take a millisecond.
WRITE_EVERY_S = 0.5
Clock = Callable[[], float]


class RowsWatch:
    """Writes what a run reports, under the fence of its job: an attempt that was taken for dead gets JobLost and writes nothing more.

    What comes again after a resume is there already and changes nothing. Call `flush` when the run has ended.
    """

    def __init__(self, context: JobContext, run: TrainingRun, clock: Clock = time.monotonic) -> None:
        self._context, self._run_id, self._clock = context, run.pk, clock
        self._points: list[RunPoint] = []
        self._lines: list[RunLine] = []
        self._at: dict[str, Any] = {}
        self._told: dict[str, Any] = {}
        self._written_at = -math.inf
        self._is_stopped = False

    def point(self, stage: str, name: str, step: int, value: float) -> None:
        """Keep one value of a curve; one that is no number is left out."""
        if math.isfinite(value):
            self._points.append(RunPoint(run_id=self._run_id, stage=stage, name=name, step=step, value=value))
        self._write_if_due()

    def progress(self, stage: str, step: int, steps: int) -> None:
        """Keep how far it is; written at once where a stage begins or ends, for minutes may pass before the next one says anything."""
        is_due = stage != self._at.get("at_stage") or step == steps
        self._at = {"at_stage": stage, "step": step, "steps": steps}
        if is_due:
            self._write()
        else:
            self._write_if_due()

    def say(self, text: str, **values: Any) -> None:
        """Keep a line of the log."""
        params = make_params(values)
        key = hashlib.sha256(json.dumps([text, params], sort_keys=True).encode()).hexdigest()
        self._lines.append(RunLine(run_id=self._run_id, key=key, text=text, params=params))
        self._write_if_due()

    def stopped(self) -> bool:
        """Whether somebody cancelled the run or its job, as it was half a second ago at most. Raises JobLost."""
        self._write_if_due()
        return self._is_stopped

    def flush(self) -> None:
        """Write what is left. Raises JobLost."""
        self._write()

    def _write_if_due(self) -> None:
        if self._clock() - self._written_at >= WRITE_EVERY_S:
            self._write()

    def _write(self) -> None:
        with transaction.atomic():
            # The run, then the job, as everywhere.
            running = TrainingRun.objects.filter(pk=self._run_id, state=TrainingRun.State.RUNNING)
            is_running = bool(running.update(**self._at) if self._at else running.count())
            self._context.checkpoint(dict(self._at))
            RunPoint.objects.bulk_create(self._points, ignore_conflicts=True, batch_size=500)
            RunLine.objects.bulk_create(self._lines, ignore_conflicts=True, batch_size=500)
        self._tell()
        self._points, self._lines = [], []
        self._is_stopped = self._context.cancelled() or not is_running
        self._written_at = self._clock()

    def _tell(self) -> None:
        for line in self._lines:
            logger.info("%s", put_together(line.text, line.params))
        for point in self._points:
            logger.debug("%s step %s: %s %.4f", point.stage, point.step, point.name, point.value)
        if self._at != self._told:
            self._told = self._at
            logger.debug("%(at_stage)s: %(step)s of %(steps)s", self._at)

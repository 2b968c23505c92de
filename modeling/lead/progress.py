"""How far a training run is, and when its stage ends at the pace so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from labeling.models import Job
from modeling.lead.words import name_stage
from modeling.models import RunLine, RunPoint, TrainingRun
from modeling.pace import estimate_left


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The stage a run is at, its steps, and when the stage ends at this pace; `ends_at` is None where nobody can tell.

    `waits` while no worker has taken it; `is_stopping` once somebody cancelled it and its worker has not yet heard.
    """

    stage: str
    step: int
    steps: int | None
    ends_at: datetime | None
    waits: bool
    is_stopping: bool
    heard_at: datetime | None
    attempt: int

    @property
    def stage_name(self) -> str:
        """The stage in words."""
        return name_stage(self.stage)


def read_progress(run: TrainingRun) -> Progress:
    """How far the run is."""
    job: Job | None = run.job
    is_running = run.state == TrainingRun.State.RUNNING
    left_s = estimate_left(run)
    return Progress(
        stage=run.at_stage,
        step=run.step,
        steps=run.steps,
        ends_at=None if left_s is None else timezone.now() + timedelta(seconds=left_s),
        waits=not run.is_ended and (job is None or job.state == Job.State.QUEUED),
        is_stopping=not run.is_ended and job is not None and job.cancel_requested,
        heard_at=job.heartbeat_at if job and is_running else None,
        attempt=job.attempt if job else 0,
    )


def make_version(run: TrainingRun, progress: Progress) -> str:
    """Changes whenever the page of a run would."""
    points = RunPoint.objects.filter(run=run).aggregate(count=Count("pk"), last=Max("pk"))
    line = RunLine.objects.filter(run=run).aggregate(last=Max("pk"))["last"]
    seen: Sequence[Any] = (run.state, run.at_stage, run.step, points["count"], points["last"] or 0, line or 0)
    return "-".join(map(str, [*seen, progress.attempt, progress.waits, progress.is_stopping, bool(run.said)]))

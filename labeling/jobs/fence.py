"""Claiming a job row and writing to it: every write is one UPDATE that names the fence of its attempt."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from labeling.models import Job

MESSAGE_LENGTH = 300


class JobLost(Exception):
    """This attempt no longer owns its job: it was taken for dead, handed back, or ended by somebody else."""


def seconds_ago(seconds: int) -> Combinable:
    """That moment by the clock of the database, the only clock that all processes share."""
    return ExpressionWrapper(Now() - timedelta(seconds=seconds), output_field=DateTimeField())


def claim(job_id: int) -> uuid.UUID | None:
    """Make a queued job this process's own and return its fence; None if it is not queued, or another process was faster."""
    fence = uuid.uuid4()
    claimed = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING, fence=fence, attempt=F("attempt") + 1, heartbeat_at=Now(), started_at=Now()
    )
    return fence if claimed else None


def write(job_id: int, fence: uuid.UUID, /, **values: Any) -> None:
    """Set `values` on the running job, and its heartbeat with them; raises JobLost if the fence is no longer this one.

    Inside a transaction this also locks the row, so what the transaction writes beside it stands or falls with the fence.
    """
    if not Job.objects.filter(pk=job_id, fence=fence, state=Job.State.RUNNING).update(heartbeat_at=Now(), **values):
        raise JobLost(f"job {job_id} belongs to another attempt or has ended")


def finish(job_id: int, fence: uuid.UUID, state: Job.State, /, **values: Any) -> None:
    """End the job in `state`; raises JobLost if the fence is no longer this one."""
    write(job_id, fence, state=state, fence=None, finished_at=Now(), **values)

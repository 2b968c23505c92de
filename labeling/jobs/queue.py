"""Creating jobs, ringing for a worker, cancelling, and handing a job back when its worker stops."""

from __future__ import annotations

import logging
from typing import Any

from amqp.exceptions import AMQPError
from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from labeling.jobs.fence import seconds_ago
from labeling.jobs.kinds import KINDS, QUEUES, READING
from labeling.models import Job, Project, User
from labeling.protocol.archive import require_open

logger = logging.getLogger(__name__)


def create_job(project: Project, kind: str, params: dict[str, Any], created_by: User | None) -> Job:
    """Queue a job for a worker; the worker is told once the transaction is committed.

    Raises ValueError for an unknown kind, and ProtocolError for one that changes an archived project.
    """
    job = create_row(project, kind, params, created_by)
    transaction.on_commit(lambda: ring(job.pk))
    return job


def create_row(project: Project, kind: str, params: dict[str, Any], created_by: User | None) -> Job:
    """A queued job that no worker is told of, for a command that runs it itself; raises as `create_job` does."""
    if kind not in KINDS:
        raise ValueError(f"there is no job kind {kind!r}; the kinds are {', '.join(sorted(KINDS))}")
    if kind not in READING:
        require_open(project.pk)
    return Job.objects.create(project=project, kind=kind, params=params, created_by=created_by, queued_at=Now())


def ring(job_id: int) -> None:
    """Tell the workers of a queued job. A broker that fails is logged, not raised: the reaper rings again."""
    from labeling.jobs.tasks import run_job_task

    try:
        kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first() if QUEUES else None
        queue = QUEUES.get(kind or "")
        run_job_task.apply_async((job_id,), retry=False, **({"queue": queue} if queue else {}))
    except (KombuError, AMQPError, OSError) as error:
        logger.warning("job %s waits: the message broker cannot be reached: %s", job_id, error)


def request_cancel(job_id: int) -> None:
    """Cancel a job that waits, ask a running one to stop; one that has ended stays as it is."""
    waiting = Job.objects.filter(pk=job_id, state=Job.State.QUEUED)
    if not waiting.update(state=Job.State.CANCELLED, cancel_requested=True, finished_at=Now()):
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(cancel_requested=True)


def hand_back(job_id: int) -> None:
    """Queue a running job again because its worker is told to stop; this attempt does not count as a failed one.

    Nobody is rung for here, or the stopping worker would be the one to answer: the reaper rings at its next pass.
    """
    attempt = Case(When(attempt__gt=0, then=F("attempt") - 1), default=Value(0))
    running = Job.objects.filter(pk=job_id, state=Job.State.RUNNING)
    if running.update(state=Job.State.QUEUED, fence=None, attempt=attempt, queued_at=seconds_ago(settings.JOB_RING_AGAIN_S)):
        logger.info("job %s is handed back", job_id)

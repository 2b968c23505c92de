"""Runs one job in this process, be it a Celery worker or a management command."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation

from labeling.jobs.collect import collecting_rarely
from labeling.jobs.context import JobContext, JobFailed
from labeling.jobs.fence import JobLost, claim, finish
from labeling.jobs.heartbeat import heartbeat
from labeling.jobs.kinds import KINDS, READING
from labeling.jobs.queue import create_row
from labeling.models import Job, Project, User

logger = logging.getLogger(__name__)


def run_job(job_id: int, stop: threading.Event | None = None) -> bool:
    """Claim the job and run it to its end, or until `stop` cancels it; False if it was not waiting, or lost to another attempt.

    How it ended is in its row: a failure of the job itself is written there, not raised. A database that fails is raised and
    leaves the row running, for the reaper to put back.
    """
    fence = claim(job_id)
    if fence is None:
        logger.info("job %s is not waiting, nothing to do", job_id)
        return False
    job = Job.objects.select_related("created_by").get(pk=job_id)
    language = (job.created_by.language if job.created_by else "") or settings.LANGUAGE_CODE
    logger.info("job %s (%s) starts, attempt %s", job_id, job.kind, job.attempt)
    try:
        with heartbeat(job_id, fence), collecting_rarely(), translation.override(language):
            run_claimed(job, fence, stop)
    except JobLost as lost:
        logger.warning("%s; this attempt stops", lost)
        return False
    return True


def run_here(project: Project, kind: str, params: dict[str, Any], created_by: User | None = None) -> Job:
    """Do a job in this process, as management commands do; returns its row as it ended. Raises as `create_row` does.

    Ctrl-C and SIGTERM cancel it at its next step: whole units stay, and doing it again completes it; a second one ends it where
    it is. If the process is killed, the reaper gives the job to a worker, which goes on from the checkpoint.
    """
    job = create_row(project, kind, params, created_by)
    with contextlib.suppress(KeyboardInterrupt), set_by_signals() as stop:
        run_job(job.pk, stop)
    job.refresh_from_db()
    return job


@contextlib.contextmanager
def set_by_signals() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets while the block runs; only the main thread gets signals."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(*_: object) -> None:
        # Not an exception: raised between two steps of a query it would leave the connection in a transaction nobody knows of.
        stop.set()
        for number in before:
            signal.signal(number, interrupt)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(*_: object) -> None:
    """The answer to the second signal."""
    raise KeyboardInterrupt


def run_claimed(job: Job, fence: uuid.UUID, stop: threading.Event | None = None) -> None:
    """Run the code of a claimed job and write how it ended; raises JobLost and failures of the database."""
    context = JobContext(job, fence, stop)
    try:
        if job.kind not in READING:
            context.require_open()
        KINDS[job.kind](context)
    except (JobLost, OperationalError, InterfaceError):
        raise
    except JobFailed as failure:
        finish(job.pk, fence, Job.State.FAILED, error=failure.text, error_params=failure.params, result=context.result)
    except KeyboardInterrupt:
        if not connection.in_atomic_block:
            # It may be in the middle of a transaction that Django has not begun yet, or has ended already.
            connection.close()
        finish(job.pk, fence, Job.State.CANCELLED, result=context.result)
        raise
    # Whatever goes wrong in a job must end up in its row: nobody waits for an exception here.
    except Exception as error:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        said = {"error": f"{type(error).__name__}: {error}", "error_params": {}}
        finish(job.pk, fence, Job.State.FAILED, **said, result=context.result)
    else:
        state = Job.State.CANCELLED if context.was_cancelled else Job.State.DONE
        finish(job.pk, fence, state, error="", error_params={}, result=context.result)
        logger.info("job %s (%s) is %s", job.pk, job.kind, state)

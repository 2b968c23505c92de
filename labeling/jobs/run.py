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

from labeling.jobs.context import JobContext, JobFailed
from labeling.jobs.fence import JobLost, claim, finish
from labeling.jobs.heartbeat import heartbeat
from labeling.jobs.kinds import KINDS
from labeling.jobs.queue import create_row, request_cancel
from labeling.models import Job, Project, User

logger = logging.getLogger(__name__)


def run_job(job_id: int) -> bool:
    """Claim the job and run it to its end; False if it was not waiting, or was lost to another attempt on the way.

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
        with heartbeat(job_id, fence), translation.override(language):
            run_claimed(job, fence)
    except JobLost as lost:
        logger.warning("%s; this attempt stops", lost)
        return False
    return True


def run_here(project: Project, kind: str, params: dict[str, Any], created_by: User | None = None) -> Job:
    """Do a job in this process, as management commands do; returns its row as it ended. Raises ValueError for an unknown kind.

    Ctrl-C and SIGTERM cancel it at its next step: whole units stay, and doing it again completes it; a second one ends it where
    it is. If the process is killed, the reaper gives the job to a worker, which goes on from the checkpoint.
    """
    job = create_row(project, kind, params, created_by)
    with contextlib.suppress(KeyboardInterrupt), cancelled_by_signals(job.pk):
        run_job(job.pk)
    job.refresh_from_db()
    return job


@contextlib.contextmanager
def cancelled_by_signals(job_id: int) -> Iterator[None]:
    """Make the first Ctrl-C or SIGTERM cancel the job while the block runs; only the main thread can, elsewhere nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(*_: object) -> None:
        # Not an exception: raised between two steps of a query it would leave the connection in a transaction nobody knows of.
        threading.Thread(target=ask_to_stop, args=(job_id,), name=f"cancel-{job_id}").start()
        for number in before:
            signal.signal(number, interrupt)

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(*_: object) -> None:
    """The answer to the second signal."""
    raise KeyboardInterrupt


def ask_to_stop(job_id: int) -> None:
    """Cancel a job from a thread of its own, over a connection of its own."""
    try:
        request_cancel(job_id)
    finally:
        connection.close()


def run_claimed(job: Job, fence: uuid.UUID) -> None:
    """Run the code of a claimed job and write how it ended; raises JobLost and failures of the database."""
    context = JobContext(job, fence)
    try:
        KINDS[job.kind](context)
    except (JobLost, OperationalError, InterfaceError):
        raise
    except JobFailed as failure:
        finish(job.pk, fence, Job.State.FAILED, error=str(failure), result=context.result)
    except KeyboardInterrupt:
        if not connection.in_atomic_block:
            # It may be in the middle of a transaction that Django has not begun yet, or has ended already.
            connection.close()
        finish(job.pk, fence, Job.State.CANCELLED, result=context.result)
        raise
    # Whatever goes wrong in a job must end up in its row: nobody waits for an exception here.
    except Exception as error:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        finish(job.pk, fence, Job.State.FAILED, error=f"{type(error).__name__}: {error}", result=context.result)
    else:
        state = Job.State.CANCELLED if context.was_cancelled else Job.State.DONE
        finish(job.pk, fence, state, error="", result=context.result)
        logger.info("job %s (%s) is %s", job.pk, job.kind, state)

"""The one Celery task, and what a worker does when it is told to stop."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task, signals
from celery.worker import state
from django.db import DatabaseError

from labeling.jobs.queue import hand_back
from labeling.jobs.run import run_job

logger = logging.getLogger(__name__)


@shared_task(name="labeling.run_job")
def run_job_task(job_id: int) -> None:
    """Run the job of that row, unless it is taken or has ended."""
    run_job(job_id)


@signals.worker_shutting_down.connect
def hand_back_running_jobs(**_kwargs: Any) -> None:
    """Queue what this worker runs again: its attempts then end at their next write, so that stopping takes seconds, not hours."""
    for request in list(state.active_requests):
        if request.name != run_job_task.name:
            continue
        try:
            hand_back(*request.args)
        except DatabaseError as error:
            # The reaper finds the job by its heartbeat, only later.
            logger.warning("job %s could not be handed back: %s", request.args, error)

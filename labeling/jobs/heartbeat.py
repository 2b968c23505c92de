"""Keeps the row of a running job fresh from a thread, because one step of a job may take minutes."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from labeling.jobs.fence import JobLost, write

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(job_id: int, fence: uuid.UUID) -> Iterator[None]:
    """Beat for `job_id` while the block runs; the beats stop by themselves once the fence is lost."""
    stop = threading.Event()
    thread = threading.Thread(target=beat_until, args=(stop, job_id, fence), name=f"heartbeat-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # A beat that waits for a lock may end later: what it writes is fenced.
        thread.join(timeout=1)


def beat_until(stop: threading.Event, job_id: int, fence: uuid.UUID) -> None:
    """Write a heartbeat every JOB_HEARTBEAT_S seconds until `stop` is set or the fence is lost."""
    try:
        while not stop.wait(settings.JOB_HEARTBEAT_S):
            try:
                write(job_id, fence)
            except JobLost:
                return
            except DatabaseError as error:
                logger.warning("job %s missed a heartbeat: %s", job_id, error)
    finally:
        connection.close()

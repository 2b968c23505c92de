"""Real Celery workers and reapers as processes on the test database, to be killed in the middle of a job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from kombu import Connection

from annotation_site.brokers import celery_transport_options
from labeling.jobs.tasks import run_job_task
from labeling.models import Job

REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
# Short, so that a killed worker is noticed within the time a test may take.
TIMES = {"JOB_HEARTBEAT_S": "1", "JOB_STALE_S": "3", "JOB_RING_AGAIN_S": "30"}


def database_url() -> str:
    """The URL under which another process opens the database of the running test."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    password = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    return f"postgres://{values['USER']}{password}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


def wait_until(true: Callable[[], Any], seconds: float = 30, what: str = "") -> Any:
    """The first truthy value of `true`; AssertionError when it takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := true():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what or true}")


def redis_answers() -> bool:
    """Whether there is a Redis to test with."""
    try:
        return bool(redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1).ping())
    except redis.RedisError:
        return False


class WorkerHarness:
    """Starts, kills and stops workers on one broker; `app` is the module of the Celery application they run."""

    def __init__(self, broker_url: str, folder: Path, app: str = "tests.worker_app") -> None:
        self.broker_url, self.folder, self.app = broker_url, folder, app
        self.queue = f"test-{uuid.uuid4().hex[:12]}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            **TIMES,
            "DATABASE_URL": database_url(),
            "DATABASE_POOL_SIZE": "2",
            "CELERY_BROKER_URL": broker_url,
            "CELERY_QUEUE": self.queue,
            "CELERY_SKIP_CHECKS": "1",
            "SERVIMAGE_VAR": str(folder),
            "SERVIMAGE_MEDIA": str(settings.MEDIA_ROOT),
            "SERVIMAGE_EXPORTS": str(settings.EXPORT_ROOT),
            "SERVIMAGE_MODELS": str(settings.MODEL_ROOT),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A Python process with the environment of this harness; its output goes to output.log in the folder."""
        with (self.folder / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], env=self.environment, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker with one child process."""
        options = ["-P", "prefork", "-c", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        return self.start("-m", "celery", "-A", self.app, "worker", "-n", f"{uuid.uuid4().hex[:8]}@%h", *options)

    def start_reaper(self) -> subprocess.Popen[bytes]:
        """A reaper that passes twice a second."""
        return self.start("manage.py", "reap", "--every", "0.5")

    def ring(self, job: Job) -> None:
        """Send the message of a job to this broker, as `labeling.jobs.queue.ring` does to the site's own."""
        options = celery_transport_options(self.broker_url, self.folder / "broker")
        with Connection(self.broker_url, transport_options=options) as broker:
            run_job_task.apply_async((job.pk,), connection=broker, queue=self.queue, retry=False)

    def log(self) -> str:
        """What all processes wrote so far."""
        return (self.folder / "output.log").read_text()

    def close(self) -> None:
        """Kill whatever still runs and remove what it left in Redis."""
        for process in self.processes:
            kill_group(process)
        if self.broker_url.startswith("redis"):
            client = redis.Redis.from_url(self.broker_url)
            client.delete(self.queue, *client.scan_iter(f"_kombu.binding*{self.queue}"))


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 the process with everything it started, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


@contextmanager
def worker_harness(broker: str, folder: Path, app: str = "tests.worker_app") -> Iterator[WorkerHarness]:
    """A harness on the `filesystem` or the `redis` broker that leaves no process behind."""
    harness = WorkerHarness(REDIS_URL if broker == "redis" else "filesystem://localhost/", folder, app)
    try:
        yield harness
    finally:
        harness.close()

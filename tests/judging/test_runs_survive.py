"""Runs in real worker processes that are killed in the middle, with the broker and the database: complete, nothing lost, nothing twice."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import redis
from django.db import connection

from judging.models import Call
from tests.judging.own_postgres import BINARIES
from tests.judging.surviving import QUESTIONS, check_complete, make_started_run, ring_all, slow_server, wait_for_calls
from tests.workers import WorkerHarness, kill_group, redis_answers, wait_until, worker_harness

pytestmark = pytest.mark.django_db(transaction=True)

BROKERS = [
    "filesystem",
    pytest.param("redis", marks=pytest.mark.skipif(not redis_answers(), reason="no Redis answers at TEST_REDIS_URL")),
]


@pytest.fixture
def server():
    with slow_server() as server:
        yield server


@pytest.mark.parametrize("broker", BROKERS)
def test_a_run_ends_complete_though_one_worker_and_then_all_are_killed_in_mid_batch(broker, server, tmp_path):
    run = make_started_run(server)
    with worker_harness(broker, tmp_path) as workers:
        first, second = workers.start_worker(), workers.start_worker()
        workers.start_reaper()
        ring_all(workers, run)
        wait_for_calls(run, 5)

        kill_group(first)
        wait_for_calls(run, 12)
        kill_group(second)
        kept = Call.objects.filter(run=run).count()
        workers.start_worker()
        workers.start_worker()

        check_complete(run, workers)

    # What was stored before was not asked again: each kill lost at most the replies of half a second, one question at a time.
    assert 12 <= kept < QUESTIONS
    assert len(server.seen) <= QUESTIONS + 2 * 6


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def own_redis(folder):
    """A Redis of this test, to be killed; gives its URL, the way to kill it, and the way to start it again."""
    port, running = free_port(), []

    def start():
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        running.append(subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL))
        client = redis.Redis(port=port)
        wait_until(lambda: answers(client), what="Redis answers")

    def kill():
        running[-1].kill()
        running[-1].wait()

    start()
    try:
        yield f"redis://127.0.0.1:{port}/0", kill, start
    finally:
        kill()


def answers(client):
    try:
        return client.ping()
    except redis.RedisError:
        return False


@pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server to start one of its own")
def test_a_run_ends_complete_though_redis_is_killed_and_forgets_everything(server, tmp_path):
    run = make_started_run(server)
    with own_redis(tmp_path) as (url, kill, start):
        workers = WorkerHarness(url, tmp_path)
        # Messages that went with Redis are sent again by the reaper.
        workers.environment["JOB_RING_AGAIN_S"] = "3"
        try:
            workers.start_worker()
            workers.start_reaper()
            ring_all(workers, run)
            wait_for_calls(run, 8)

            kill()
            time.sleep(2)
            start()

            check_complete(run, workers)
        finally:
            # The site's Redis is not the one to clean up.
            for process in workers.processes:
                kill_group(process)
    assert len(server.seen) <= QUESTIONS + 6


@pytest.mark.skipif(connection.vendor != "postgresql" or not BINARIES, reason="needs PostgreSQL, and initdb to start one of its own")
@pytest.mark.parametrize("broker", BROKERS)
def test_a_run_ends_complete_though_postgresql_is_restarted_twice(broker, tmp_path):
    played = subprocess.run(
        [sys.executable, "-m", "tests.judging.restarted_postgres", broker, str(tmp_path)], check=False, capture_output=True, text=True
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert f"complete: {QUESTIONS} calls stored" in played.stdout


def test_a_worker_that_is_told_to_stop_leaves_its_batch_to_the_next_one(server, tmp_path):
    run = make_started_run(server)
    with worker_harness("filesystem", tmp_path) as workers:
        # A message that a stopping worker has taken is lost with it, and sent again by the reaper.
        workers.environment["JOB_RING_AGAIN_S"] = "3"
        worker = workers.start_worker()
        ring_all(workers, run)
        wait_for_calls(run, 3)

        os.kill(worker.pid, signal.SIGTERM)
        worker.wait(timeout=30)
        workers.start_reaper()
        workers.start_worker()

        check_complete(run, workers)

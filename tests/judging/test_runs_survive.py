"""Runs in real worker processes that are killed in the middle, with the broker and the database: complete, nothing lost, nothing twice."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
import redis
from django.db import connection

from judging.models import Call, JudgeRun, RunBatch, Score
from judging.protocol.runs import plan_run, start_run
from labeling.browse.wanted import Wanted
from labeling.models import Job
from tests.factories import make_lead
from tests.judging.making import make_judged_project, make_server_judge, work
from tests.judging.scripted_server import Answer, ScriptedServer, say
from tests.workers import WorkerHarness, kill_group, redis_answers, wait_until, worker_harness

pytestmark = pytest.mark.django_db(transaction=True)

BROKERS = [
    "filesystem",
    pytest.param("redis", marks=pytest.mark.skipif(not redis_answers(), reason="no Redis answers at TEST_REDIS_URL")),
]
BUNDLES, IMAGES = 8, 6


def slowly(seen):
    """A good reply that takes its time."""
    good = say('{"verdict": "reject", "probability": 0.2, "reason": "Blurred."}')(seen)
    return Answer(body=good.body, wait_s=0.15)


@pytest.fixture
def server():
    with ScriptedServer(default=slowly) as server:
        yield server


def make_started_run(server, monkeypatch):
    """A run of eight batches of six questions, three batches at a time, which no worker has heard of."""
    monkeypatch.setattr("judging.plan_job.BATCH_CALLS", IMAGES)
    project, _bundles = make_judged_project((IMAGES,) * BUNDLES)
    lead = make_lead(project)
    run = work(plan_run(make_server_judge(project, server.url, "pay_direct", max_in_flight=1), lead, Wanted(), parallel=3))
    start_run(run, lead)
    return run


def ring_all(workers, run):
    for job in Job.objects.filter(project=run.project, state="queued"):
        workers.ring(job)


def wait_for_calls(run, number):
    wait_until(lambda: Call.objects.filter(run=run).count() >= number, what=f"{number} calls stored")


def check_complete(run, workers):
    """The run is done, with each question stored and scored once and counted once."""
    wait_until(lambda: JudgeRun.objects.filter(pk=run.pk, state="done").exists(), 150, f"the run is done; {workers.log()[-3000:]}")
    run.refresh_from_db()
    rows = list(Call.objects.filter(run=run).values_list("candidate", "superseded_at", "why"))
    assert len(rows) == len(set(rows)) == BUNDLES * IMAGES == run.calls
    assert Score.objects.current().filter(judge=run.judge, value=0.2).count() == BUNDLES * IMAGES == Score.objects.count()
    assert set(RunBatch.objects.filter(run=run).values_list("state", flat=True)) == {"done"}
    assert run.bundles_done == BUNDLES


@pytest.mark.parametrize("broker", BROKERS)
def test_a_run_ends_complete_though_one_worker_and_then_all_are_killed_in_mid_batch(broker, server, tmp_path, monkeypatch):
    run = make_started_run(server, monkeypatch)
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
    assert 12 <= kept < BUNDLES * IMAGES
    assert len(server.seen) <= BUNDLES * IMAGES + 2 * 6


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
def test_a_run_ends_complete_though_redis_is_killed_and_forgets_everything(server, tmp_path, monkeypatch):
    run = make_started_run(server, monkeypatch)
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
    assert len(server.seen) <= BUNDLES * IMAGES + 6


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could go away")
def test_a_run_ends_complete_though_postgresql_ends_every_connection_of_the_workers(server, tmp_path, monkeypatch):
    run = make_started_run(server, monkeypatch)
    with worker_harness("filesystem", tmp_path) as workers:
        workers.start_worker()
        workers.start_worker()
        workers.start_reaper()
        ring_all(workers, run)
        for calls in (6, 20):
            wait_for_calls(run, calls)
            with connection.cursor() as cursor:
                # As a restart does it: in the middle of whatever each is doing.
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        # This process has connections in store that were ended, too.
        connection.close()
        connection.close_pool()
        check_complete(run, workers)


def test_a_worker_that_is_told_to_stop_leaves_its_batch_to_the_next_one(server, tmp_path, monkeypatch):
    run = make_started_run(server, monkeypatch)
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

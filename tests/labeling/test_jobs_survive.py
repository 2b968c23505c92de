"""Jobs in real worker processes that are killed or stopped in the middle, on both brokers."""

import os
import signal
import time

import pytest

from labeling.jobs.kinds import KINDS
from labeling.jobs.queue import create_row, request_cancel
from labeling.models import Generator, Job, Project
from tests import worker_app
from tests.workers import kill_group, redis_answers, wait_until, worker_harness

pytestmark = pytest.mark.django_db(transaction=True)

BROKERS = [
    "filesystem",
    pytest.param("redis", marks=pytest.mark.skipif(not redis_answers(), reason="no Redis answers at TEST_REDIS_URL")),
]


@pytest.fixture(params=BROKERS)
def workers(request, tmp_path):
    """A harness for worker processes on one of the brokers."""
    with worker_harness(request.param, tmp_path) as harness:
        yield harness


def make_counting_job(numbers, pause_s=0.1):
    KINDS.setdefault("count_slowly", worker_app.count_slowly)
    project = Project.objects.create(slug="jobs", name="Jobs")
    return create_row(project, "count_slowly", {"numbers": numbers, "pause_s": pause_s}, None)


def wait_for_state(job, state, seconds=40):
    return wait_until(lambda: Job.objects.filter(pk=job.pk, state=state).first(), seconds, f"job is {state}")


def wait_for_units(job, units):
    return wait_until(lambda: Job.objects.filter(pk=job.pk, done__gte=units).first(), what=f"{units} units done")


def counted(job):
    """The slugs that the job made, in the order of its numbers."""
    slugs = Generator.objects.filter(slug__startswith=f"count-{job.pk}-").values_list("slug", flat=True)
    return sorted(slugs, key=lambda slug: int(slug.rsplit("-", 1)[1]))


def test_a_job_whose_worker_is_killed_ends_complete_and_does_nothing_twice(workers):
    job = make_counting_job(40)
    worker = workers.start_worker()
    workers.start_reaper()
    workers.ring(job)
    wait_for_units(job, 5)

    kill_group(worker)
    workers.start_worker()
    ended = wait_for_state(job, "done")

    assert counted(job) == [f"count-{job.pk}-{number}" for number in range(40)]
    assert (ended.attempt, ended.done, ended.lines.count()) == (2, 40, 40)
    assert ended.result["resumed_at"] >= 5


def test_a_worker_that_is_told_to_stop_hands_its_job_back_within_seconds(workers):
    job = make_counting_job(400)
    worker = workers.start_worker()
    workers.ring(job)
    wait_for_units(job, 3)

    told = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    worker.wait(timeout=30)

    # The whole job would take more than 40 s; an idle worker needs 1 to 6 s to stop, by how its broker polls.
    assert time.monotonic() - told < 15
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 0), workers.log()
    workers.start_reaper()
    workers.start_worker()
    resumed = wait_for_units(job, job.done + 3)
    assert resumed.attempt == 1
    # Read once: the job goes on.
    found = counted(job)
    assert found == [f"count-{job.pk}-{number}" for number in range(len(found))]


def test_cancelling_stops_a_running_job_between_two_units(workers):
    job = make_counting_job(200)
    workers.start_worker()
    workers.ring(job)
    wait_for_units(job, 2)

    request_cancel(job.pk)
    ended = wait_for_state(job, "cancelled", seconds=10)

    made = counted(job)
    assert 2 <= len(made) < 200
    assert made == [f"count-{job.pk}-{number}" for number in range(len(made))]
    assert ended.lines.count() == len(made)


def test_two_workers_that_hear_of_the_same_job_do_it_once(workers):
    job = make_counting_job(10)
    workers.start_worker()
    workers.start_worker()
    for _ in range(4):
        workers.ring(job)

    ended = wait_for_state(job, "done")

    assert len(counted(job)) == 10
    assert ended.attempt == 1


RUN_HERE = """
import tests.worker_app
from labeling.jobs.run import run_here
from labeling.models import Project
job = run_here(Project.objects.get(), "count_slowly", {"numbers": 400, "pause_s": 0.05})
print("the job is", job.state)
"""


def test_a_command_that_is_told_to_stop_cancels_its_job_between_two_units(tmp_path):
    Project.objects.create(slug="jobs", name="Jobs")
    with worker_harness("filesystem", tmp_path) as workers:
        command = workers.start("-c", RUN_HERE)
        job = wait_until(lambda: Job.objects.filter(done__gte=5).first())

        command.terminate()
        command.wait(timeout=10)

        job.refresh_from_db()
        assert (job.state, "the job is cancelled" in workers.log()) == ("cancelled", True)
        assert len(counted(job)) == job.checkpoint["next"] < 400


def test_a_job_of_a_killed_command_is_finished_by_a_worker(tmp_path):
    Project.objects.create(slug="jobs", name="Jobs")
    with worker_harness("filesystem", tmp_path) as workers:
        command = workers.start("-c", RUN_HERE.replace("400", "60"))
        job = wait_until(lambda: Job.objects.filter(done__gte=5).first())

        kill_group(command)
        workers.start_reaper()
        workers.start_worker()
        ended = wait_for_state(job, "done")

        assert counted(job) == [f"count-{job.pk}-{number}" for number in range(60)]
        assert ended.attempt == 2

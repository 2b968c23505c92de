"""A run in a real worker process that is killed in the middle ends as if nothing had happened: the same weights, to the bit."""

import hashlib

import pytest
from django.db import connection

from labeling.jobs.run import run_job
from labeling.models import Job
from modeling.model_folder import find_folder
from modeling.models import ModelVersion, RunPoint, TrainingRun
from tests.modeling.made_project import QUICK, make_led_project, start_quick_run
from tests.workers import kill_group, redis_answers, wait_until, worker_harness

pytestmark = pytest.mark.django_db(transaction=True)

# Each database with the broker it is run with.
BROKER = "redis" if connection.vendor == "postgresql" else "filesystem"
# Long enough to be hit in the middle, saved often enough to go on from there.
LONG = {
    **QUICK,
    "stage2": {"epochs": 150, "batch": 8, "micro_batch": 8, "save_every": 20, "evaluate_every": 10, "patience": 0},
}


def weights_of(run):
    """The SHA-256 of everything that was trained."""
    return hashlib.sha256((find_folder(run.folder) / "heads.safetensors").read_bytes()).hexdigest()


def wait_for_steps(run, steps):
    """Wait until the second stage has come so far, and something of it is saved."""
    deciding = TrainingRun.objects.filter(pk=run.pk, at_stage__startswith="decision", step__gte=steps)
    saved = find_folder(run.folder) / "resume"
    wait_until(lambda: deciding.exists() and any(saved.rglob("decision*.safetensors")), 120, f"{steps} steps")


def wait_for_done(run, workers):
    wait_until(lambda: TrainingRun.objects.filter(pk=run.pk, state="done").exists(), 120, f"the run is done; {workers.log()[-3000:]}")
    run.refresh_from_db()


@pytest.mark.skipif(BROKER == "redis" and not redis_answers(), reason="no Redis answers at TEST_REDIS_URL")
def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint_to_the_same_model(tmp_path):
    project, lead = make_led_project()
    run = start_quick_run(project, lead, settings=LONG)
    with worker_harness(BROKER, tmp_path) as workers:
        worker = workers.start_worker()
        workers.start_reaper()
        workers.ring(run.job)
        wait_for_steps(run, 30)

        kill_group(worker)
        at_kill = RunPoint.objects.filter(run=run).count()
        workers.start_worker()
        wait_for_done(run, workers)
    unbroken = start_quick_run(project, lead, settings=LONG, snapshot=run.snapshot)
    run_job(unbroken.job_id)
    unbroken.refresh_from_db()

    assert unbroken.state == "done"
    assert (Job.objects.get(pk=run.job_id).attempt, Job.objects.get(pk=unbroken.job_id).attempt) == (2, 1)
    assert weights_of(run) == weights_of(unbroken)
    curves = [sorted(RunPoint.objects.filter(run=each).values_list("stage", "name", "step", "value")) for each in (run, unbroken)]
    assert curves[0] == curves[1]
    assert len(curves[0]) > at_kill
    assert ModelVersion.objects.filter(project=project).count() == 2

"""Runs as rows: starting one, what is refused, cancelling, resuming, and runs whose job ended without telling."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.jobs.context import JobContext
from labeling.jobs.fence import claim
from labeling.jobs.kinds import QUEUES
from labeling.models import Job
from labeling.protocol.archive import archive_project
from labeling.protocol.outcome import ProtocolError
from modeling.models import TrainingRun
from modeling.net.config import TrainConfig, make_stats
from modeling.protocol.runs import cancel_run, create_run, end_orphans, reopen_run, resume_run, set_running, start_run
from modeling.protocol.settings import make_config
from modeling.snapshots.filters import Filters
from tests.factories import make_lead, make_person, make_project
from tests.modeling.made_registry import make_run_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(slug="posters")


@pytest.fixture
def lead(project):
    return make_lead(project)


def start(project, lead, **fields):
    return start_run(project, lead, **{"preset": "stats", "filters": Filters()} | fields)


def code_of(act):
    with pytest.raises(ProtocolError) as refusal:
        act()
    return refusal.value.code, str(refusal.value)


def begin_job(run):
    """The context of a worker that claimed the job of a run."""
    fence = claim(run.job_id)
    return JobContext(Job.objects.get(pk=run.job_id), fence)


def test_a_run_keeps_everything_that_decides_it_and_waits_for_a_worker(project, lead):
    run = start(project, lead, filters=Filters(blind_only=True), settings={"stage1": {"epochs": 3}, "seed": 7})

    config = TrainConfig.from_json(run.config)
    assert (run.number, run.state, run.why, run.created_by) == (1, "queued", "person", lead)
    assert (config.stage1.epochs, config.seed, config.stage2) == (3, 7, make_stats().stage2)
    assert Filters.from_json(run.wanted) == Filters(blind_only=True)
    assert run.folder == f"posters/runs/1-{run.public_id.hex[:8]}"
    assert (run.job.kind, run.job.params, run.job.state) == ("train", {"run": run.pk}, "queued")


def test_what_needs_an_accelerator_goes_to_the_machines_that_have_one(project, lead):
    run = start(project, lead, preset="tiny")

    assert (run.job.kind, QUEUES["train_gpu"]) == ("train_gpu", settings.GPU_QUEUE)
    assert "train" not in QUEUES


def test_a_second_run_waits_for_the_first_one_to_end(project, lead):
    first = start(project, lead)

    refused = code_of(lambda: start(project, lead))
    elsewhere = start(other := make_project(), make_lead(other))
    cancel_run(first, lead)
    second = start(project, lead)

    assert refused[0] == "run_at_work"
    assert (elsewhere.number, second.number) == (1, 2)


def test_the_database_holds_one_run_at_work(project):
    make_run_row(project, state="queued")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_run_row(project, state="running")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"stage1": {"epoch": 3}}, "stage1.epoch"),
        ({"stage1.epochs": "three"}, "stage1.epochs"),
        ({"colour": 1}, "colour"),
        ({"stage1": {"epochs": 0}}, "epochs"),
        ({"backbone": {"kind": "tiny"}}, "backbone.kind"),
        ({"fusion": "both"}, "fusion"),
        ({"seed": True}, "seed"),
        ({"stage1": {"clip": -1}}, "clip"),
        ({"stage2.learning_rate": float("nan")}, "learning_rate"),
        ({"stage1.clip": float("inf")}, "clip"),
        ({"seed": 2**70}, "seed"),
        ({"concept_head.width": 10**9}, "width"),
        ({"backbone.max_length": -5}, "max_length"),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, "a.b.c.d"),
    ],
)
def test_a_wrong_setting_is_named(project, lead, settings, named):
    code, text = code_of(lambda: start(project, lead, settings=settings))

    assert (code, named in text) == ("wrong_setting", True)
    assert not TrainingRun.objects.exists()


def test_weights_come_from_the_hub_or_from_folders_that_the_site_allows(tmp_path, monkeypatch):
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    (allowed / "qwen").mkdir(parents=True)
    other.mkdir()
    monkeypatch.setenv("SERVIMAGE_MODEL_ROOTS", str(allowed))

    by_id = make_config("qwen3-vl", {"backbone": {"path_or_id": "Qwen/Qwen3-VL-2B-Instruct"}})
    by_folder = make_config("qwen3-vl", {"backbone.path_or_id": str(allowed / "qwen")})
    refused = code_of(lambda: make_config("qwen3-vl", {"backbone.path_or_id": str(other)}))

    assert (by_id.backbone.path_or_id, by_folder.backbone.path_or_id) == ("Qwen/Qwen3-VL-2B-Instruct", str(allowed / "qwen"))
    assert (refused[0], "SERVIMAGE_MODEL_ROOTS" in refused[1]) == ("wrong_setting", True)


def test_only_leads_of_an_open_project_start_and_cancel_runs(project, lead):
    annotator = make_person(project)
    run = start(project, lead)

    refused = [code_of(act)[0] for act in (lambda: start(project, annotator), lambda: cancel_run(run, annotator))]
    cancel_run(run, lead)
    archive_project(project, lead)
    closed = [code_of(act)[0] for act in (lambda: start(project, lead), lambda: resume_run(run, lead))]

    assert refused == ["not_allowed", "not_allowed"]
    assert closed == ["archived", "archived"]


def test_stage_2_alone_goes_on_from_a_finished_run_of_its_preset(project, lead):
    done, failed = make_run_row(project), make_run_row(project, state="failed")
    other = make_run_row(make_project())

    refused = [
        code_of(lambda stage=stage, stage1=stage1: start(project, lead, stage=stage, stage1=stage1))[0]
        for stage, stage1 in (("2", None), ("both", done), ("2", failed), ("2", other), ("3", None))
    ]
    run = start(project, lead, stage="2", stage1=done)

    assert refused == ["needs_stage1", "needs_stage1", "wrong_stage1", "wrong_stage1", "unknown_stage"]
    assert run.stage1 == done


def test_a_cancelled_run_ends_at_once_and_its_worker_is_told(project, lead):
    waiting = start(project, lead)
    cancel_run(waiting, lead)
    waiting.job.refresh_from_db()
    running = start(project, lead)
    context = begin_job(running)
    set_running(context, running.pk)

    cancel_run(running, lead)

    running.refresh_from_db()
    assert (waiting.job.state, running.state) == ("cancelled", "cancelled")
    assert running.finished_at is not None
    assert context.cancelled()
    assert code_of(lambda: cancel_run(running, lead))[0] == "ended_already"


def test_a_cancelled_run_is_resumed_once_its_worker_has_stopped(project, lead):
    run = start(project, lead)
    context = begin_job(run)
    set_running(context, run.pk)
    cancel_run(run, lead)

    too_soon = code_of(lambda: resume_run(run, lead))[0]
    Job.objects.filter(pk=run.job_id).update(state="cancelled", fence=None)
    resumed = resume_run(run, lead)

    assert too_soon == "still_stopping"
    assert (resumed.pk, resumed.state, resumed.finished_at, resumed.folder, resumed.config) == (
        run.pk,
        "queued",
        None,
        run.folder,
        run.config,
    )
    assert resumed.job_id != run.job_id
    # The worker that was at it before has no part in it any more.
    assert code_of(lambda: resume_run(run, lead))[0] == "run_at_work"


def test_no_other_run_begins_while_the_worker_of_a_cancelled_one_goes_on(project, lead):
    run = start(project, lead)
    set_running(begin_job(run), run.pk)
    cancel_run(run, lead)

    refused = code_of(lambda: start(project, lead))
    Job.objects.filter(pk=run.job_id).update(state="cancelled", fence=None)

    assert refused == ("still_stopping", "Run 1 was cancelled, but its worker has not stopped yet. Try again in a moment.")
    assert start(project, lead).number == 2


def test_a_run_that_a_command_resumes_has_ten_minutes_until_its_job_is_there(project):
    run = make_run_row(project, state="cancelled", created_at=timezone.now() - timedelta(days=1))
    with transaction.atomic():
        reopen_run(run, None)

    early = end_orphans()
    TrainingRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=11))
    late = end_orphans()

    assert (early, late) == (0, 1)


def test_a_finished_run_is_not_resumed(project, lead):
    assert code_of(lambda: resume_run(make_run_row(project), lead))[0] == "not_stopped"


def test_a_job_that_is_not_the_one_of_the_run_does_nothing(project, lead):
    run = start(project, lead)
    stranger = Job.objects.create(project=project, kind="train", params={"run": run.pk})
    context = JobContext(stranger, claim(stranger.pk))

    assert set_running(context, run.pk) is None
    assert TrainingRun.objects.get(pk=run.pk).state == "queued"


def test_a_run_of_a_command_takes_the_job_that_runs_it(project):
    with transaction.atomic():
        run = create_run(project, None, "stats", Filters(), "both", None, {}, None, "person")
    job = Job.objects.create(project=project, kind="train", params={"run": run.pk})

    found = set_running(JobContext(job, claim(job.pk)), run.pk)

    assert (found.state, found.job_id) == ("running", job.pk)


@pytest.mark.parametrize(
    ("state", "error", "becomes"),
    [("failed", "Too few.", ("failed", "Too few.")), ("cancelled", "", ("cancelled", "")), ("done", "", ("failed", None))],
)
def test_a_run_whose_job_ended_without_telling_ends_with_it(project, lead, state, error, becomes):
    run = start(project, lead)
    alive = start(other := make_project(), make_lead(other))
    Job.objects.filter(pk=run.job_id).update(state=state, error=error)

    ended = end_orphans()

    run.refresh_from_db()
    alive.refresh_from_db()
    assert (ended, run.state, alive.state) == (1, becomes[0], "queued")
    assert run.said_text == (becomes[1] if becomes[1] is not None else "The job of this run is gone; resume it to go on.")
    assert end_orphans() == 0

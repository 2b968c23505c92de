"""Background jobs: claiming, fences, checkpoints, cancelling, and what the reaper brings back."""

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from labeling.jobs import queue
from labeling.jobs.context import JobContext, JobFailed, Line
from labeling.jobs.fence import JobLost, claim
from labeling.jobs.kinds import KINDS
from labeling.jobs.queue import create_job, create_row, hand_back, request_cancel
from labeling.jobs.reaper import MAX_ATTEMPTS, reap_jobs
from labeling.jobs.run import run_here, run_job
from labeling.models import Job, JobLine, Project, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch):
    """The ids of the jobs that workers were told of."""
    ids = []
    monkeypatch.setattr("labeling.jobs.queue.ring", ids.append)
    monkeypatch.setattr("labeling.jobs.reaper.ring", ids.append)
    return ids


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    """A function that makes `work` the code of the job kind "test", which at first does nothing."""
    monkeypatch.setitem(KINDS, "test", lambda _context: None)
    return lambda work: monkeypatch.setitem(KINDS, "test", work)


def make_job(**values):
    project, _ = Project.objects.get_or_create(slug="jobs", defaults={"name": "Jobs"})
    job = create_row(project, "test", values.pop("params", {}), None)
    Job.objects.filter(pk=job.pk).update(**values)
    job.refresh_from_db()
    return job


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def make_stale_job(**values):
    """A running job whose worker died two minutes ago."""
    return make_job(**{"state": "running", "fence": uuid.uuid4(), "attempt": 1, "heartbeat_at": ago(120), **values})


def test_a_job_ends_with_its_result_progress_and_report(kind):
    def work(context):
        context.report([Line(key="a", outcome=JobLine.Outcome.CREATED, record="first"), Line(key="b", outcome=JobLine.Outcome.REJECTED)])
        context.progress(2, 2, "both read")
        context.result["tasks"] = 2

    kind(work)

    job = run_here(make_job().project, "test", {})

    assert (job.state, job.done, job.total, job.message, job.result, job.attempt) == ("done", 2, 2, "both read", {"tasks": 2}, 1)
    assert job.fence is None
    assert job.finished_at is not None
    assert list(job.lines.order_by("key").values_list("key", "outcome", "record")) == [("a", "created", "first"), ("b", "rejected", "")]


def test_workers_are_told_only_after_the_commit(rung, kind, django_capture_on_commit_callbacks):
    kind(lambda _context: None)
    project = make_job().project

    with django_capture_on_commit_callbacks(execute=True):
        job = create_job(project, "test", {}, None)
        assert rung == []

    assert rung == [job.pk]


def test_an_unknown_kind_is_refused_with_the_known_ones():
    project = make_job().project

    with pytest.raises(ValueError, match=r"there is no job kind 'tets'; the kinds are .*test"):
        create_job(project, "tets", {}, None)


def test_a_broker_that_fails_leaves_the_job_for_the_reaper(monkeypatch, caplog):
    job = make_job()
    monkeypatch.setattr("labeling.jobs.tasks.run_job_task.apply_async", raise_os_error)

    queue.ring(job.pk)

    assert "the message broker cannot be reached: no route" in caplog.text


def raise_os_error(*_args, **_options):
    raise OSError("no route")


def test_a_second_message_for_the_same_job_does_nothing(kind):
    calls = []
    kind(lambda context: calls.append(context.attempt))
    job = make_job()

    assert run_job(job.pk) is True
    assert run_job(job.pk) is False
    assert calls == [1]


def test_two_processes_cannot_claim_the_same_job():
    job = make_job()

    assert claim(job.pk) is not None
    assert claim(job.pk) is None


def test_a_worker_taken_for_dead_can_write_nothing_any_more(rung, kind):
    def work(context):
        Job.objects.filter(pk=context.job_id).update(heartbeat_at=ago(120))
        reap_jobs()
        with pytest.raises(JobLost):
            context.checkpoint({"place": 1})
        with pytest.raises(JobLost):
            context.progress(1, 1)
        with pytest.raises(JobLost):
            context.report([Line(key="a", outcome=JobLine.Outcome.CREATED)])
        context.cancelled()

    kind(work)
    job = make_job()

    assert run_job(job.pk) is False

    job.refresh_from_db()
    assert (job.state, job.checkpoint, job.done, job.error, job.lines.count()) == ("queued", {}, 0, "", 0)
    assert rung == [job.pk]


def test_what_a_unit_wrote_goes_with_its_lost_checkpoint(kind):
    def work(context):
        Job.objects.filter(pk=context.job_id).update(fence=uuid.uuid4())
        with transaction.atomic():
            Project.objects.create(slug="half", name="half a unit")
            context.checkpoint({"place": 1})

    kind(work)

    run_job(make_job().pk)

    assert not Project.objects.filter(slug="half").exists()


def test_the_next_attempt_goes_on_from_the_checkpoint(rung, kind):
    seen = []

    def work(context):
        seen.append((context.attempt, context.restored))
        if context.attempt == 1:
            context.checkpoint({"place": 7})
            raise OperationalError("the database went away")

    kind(work)
    job = make_job()
    with pytest.raises(OperationalError):
        run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=ago(120))

    reap_jobs()
    run_job(job.pk)

    job.refresh_from_db()
    assert seen == [(1, {}), (2, {"place": 7})]
    assert job.state == "done"


def test_a_refused_job_tells_why_in_its_own_words(kind):
    def work(context):
        raise JobFailed("tasks.json is missing")

    kind(work)

    job = run_here(make_job().project, "test", {})

    assert (job.state, job.error) == ("failed", "tasks.json is missing")


def test_an_unforeseen_error_ends_up_in_the_row_and_the_log(kind, caplog):
    kind(lambda _context: 1 / 0)

    job = run_here(make_job().project, "test", {})

    assert (job.state, job.error) == ("failed", "ZeroDivisionError: division by zero")
    assert "Traceback" in caplog.text


def test_a_waiting_job_is_cancelled_at_once():
    job = make_job()

    request_cancel(job.pk)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert run_job(job.pk) is False


def test_a_running_job_is_cancelled_when_it_looks(kind):
    def work(context):
        assert not context.cancelled()
        context.result["kept"] = 1
        request_cancel(context.job_id)
        if context.cancelled():
            return
        context.result["kept"] = 2

    kind(work)

    job = run_here(make_job().project, "test", {})

    assert (job.state, job.result) == ("cancelled", {"kept": 1})


def test_a_job_that_has_ended_cannot_be_cancelled():
    job = make_job(state="done")

    request_cancel(job.pk)

    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == ("done", False)


def test_a_cancelled_job_whose_worker_died_is_not_started_again(rung):
    job = make_stale_job(cancel_requested=True)

    reap_jobs()

    job.refresh_from_db()
    assert (job.state, job.fence, rung) == ("cancelled", None, [])


def test_a_job_that_lost_three_workers_fails_with_clear_words(rung):
    job = make_stale_job(attempt=MAX_ATTEMPTS)

    reap_jobs()

    job.refresh_from_db()
    assert (job.state, rung) == ("failed", [])
    assert "stopped in the middle of this job 3 times" in job.error_text


def test_a_job_with_a_fresh_heartbeat_is_left_alone(rung):
    job = make_stale_job(heartbeat_at=ago(10))

    assert reap_jobs() == 0

    job.refresh_from_db()
    assert (job.state, rung) == ("running", [])


def test_a_job_nobody_heard_of_is_announced_again_but_not_at_every_pass(rung):
    job = make_job(queued_at=ago(120))

    assert reap_jobs() == 1
    assert reap_jobs() == 0
    assert rung == [job.pk]


def test_a_job_handed_back_keeps_its_attempts_and_waits_for_the_next_pass(rung, kind):
    def work(context):
        hand_back(context.job_id)
        context.progress(1, 2)

    kind(work)
    job = make_job()

    assert run_job(job.pk) is False

    job.refresh_from_db()
    assert (job.state, job.attempt, rung) == ("queued", 0, [])
    reap_jobs()
    assert rung == [job.pk]


def test_a_repeated_unit_reports_once(kind):
    def work(context):
        context.report([Line(key="a", outcome=JobLine.Outcome.CREATED)])
        context.report([Line(key="a", outcome=JobLine.Outcome.UNCHANGED)])

    kind(work)

    job = run_here(make_job().project, "test", {})

    assert list(job.lines.values_list("key", "outcome")) == [("a", "created")]


def test_progress_of_the_last_unit_is_always_written(kind):
    def work(context):
        for number in range(1, 1001):
            context.progress(number, 1000)

    kind(work)

    job = run_here(make_job().project, "test", {})

    assert (job.done, job.total) == (1000, 1000)


def test_the_report_speaks_the_language_of_who_started_the_job(kind):
    seen = []

    def work(_context):
        from django.utils.translation import get_language

        seen.append(get_language())

    kind(work)
    person = User.objects.create(username="li", language="zh-hans")

    run_here(make_job().project, "test", {}, person)

    assert seen == ["zh-hans"]


def test_a_context_carries_the_parameters_of_its_job(kind):
    seen: list[JobContext] = []
    kind(seen.append)
    project = make_job().project

    run_here(project, "test", {"folder": "bench"})

    assert (seen[0].params, seen[0].project_id, seen[0].created_by_id) == ({"folder": "bench"}, project.pk, None)

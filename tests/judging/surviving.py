"""A run of slow questions that is to survive what is done to its workers, its broker and its database."""

from __future__ import annotations

from judging import plan_job
from judging.models import Call, JudgeRun, RunBatch, Score
from judging.protocol.runs import plan_run, start_run
from labeling.browse.wanted import Wanted
from labeling.models import Job
from tests.factories import make_lead
from tests.judging.making import make_judged_project, make_server_judge, work
from tests.judging.scripted_server import Answer, ScriptedServer, Seen, say
from tests.workers import WorkerHarness, wait_until

BUNDLES, IMAGES = 8, 6
QUESTIONS = BUNDLES * IMAGES


def slowly(seen: Seen) -> Answer:
    """A good reply that takes its time."""
    good = say('{"verdict": "reject", "probability": 0.2, "reason": "Blurred."}')(seen)
    return Answer(body=good.body, wait_s=0.15)


def slow_server() -> ScriptedServer:
    """A server that answers well and slowly."""
    return ScriptedServer(default=slowly)


def make_started_run(server: ScriptedServer) -> JudgeRun:
    """A run of eight batches of six questions, three batches at a time, which no worker has heard of."""
    project, _bundles = make_judged_project((IMAGES,) * BUNDLES)
    lead = make_lead(project)
    usual, plan_job.BATCH_CALLS = plan_job.BATCH_CALLS, IMAGES
    try:
        run = work(plan_run(make_server_judge(project, server.url, "pay_direct", max_in_flight=1), lead, Wanted(), parallel=3))
    finally:
        plan_job.BATCH_CALLS = usual
    start_run(run, lead)
    return run


def ring_all(workers: WorkerHarness, run: JudgeRun) -> None:
    """Tell the workers of every job of the run that waits."""
    for job in Job.objects.filter(project=run.project, state="queued"):
        workers.ring(job)


def wait_for_calls(run: JudgeRun, number: int) -> None:
    """Wait until so many replies are stored."""
    wait_until(lambda: Call.objects.filter(run=run).count() >= number, what=f"{number} calls stored")


def check_complete(run: JudgeRun, workers: WorkerHarness) -> None:
    """The run is done, with each question stored, counted and scored once."""
    wait_until(lambda: JudgeRun.objects.filter(pk=run.pk, state="done").exists(), 150, f"the run is done; {workers.log()[-3000:]}")
    run.refresh_from_db()
    rows = list(Call.objects.filter(run=run).values_list("candidate", "superseded_at", "why"))
    assert len(rows) == len(set(rows)) == QUESTIONS == run.calls
    assert Score.objects.current().filter(judge=run.judge, value=0.2).count() == QUESTIONS == Score.objects.count()
    assert set(RunBatch.objects.filter(run=run).values_list("state", flat=True)) == {"done"}
    assert run.bundles_done == BUNDLES

"""Starting, pausing, going on with and cancelling a judge run."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from judging.models import Backend, Judge, JudgeRun, RunBatch
from judging.protocol.advance import PLAN, advance_locked, lock_run
from judging.rubrics.registry import get_rubric
from labeling.browse.wanted import Wanted
from labeling.jobs.queue import create_job, request_cancel
from labeling.models import Job, Project, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right

MOST_PARALLEL = 64


@transaction.atomic
def plan_run(
    judge: Judge,
    lead: User | None,
    wanted: Wanted,
    *,
    parallel: int = 1,
    spend_limit_usd: Decimal | None = None,
    retries_unusable: bool = False,
    starts_at_once: bool = False,
) -> JudgeRun:
    """A new run of `judge` over the candidates that `wanted` describes, whose plan a worker makes; it starts when it is told to.

    What the judge has said already is not asked again; unusable replies are where `retries_unusable` says so. Raises ProtocolError.
    """
    project = judge.project
    if lead is not None:
        require_right(project, lead, "is_lead")
    require_open(project.pk)
    if not 1 <= parallel <= MOST_PARALLEL:
        raise ProtocolError("wrong_parallel", _("Between 1 and %(most)s workers can share a run."), most=MOST_PARALLEL)
    check_limit(judge, spend_limit_usd)
    check_rubric(judge)
    run = JudgeRun.objects.create(
        project=project,
        judge=judge,
        wanted=wanted.as_params(),
        parallel=parallel,
        spend_limit_usd=spend_limit_usd,
        retries_unusable=retries_unusable,
        starts_at_once=starts_at_once,
        created_by=lead,
    )
    run.planner = create_job(project, PLAN, {"run": run.pk}, lead)
    run.save(update_fields=["planner"])
    return run


def check_limit(judge: Judge, spend_limit_usd: Decimal | None) -> None:
    """Raise ProtocolError for a spend limit that is none, or that nobody could keep."""
    if spend_limit_usd is None:
        return
    if spend_limit_usd <= 0:
        raise ProtocolError("wrong_spend_limit", _("A spend limit is an amount above 0; leave it empty for none."))
    if judge.config.get("price_in_usd") is None or judge.config.get("price_out_usd") is None:
        raise ProtocolError("no_prices", _("Without both prices of the judge nobody can tell when a spend limit is reached."))


def check_rubric(judge: Judge) -> None:
    """Raise ProtocolError where the rubric has changed since this version of the judge was made; imported scores have none to run."""
    if judge.backend == Backend.IMPORTED or get_rubric(judge.rubric).version != judge.rubric_version:
        raise ProtocolError("other_rubric", _("The rubric is another version now: make the next version of the judge, which judges by it."))


@transaction.atomic
def start_run(run: JudgeRun, lead: User) -> None:
    """Start a planned run, or go on with a paused one. Locks the run. Raises ProtocolError for any other state."""
    require_right(run.project, lead, "is_lead")
    locked = lock_run(run.pk)
    require_open(run.project_id)
    check_rubric(locked.judge)
    if locked.state not in (JudgeRun.State.PLANNED, JudgeRun.State.PAUSED):
        raise ProtocolError("not_waiting", _("Only a planned or a paused run can be started."))
    set_running(locked)


def set_running(locked: JudgeRun) -> None:
    """Let workers have the batches of a locked run. Locks its judge. Raises ProtocolError while another run of its judge is at work."""
    # Two that are started at once would both find the other one planned.
    Judge.objects.select_for_update(no_key=True).get(pk=locked.judge_id)
    at_work = JudgeRun.objects.filter(judge=locked.judge_id, state__in=[JudgeRun.State.RUNNING, JudgeRun.State.PAUSED])
    if at_work.exclude(pk=locked.pk).exists():
        raise ProtocolError("judge_at_work", _("Another run of this judge is at work; both would ask the same questions."))
    locked.state = JudgeRun.State.RUNNING
    locked.started_at = locked.started_at or Now()
    locked.failures, locked.not_before, locked.said, locked.said_params = 0, None, "", {}
    locked.save(update_fields=["state", "started_at", "failures", "not_before", "said", "said_params"])
    locked.refresh_from_db()
    advance_locked(locked)


@transaction.atomic
def pause_run(run: JudgeRun, lead: User) -> None:
    """Stop handing out batches; those with a worker stop at their next reply and keep what they have. Locks the run."""
    require_right(run.project, lead, "is_lead")
    locked = lock_run(run.pk)
    if locked.state != JudgeRun.State.RUNNING:
        raise ProtocolError("not_running", _("Only a running run can be paused."))
    locked.state = JudgeRun.State.PAUSED
    locked.save(update_fields=["state"])
    stop_jobs(locked)


@transaction.atomic
def cancel_run(run: JudgeRun, lead: User) -> None:
    """End a run for good; what it has stored stays, and another run judges what is missing. Locks the run."""
    require_right(run.project, lead, "is_lead")
    locked = lock_run(run.pk)
    if locked.is_ended:
        raise ProtocolError("ended_already", _("This run has ended already."))
    locked.state = JudgeRun.State.CANCELLED
    locked.finished_at = Now()
    locked.save(update_fields=["state", "finished_at"])
    stop_jobs(locked)


def stop_jobs(locked: JudgeRun) -> None:
    """Ask the workers of a run to stop, and its planner."""
    for job in live_jobs(locked):
        request_cancel(job)
    if locked.planner_id:
        request_cancel(locked.planner_id)


def live_jobs(run: JudgeRun) -> QuerySet[RunBatch, int]:
    """The ids of the jobs that hold a batch of the run and have not ended."""
    held = RunBatch.objects.filter(run=run, state=RunBatch.State.TAKEN, job__state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return held.values_list("job_id", flat=True)


def find_run(project: Project, public_id: str) -> JudgeRun | None:
    """A run of this project; None if there is none by that id."""
    return JudgeRun.objects.filter(project=project, public_id=public_id).select_related("judge", "created_by", "planner").first()

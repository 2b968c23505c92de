"""Handing out the batches of running runs, and ending runs that have none left."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from judging.models import Backend, JudgeRun, RunBatch
from labeling.jobs.fence import seconds_ago
from labeling.jobs.queue import create_job
from labeling.models import Job
from labeling.protocol.archive import IS_ARCHIVED
from labeling.stored_texts import make_params

# Weights on the worker need the machine with the accelerator.
PLAN, JUDGE, JUDGE_LOCALLY = "judge_plan", "judge", "judge_locally"
ENDED = [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED]
# A backend that does not work is tried again after this many seconds, twice as many each time, so often in a row.
FIRST_WAIT_S, LONGEST_WAIT_S, MOST_FAILURES = 10, 300, 8


def lock_run(run_id: int) -> JudgeRun:
    """The locked row of a run. Whoever locks a job as well locks the run first."""
    return JudgeRun.objects.select_for_update(of=("self",)).select_related("judge", "project", "created_by").get(pk=run_id)


def advance_runs() -> int:
    """Advance every running run; any number of processes may do so at once. Returns how many batches were handed out or given up."""
    due = Q(not_before=None) | Q(not_before__lte=Now())
    running = JudgeRun.objects.filter(due, state=JudgeRun.State.RUNNING).values_list("pk", flat=True)
    return sum(map(advance_run, running)) + end_unplanned()


def end_unplanned() -> int:
    """End the runs whose planner ended without a plan."""
    unplanned = JudgeRun.objects.filter(state=JudgeRun.State.PLANNING)
    gone = Q(planner=None) | Q(planner__state=Job.State.FAILED)
    ended = {"finished_at": Now()}
    text = _("The plan could not be made; the job that makes it says why.")
    failed = unplanned.filter(gone).update(state=JudgeRun.State.FAILED, said=text, **ended)
    return failed + unplanned.filter(planner__state=Job.State.CANCELLED).update(state=JudgeRun.State.CANCELLED, **ended)


@transaction.atomic
def advance_run(run_id: int) -> int:
    """Advance one run if it is running. Locks it."""
    locked = lock_run(run_id)
    return advance_locked(locked) if locked.state == JudgeRun.State.RUNNING else 0


def advance_locked(run: JudgeRun) -> int:
    """Take back what lost its job, hand out as many batches as may be with workers at once, end the run if none is left.

    A run of a project that was archived is paused; one that was held back hands out nothing yet.
    """
    changed = take_back(run)
    if run.project.archived_at is not None:
        pause_archived(run)
        return changed
    if JudgeRun.objects.filter(pk=run.pk, not_before__gt=Now()).exists():
        return changed
    live = run.batches.filter(state=RunBatch.State.TAKEN).count()
    for batch in run.batches.filter(state=RunBatch.State.OPEN).order_by("number")[: max(run.parallel - live, 0)]:
        hand_out(run, batch)
        live, changed = live + 1, changed + 1
    if not live:
        end_run(run)
    return changed


def hand_out(run: JudgeRun, batch: RunBatch) -> None:
    """Queue the job that judges a batch."""
    kind = JUDGE_LOCALLY if run.judge.backend == Backend.TRANSFORMERS else JUDGE
    batch.job = create_job(run.project, kind, {"run": run.pk, "batch": batch.pk}, run.created_by)
    batch.state = RunBatch.State.TAKEN
    batch.save(update_fields=["job", "state"])


def pause_archived(run: JudgeRun) -> None:
    """Nothing is judged in a project that was put away."""
    run.state, run.said, run.said_params = JudgeRun.State.PAUSED, IS_ARCHIVED, {}
    run.save(update_fields=["state", "said", "said_params"])


def take_back(run: JudgeRun) -> int:
    """Give up the batches whose job failed, and reopen those whose job ended otherwise without having done them."""
    held = run.batches.filter(state=RunBatch.State.TAKEN)
    # A job that found the project archived has not tried.
    failed = list(held.filter(job__state=Job.State.FAILED).exclude(job__error=IS_ARCHIVED).select_related("job"))
    for batch in failed:
        batch.state, batch.error = RunBatch.State.FAILED, batch.job.error_text if batch.job else ""
        batch.save(update_fields=["state", "error"])
    return len(failed) + held.filter(Q(job=None) | Q(job__state__in=ENDED)).update(state=RunBatch.State.OPEN, job=None)


def end_run(run: JudgeRun) -> None:
    """End a run of which no batch is left: failed where every batch failed, done otherwise."""
    counts = run.batches.aggregate(
        done=Count("pk", filter=Q(state=RunBatch.State.DONE)), failed=Count("pk", filter=Q(state=RunBatch.State.FAILED))
    )
    run.state = JudgeRun.State.FAILED if counts["failed"] and not counts["done"] else JudgeRun.State.DONE
    if counts["failed"]:
        run.said = _("%(count)s batches failed; judging what is missing tries them again.")
        run.said_params = make_params({"count": counts["failed"]})
    run.finished_at = Now()
    run.save(update_fields=["state", "said", "said_params", "finished_at"])


def hold_back(locked: JudgeRun, problem: str) -> None:
    """Note that the backend does not work: the locked run waits, longer each time, and is paused after too many times in a row.

    Of several workers that find out at once, the first counts.
    """
    if locked.state != JudgeRun.State.RUNNING or JudgeRun.objects.filter(pk=locked.pk, not_before__gt=Now()).exists():
        return
    locked.failures += 1
    locked.not_before = seconds_ago(-min(FIRST_WAIT_S * 2 ** (locked.failures - 1), LONGEST_WAIT_S))
    locked.said, locked.said_params = _("The backend does not work: %(problem)s"), make_params({"problem": problem[:500]})
    if locked.failures >= MOST_FAILURES:
        locked.state = JudgeRun.State.PAUSED
    locked.save(update_fields=["failures", "not_before", "said", "said_params", "state"])

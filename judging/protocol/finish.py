"""What a worker does with its batch in the end."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from judging.models import JudgeRun, RunBatch
from judging.protocol.advance import hold_back, lock_run
from labeling.jobs.context import JobContext


@transaction.atomic
def finish_batch(context: JobContext, batch: RunBatch) -> None:
    """All of the batch is judged. Locks the run, then the job. Raises JobLost if the batch is no longer this worker's."""
    lock_run(batch.run_id)
    context.checkpoint({})
    if RunBatch.objects.filter(pk=batch.pk, state=RunBatch.State.TAKEN, job=context.job_id).update(state=RunBatch.State.DONE):
        JudgeRun.objects.filter(pk=batch.run_id).update(bundles_done=F("bundles_done") + len(batch.bundles))


@transaction.atomic
def give_back(context: JobContext, batch: RunBatch, problem: str = "") -> None:
    """Leave the batch to another worker, with what is stored of it; with a `problem` of the backend the whole run waits.

    Locks the run, then the job. Raises JobLost as above.
    """
    locked = lock_run(batch.run_id)
    context.checkpoint({})
    if problem:
        hold_back(locked, problem)
    RunBatch.objects.filter(pk=batch.pk, state=RunBatch.State.TAKEN, job=context.job_id).update(state=RunBatch.State.OPEN, job=None)

"""Brings back what was lost: jobs whose worker died, and jobs that no worker heard of."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from labeling.jobs.fence import seconds_ago
from labeling.jobs.queue import ring
from labeling.models import Job
from labeling.stored_texts import make_params

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


def reap_jobs() -> int:
    """One pass over all jobs; any number of processes may run it at once. Returns how many rows it changed or rang for."""
    return requeue_stale() + ring_again()


def requeue_stale() -> int:
    """Queue running jobs without a recent heartbeat again; end those that were to be cancelled or had their last attempt."""
    stale = Job.objects.filter(state=Job.State.RUNNING, heartbeat_at__lt=seconds_ago(settings.JOB_STALE_S))
    ended = {"fence": None, "finished_at": Now()}
    cancelled = stale.filter(cancel_requested=True).update(state=Job.State.CANCELLED, **ended)
    gone = _("The worker stopped in the middle of this job %(count)s times; look into its log before starting the job again.")
    failed = stale.filter(attempt__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED, error=gone, error_params=make_params({"count": MAX_ATTEMPTS}), **ended
    )
    requeued = 0
    for job_id in stale.values_list("pk", flat=True):
        # Checked again in the UPDATE: another reaper, or the worker itself, may have been faster.
        if stale.filter(pk=job_id).update(state=Job.State.QUEUED, fence=None, queued_at=Now()):
            logger.warning("job %s lost its worker and is queued again", job_id)
            ring(job_id)
            requeued += 1
    return cancelled + failed + requeued


def ring_again() -> int:
    """Ring for queued jobs that nobody claimed for long: the message may be lost, or the broker was away."""
    waiting = Job.objects.filter(Q(queued_at__lt=seconds_ago(settings.JOB_RING_AGAIN_S)), state=Job.State.QUEUED)
    rung = 0
    for job_id in waiting.values_list("pk", flat=True):
        # `queued_at` moves on, so that the next pass does not ring for the same job again at once.
        if waiting.filter(pk=job_id).update(queued_at=Now()):
            ring(job_id)
            rung += 1
    return rung

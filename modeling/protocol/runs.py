"""Starting, cancelling and resuming a run, and what its worker makes of its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobContext
from labeling.jobs.fence import seconds_ago
from labeling.jobs.queue import create_job, request_cancel
from labeling.models import Job, Project, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from modeling.models import Preset, Snapshot, TrainingRun
from modeling.protocol.settings import make_config

if TYPE_CHECKING:
    from modeling.snapshots.filters import Filters

# A preset that needs an accelerator goes to the machines that have one.
TRAIN, TRAIN_ON_GPU = "train", "train_gpu"
LIVE = [Job.State.QUEUED, Job.State.RUNNING]
# A command that made a run takes no longer than that to make its job.
UNCLAIMED_S = 600
AT_WORK = [TrainingRun.State.QUEUED, TrainingRun.State.RUNNING]


@transaction.atomic
def start_run(
    project: Project,
    lead: User | None,
    *,
    preset: str,
    filters: Filters,
    stage: str = TrainingRun.Stage.BOTH,
    stage1: TrainingRun | None = None,
    settings: Mapping[str, Any] | None = None,
    snapshot: Snapshot | None = None,
    why: str = TrainingRun.Why.PERSON,
) -> TrainingRun:
    """A new run, queued for a worker. Locks the project.

    `filters` say what it learns from, or `snapshot` which it shares with an earlier run; `settings` what differs from the preset. `lead`
    is None for what the site or a command starts. Raises ProtocolError.
    """
    run = create_run(project, lead, preset, filters, stage, stage1, settings or {}, snapshot, why)
    run.job = create_job(project, kind_of(run), {"run": run.pk}, lead)
    run.save(update_fields=["job"])
    return run


def create_run(
    project: Project,
    lead: User | None,
    preset: str,
    filters: Filters,
    stage: str,
    stage1: TrainingRun | None,
    settings: Mapping[str, Any],
    snapshot: Snapshot | None,
    why: str,
) -> TrainingRun:
    """The row of a new run without a job, for whoever runs it. Called in a transaction; locks the project. Raises as `start_run` does."""
    if lead is not None:
        require_right(project, lead, "is_lead")
    lock_free(project)
    config = make_config(preset, settings)
    check_stage(project, preset, stage, stage1)
    number = (TrainingRun.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
    run = TrainingRun(
        project=project,
        number=number,
        preset=preset,
        stage=stage,
        stage1=stage1,
        config=config.to_json(),
        wanted=filters.to_json(),
        snapshot=snapshot,
        why=why,
        created_by=lead,
    )
    # Never the folder of another database's run of the same number: a run goes on from what it finds there.
    run.folder = f"{project.slug}/runs/{number}-{run.public_id.hex[:8]}"
    run.save()
    return run


def lock_free(project: Project) -> None:
    """Lock the project; raises ProtocolError where it is archived, a run is at work, or the worker of a cancelled one is."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    if TrainingRun.objects.filter(project=project, state__in=AT_WORK).exists():
        raise ProtocolError("run_at_work", _("Another run is at work in this project. Wait until it has ended, or cancel it."))
    stopping = TrainingRun.objects.filter(project=project, state=TrainingRun.State.CANCELLED, job__state__in=LIVE).first()
    if stopping is not None:
        text = _("Run %(number)s was cancelled, but its worker has not stopped yet. Try again in a moment.")
        raise ProtocolError("still_stopping", text, number=stopping.number)


def check_stage(project: Project, preset: str, stage: str, stage1: TrainingRun | None) -> None:
    """Raise ProtocolError unless the stage exists and can go on from the first stage of `stage1`, where it needs one."""
    if stage not in TrainingRun.Stage.values:
        raise ProtocolError("unknown_stage", _("A run trains stage 1, stage 2 or both."))
    if (stage == TrainingRun.Stage.DECISION) != (stage1 is not None):
        raise ProtocolError("needs_stage1", _("A run of stage 2 alone, and no other, goes on from the first stage of another run."))
    if stage1 is None:
        return
    is_fit = stage1.project_id == project.pk and stage1.preset == preset and stage1.state == TrainingRun.State.DONE
    if not is_fit:
        raise ProtocolError("wrong_stage1", _("Stage 1 can be that of a finished run of this project and preset alone."))


def kind_of(run: TrainingRun) -> str:
    """The kind of the job of a run, which tells the machine it needs."""
    return TRAIN if run.preset == Preset.STATS else TRAIN_ON_GPU


def lock_run(run_id: int) -> TrainingRun:
    """The locked row of a run. Whoever locks a job as well locks the run first."""
    return TrainingRun.objects.select_for_update(of=("self",)).select_related("project", "job", "snapshot").get(pk=run_id)


@transaction.atomic
def cancel_run(run: TrainingRun, lead: User | None) -> None:
    """End a run; its worker stops at its next step and what is saved stays, so that it can be resumed. Locks the run."""
    if lead is not None:
        require_right(run.project, lead, "is_lead")
    locked = lock_run(run.pk)
    if locked.is_ended:
        raise ProtocolError("ended_already", _("This run has ended already."))
    locked.state, locked.finished_at = TrainingRun.State.CANCELLED, Now()
    locked.save(update_fields=["state", "finished_at"])
    if locked.job_id:
        request_cancel(locked.job_id)


@transaction.atomic
def resume_run(run: TrainingRun, lead: User | None) -> TrainingRun:
    """Let a cancelled or failed run go on from its last checkpoint: the same snapshot, configuration and folder.

    Locks the project, then the run. Raises ProtocolError for a run in another state, and while its worker has not stopped yet.
    """
    reopen_run(run, lead)
    locked = lock_run(run.pk)
    locked.job = create_job(locked.project, kind_of(locked), {"run": locked.pk}, lead)
    locked.save(update_fields=["job"])
    return locked


def reopen_run(run: TrainingRun, lead: User | None) -> None:
    """The same without a job, for whoever runs it. Called in a transaction."""
    if lead is not None:
        require_right(run.project, lead, "is_lead")
    lock_free(run.project)
    locked = lock_run(run.pk)
    if locked.state not in (TrainingRun.State.CANCELLED, TrainingRun.State.FAILED):
        raise ProtocolError("not_stopped", _("Only a run that was cancelled or failed can be resumed."))
    locked.state, locked.finished_at, locked.said, locked.said_params = TrainingRun.State.QUEUED, None, "", {}
    locked.job, locked.queued_at = None, Now()
    locked.save(update_fields=["state", "finished_at", "said", "said_params", "job", "queued_at"])


@transaction.atomic
def set_running(context: JobContext, run_id: int) -> TrainingRun | None:
    """The run, which this worker now does; None where there is nothing to do, as it ended or another job does it. Locks run, then job."""
    locked = lock_run(run_id)
    context.checkpoint({})
    # A command makes the job of its run by itself.
    if locked.is_ended or locked.job_id not in (None, context.job_id):
        return None
    locked.job_id = context.job_id
    locked.state, locked.started_at = TrainingRun.State.RUNNING, locked.started_at or Now()
    locked.save(update_fields=["state", "started_at", "job"])
    locked.refresh_from_db()
    return locked


def end(locked: TrainingRun, state: str, text: str = "", params: Mapping[str, Any] | None = None) -> None:
    """Write how a locked run ended."""
    locked.state, locked.finished_at, locked.said, locked.said_params = state, Now(), text, dict(params or {})
    locked.save(update_fields=["state", "finished_at", "said", "said_params"])


def end_orphans() -> int:
    """End the runs whose job ended without telling them, such as one that killed its worker three times. Returns how many."""
    gone = Q(job=None, queued_at__lt=seconds_ago(UNCLAIMED_S)) | Q(job__state__in=[Job.State.FAILED, Job.State.CANCELLED, Job.State.DONE])
    found = TrainingRun.objects.filter(gone, state__in=AT_WORK).values_list("pk", flat=True)
    return sum(map(end_orphan, found))


@transaction.atomic
def end_orphan(run_id: int) -> bool:
    """End one such run, unless somebody else has. Locks it."""
    locked = lock_run(run_id)
    if locked.is_ended or (locked.job is not None and locked.job.state in LIVE):
        return False
    job = locked.job
    if job is not None and job.state == Job.State.CANCELLED:
        end(locked, TrainingRun.State.CANCELLED)
    elif job is not None and job.state == Job.State.FAILED:
        end(locked, TrainingRun.State.FAILED, job.error, job.error_params)
    else:
        end(locked, TrainingRun.State.FAILED, _("The job of this run is gone; resume it to go on."))
    return True


def find_run(project: Project, public_id: object) -> TrainingRun | None:
    """A run of this project; None if there is none by that id."""
    found = TrainingRun.objects.filter(project=project, public_id=str(public_id))
    return found.select_related("snapshot", "job", "created_by", "stage1", "version").first()

"""Letting a judge read the orders of a project, and keeping what it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from judging.backends.base import Reply
from judging.extractors.base import Extractor
from judging.extractors.registry import EXTRACTORS
from judging.models import Backend, Judge, Proposal
from judging.replies import clean, describe_reply
from judging.rubrics.base import Ask
from labeling.jobs.context import JobContext
from labeling.jobs.queue import create_job
from labeling.models import Job, Project, Task, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right

# Weights on the worker need the machine with the accelerator.
EXTRACT, EXTRACT_LOCALLY = "extract", "extract_locally"
ASKABLE = [Backend.OPENAI, Backend.TRANSFORMERS, Backend.REPLAY]
LIVE = [Job.State.QUEUED, Job.State.RUNNING]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which things of which orders are to be read.

    `kinds` are "rules" and "points". Only tasks that have none are read, unless `all_tasks`. What got an unusable reply before is asked
    again only where `retries_unusable` says so.
    """

    judge: Judge
    kinds: Sequence[str]
    all_tasks: bool = False
    retries_unusable: bool = False

    def as_params(self) -> dict[str, Any]:
        """The params of the job."""
        how = {"all": self.all_tasks, "retries_unusable": self.retries_unusable}
        return {"judge": self.judge.pk, "kinds": list(self.kinds), **how}

    @property
    def job_kind(self) -> str:
        """The kind of the job, which tells the machine it needs."""
        return EXTRACT_LOCALLY if self.judge.backend == Backend.TRANSFORMERS else EXTRACT


@transaction.atomic
def start_extraction(wish: Wish, lead: User) -> Job:
    """Queue the job that reads. Locks the project. Raises ProtocolError."""
    project = wish.judge.project
    require_right(project, lead, "is_lead")
    # Two at once would ask, and pay for, the same questions.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    check_wish(wish)
    return create_job(project, wish.job_kind, wish.as_params(), lead)


def check_wish(wish: Wish) -> None:
    """Raise ProtocolError where the wish cannot be fulfilled."""
    require_open(wish.judge.project_id)
    if wish.judge.backend not in ASKABLE:
        raise ProtocolError("asks_no_model", _("This judge asks no model, so it cannot read."))
    if not wish.kinds or set(wish.kinds) - set(EXTRACTORS):
        raise ProtocolError("nothing_wanted", _("Choose what is to be read: rules, points or both."))
    at_work = Job.objects.filter(project=wish.judge.project, kind__in=[EXTRACT, EXTRACT_LOCALLY], state__in=LIVE)
    if at_work.filter(params__judge=wish.judge.pk).exists():
        raise ProtocolError("reads_already", _("This judge is reading already; both jobs would ask the same questions."))


@dataclass(frozen=True, kw_only=True)
class Read:
    """One order that was read: the question and what came of it."""

    task: Task
    extractor: Extractor
    ask: Ask
    reply: Reply


def make_proposal(context: JobContext, judge: Judge, read: Read) -> Proposal:
    """The row of one order that was read."""
    reply = read.reply
    return Proposal(
        project_id=context.project_id,
        task=read.task,
        task_version=read.task.version,
        judge=judge,
        job_id=context.job_id,
        kind=read.extractor.kind,
        extractor_version=read.extractor.version,
        state=Proposal.State.UNUSABLE if reply.parsed is None else Proposal.State.OPEN,
        content=clean(reply.parsed),
        **describe_reply(read.ask, reply),
    )


@transaction.atomic
def store_read(context: JobContext, judge: Judge, reads: Sequence[Read]) -> None:
    """Keep what was read, each in the place of an open proposal of this judge about an older order. Locks the job.

    Raises JobLost, and stores nothing, if the job is no longer this worker's.
    """
    context.checkpoint({})
    # Replies come in any order; lists are in that of the rows.
    rows = sorted((make_proposal(context, judge, read) for read in reads), key=lambda row: (row.task_id, row.kind))
    for kind in EXTRACTORS:
        usable = [row.task_id for row in rows if row.kind == kind and row.state == Proposal.State.OPEN]
        older = Proposal.objects.filter(judge=judge, kind=kind, task__in=usable, state=Proposal.State.OPEN)
        older.update(state=Proposal.State.SUPERSEDED)
    Proposal.objects.bulk_create(rows)

"""The job that lets a judge read the orders of a project."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop as _

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.batch import STORE_AT_MOST, STORE_EVERY_S
from judging.extractors.base import Extractor
from judging.extractors.registry import EXTRACTORS
from judging.models import Judge, Proposal
from judging.proposed import read_order
from judging.protocol.extractions import Read, store_read
from judging.rubrics.base import Ask, Why
from labeling.jobs.context import JobContext, JobFailed
from labeling.models import Deliverable, Task

AT_ONCE = 64
# So many questions without a reply, one after the other, are the fault of the backend.
SEVERAL = 3
# One thing that is to be read.
Question = tuple[Task, Extractor, Ask]


def extract(context: JobContext) -> None:
    """Read what the params want of the orders that were not read yet; killed or cancelled, done again it reads the rest."""
    try:
        Extraction(context).do()
    except JudgeUnavailable as problem:
        context.result = count_read(context.job_id)
        raise JobFailed(_("The backend does not work: %(problem)s"), {"problem": str(problem)[:500]}) from problem
    context.result = count_read(context.job_id)


class Extraction:
    """One attempt at the job."""

    def __init__(self, context: JobContext) -> None:
        self.context = context
        self.judge = Judge.objects.get(pk=context.params["judge"], project=context.project_id)
        self.extractors = [EXTRACTORS[kind] for kind in context.params["kinds"]]
        self.names: dict[int, dict[str, Any]] = {}
        self.answered, self.unanswered = 0, list[str]()

    def do(self) -> None:
        """Read page by page, until all is read or somebody asks to stop. Raises JudgeUnavailable."""
        tasks = find_tasks(self.context)
        total, done = tasks.count(), 0
        with closing(self.make_backend()) as backend:
            for page in page_tasks(tasks):
                if self.context.cancelled() or not self.read_page(backend, self.left_to_ask(page)):
                    return
                done += len(page)
                self.context.progress(done, total)
        if self.unanswered and not self.answered:
            raise JudgeUnavailable(self.unanswered[-1])

    def make_backend(self) -> Backend:
        """The backend of the judge; stored replies are found by the name of their question."""
        from judging.backends.registry import make_backend

        return make_backend(self.judge.backend, self.judge.config, lambda ask: self.names.get(id(ask)))

    def left_to_ask(self, tasks: Sequence[Task]) -> list[Question]:
        """The questions about these tasks that this judge has not answered."""
        asked = find_asked(self.context, self.judge, tasks)
        wanted = [
            (task, extractor, extractor.ask(read_order(task)))
            for task in tasks
            for extractor in self.extractors
            if self.wants(task, extractor)
        ]
        left = [(task, extractor, ask) for task, extractor, ask in wanted if (task.pk, extractor.kind, ask.prompt_hash) not in asked]
        self.names = {id(ask): name_question(task) for task, _extractor, ask in left}
        return left

    def wants(self, task: Task, extractor: Extractor) -> bool:
        """Whether a task lacks what the extractor reads, or all tasks are wanted."""
        return bool(self.context.params["all"]) or not getattr(task, f"has_{extractor.kind}")

    def read_page(self, backend: Backend, questions: Sequence[Question]) -> bool:
        """Ask, and keep the replies in groups as they come; False if somebody asked to stop before all were there."""
        group: list[Read] = []
        since = time.monotonic()
        try:
            with closing(backend.answer_each([ask for _task, _extractor, ask in questions])) as replies:
                for number, reply in replies:
                    if self.came(reply):
                        task, extractor, ask = questions[number]
                        group.append(Read(task=task, extractor=extractor, ask=ask, reply=reply))
                    if len(group) >= STORE_AT_MOST or time.monotonic() - since > STORE_EVERY_S:
                        self.keep(group)
                        group, since = [], time.monotonic()
                        if self.context.cancelled():
                            return False
        except JudgeUnavailable:
            self.keep(group)
            raise
        self.keep(group)
        return True

    def came(self, reply: Reply) -> bool:
        """Whether a question was answered; one that was not is left for another job. Raises JudgeUnavailable after several of them."""
        if reply.why != Why.UNAVAILABLE:
            self.answered += 1
            self.unanswered = []
            return True
        self.unanswered.append(reply.detail)
        if len(self.unanswered) >= SEVERAL:
            raise JudgeUnavailable(reply.detail)
        return False

    def keep(self, group: Sequence[Read]) -> None:
        """Store some replies."""
        if group:
            store_read(self.context, self.judge, group)


def find_tasks(context: JobContext) -> QuerySet[Task]:
    """The tasks of the project that may have to be read, each with `has_rules` and `has_points`."""
    ruled = Deliverable.objects.filter(task__project=context.project_id).exclude(rules=[]).values("task")
    tasks = Task.objects.filter(project=context.project_id)
    tasks = tasks.annotate(has_rules=Q(pk__in=ruled), has_points=Count("points"))
    if context.params["all"]:
        return tasks
    lacks = {"rules": Q(has_rules=False), "points": Q(has_points=0)}
    wanted = Q()
    for kind in context.params["kinds"]:
        wanted |= lacks[kind]
    return tasks.filter(wanted)


def page_tasks(tasks: QuerySet[Task]) -> Iterator[list[Task]]:
    """Some tasks at a time, in the order of their ids."""
    last = 0
    while page := list(tasks.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield page
        last = page[-1].pk


def find_asked(context: JobContext, judge: Judge, tasks: Sequence[Task]) -> set[tuple[int, str, str]]:
    """(task, kind, hash of the question) of what is not to be asked again: what a proposal stands for, and what got an unusable reply.

    Unusable ones are asked again where the params say so, but only once by one job, however often it begins.
    """
    states = [Proposal.State.OPEN, Proposal.State.ACCEPTED, Proposal.State.REJECTED]
    unusable = Q(state=Proposal.State.UNUSABLE)
    if context.params["retries_unusable"]:
        unusable &= Q(job=context.job_id)
    rows = Proposal.objects.filter(Q(state__in=states) | unusable, judge=judge, task__in=[task.pk for task in tasks])
    return set(rows.values_list("task", "kind", "prompt_hash"))


def name_question(task: Task) -> dict[str, Any]:
    """What a question is about, in words that mean the same everywhere."""
    return {"generator": None, "task_id": task.external_id, "deliverable": None}


def count_read(job_id: int) -> dict[str, Any]:
    """What came of a job, over all its attempts: by kind, how many proposals were made and how many replies were unusable."""
    rows = Proposal.objects.filter(job=job_id).order_by().values("kind")
    counted = rows.annotate(unusable=Count("pk", filter=Q(state=Proposal.State.UNUSABLE)), total=Count("pk"))
    return {row["kind"]: {"proposed": row["total"] - row["unusable"], "unusable": row["unusable"]} for row in counted}

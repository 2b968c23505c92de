"""Importing the tasks of ServImageBench; the unit is a task."""

from __future__ import annotations

from typing import Any

from labeling.data_in.bench import read_bench
from labeling.data_in.bench_values import BenchTask
from labeling.data_in.codes import Code
from labeling.data_in.import_source import open_source
from labeling.data_in.keep_pictures import keep_pictures
from labeling.data_in.problem import Line, Outcome, Place, make_line, reject
from labeling.data_in.sources import SourceTree
from labeling.data_in.units import Import, UnitWork
from labeling.data_in.write_task import Images, changed_parts, describe_task, rewrite_task, write_task
from labeling.models import Assignment, Candidate, Decision, ImportConflict, Job, Task


def load_bench(work: Import) -> None:
    """Read the benchmark's files into tasks; unchanged ones stay, changed ones that people work on become conflicts."""
    with open_source(work.context.params["source"]) as source:
        bench = read_bench(source.tree)
        work.report("read", bench.lines)
        work.run_units(bench.tasks, lambda task: task.task_id, lambda task: load_task(work, source.tree, task))
    work.finish(len(bench.tasks))


def load_task(work: Import, tree: SourceTree, content: BenchTask) -> UnitWork:
    """Store the pictures of one task, and return what writes its rows."""
    names = [image.name for image in (*content.references, *content.sources) if image.name]
    place = Place(record=content.task_id)
    if work.dry_run:
        # The rows of unknown pictures are made and undone together with the task's.
        return lambda: write_or_compare(work, content, *keep_pictures(tree, names, True, place))
    images, lines = keep_pictures(tree, names, False, place)
    return lambda: write_or_compare(work, content, images, lines)


def write_or_compare(work: Import, content: BenchTask, images: Images, lines: list[Line]) -> list[Line]:
    """Write a new task, or bring the one that is there up to date; the lines say which."""
    place = Place(record=content.task_id)
    task = Task.objects.select_for_update().filter(project=work.project, external_id=content.task_id).first()
    if task is None:
        write_task(work.project, content, images)
        return [*lines, make_line(Outcome.CREATED, None, place)]
    new = describe_task(content, images)
    parts = changed_parts(task.versions.get(number=task.version).document, new)
    if not parts:
        return [*lines, make_line(Outcome.UNCHANGED, None, place)]
    if candidates_go(task, content):
        return [*lines, reject(Code.DELIVERABLE_IN_USE, place.inside("quantity"), quantity=task.quantity)]
    if is_worked_on(task):
        return [*lines, ask_lead(work, task, new, parts, place)]
    rewrite_task(task, content, images, work.actor)
    return [*lines, make_line(Outcome.UPDATED, None, place.inside(", ".join(parts)))]


def is_worked_on(task: Task) -> bool:
    """Whether anybody holds, answered or decided a candidate of the task."""
    candidates = Candidate.objects.filter(bundle__task=task)
    at_work = Assignment.objects.filter(candidate__in=candidates).exclude(status="released")
    return at_work.exists() or Decision.objects.filter(candidate__in=candidates, revoked_event=None).exists()


def candidates_go(task: Task, content: BenchTask) -> bool:
    """Whether the new content drops a deliverable that has candidates."""
    return Candidate.objects.filter(bundle__task=task, deliverable__number__gt=content.quantity).exists()


def ask_lead(work: Import, task: Task, document: dict[str, Any], parts: list[str], place: Place) -> Line:
    """Put the change before the lead, once however often it is imported; the newest one counts."""
    old = task.versions.get(number=task.version).document
    ImportConflict.objects.update_or_create(
        task=task,
        field="content",
        state=ImportConflict.State.OPEN,
        defaults={
            "project": work.project,
            "job": None if work.dry_run else Job.objects.get(pk=work.context.job_id),
            "old": {part: old.get(part) for part in parts},
            "new": document,
        },
    )
    return make_line(Outcome.CONFLICT, Code.TASK_IN_USE, place.inside(", ".join(parts)), parts=", ".join(parts))

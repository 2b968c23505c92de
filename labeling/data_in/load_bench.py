"""Importing the tasks of ServImageBench; the unit is a task."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from labeling.data_in.bench import read_bench
from labeling.data_in.bench_values import BenchTask
from labeling.data_in.codes import Code
from labeling.data_in.import_source import open_source
from labeling.data_in.keep_pictures import Picture
from labeling.data_in.looks_like import check_tree
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line
from labeling.data_in.settle_images import settle_images
from labeling.data_in.sources import SourceTree
from labeling.data_in.units import Import, Unit
from labeling.data_in.write_task import Images, changed_parts, describe_task, rewrite_task, write_task
from labeling.models import Candidate, ImportConflict, Project, Task
from labeling.protocol.replace import is_worked_on, withdraw_dropped


def load_bench(work: Import) -> None:
    """Read the benchmark's files into tasks; unchanged ones stay, changed ones that people work on become conflicts."""
    with open_source(work.context.params["source"]) as source:
        check_tree(source.tree, Code.LOOKS_LIKE_TASKS)
        bench = read_bench(source.tree)
        work.report_read(bench.lines)
        if not bench.tasks:
            raise ImportProblem(Code.NO_TASKS)
        work.run_units([make_unit(work, source.tree, task) for task in bench.tasks])


def make_unit(work: Import, tree: SourceTree, content: BenchTask) -> Unit:
    """One task with the pictures it names."""
    files = [image.name for image in (*content.references, *content.sources) if image.name]
    pictures = tuple(Picture(tree=tree, file=file, record=content.task_id) for file in files)
    return Unit(name=content.task_id, pictures=pictures, write=lambda images: [write_or_compare(work, content, images)])


def write_or_compare(work: Import, content: BenchTask, images: Images) -> Line:
    """Write a new task, or bring the one that is there up to date; the line says which."""
    place = Place(record=content.task_id)
    task = lock_task(work.project, content.task_id)
    if task is None:
        write_task(work.project, *settle_images(content, images))
        return make_line(Outcome.CREATED, None, place)
    old = task.versions.get(number=task.version).document
    settled, stored = settle_images(content, images, old, waiting_document(task))
    new = describe_task(settled, stored)
    parts = changed_parts(old, new)
    if not parts:
        close_conflict(task=task)
        return make_line(Outcome.UNCHANGED, None, place)
    here = place.inside(", ".join(parts))
    if is_worked_on(task):
        ask_lead(work, task, {part: old.get(part) for part in parts}, new)
        return make_line(Outcome.CONFLICT, Code.TASK_IN_USE, here, parts=here.field)
    close_conflict(task=task)
    withdraw_dropped(rewrite_task(task, settled, stored, work.actor), work.actor)
    return make_line(Outcome.UPDATED, None, here)


def lock_task(project: Project, task_id: str) -> Task | None:
    """The task with its row locked; None if the project has none, and then nobody else makes it before this transaction ends."""
    # Two imports at once would else both find that it is not there.
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project.pk)
    return Task.objects.select_for_update(no_key=True).filter(project=project, external_id=task_id).first()


def waiting_document(task: Task) -> dict[str, Any] | None:
    """The content of the task that waits for the lead; None if none does."""
    waiting = ImportConflict.objects.filter(task=task, field="content", state=ImportConflict.State.OPEN)
    return waiting.values_list("new", flat=True).first()


def close_conflict(**subject: Task | Candidate) -> None:
    """Dismiss the change that waits for a lead, because a newer import settled the matter: accepting it would undo that."""
    waiting = ImportConflict.objects.filter(state=ImportConflict.State.OPEN, **subject)
    waiting.update(state=ImportConflict.State.DISMISSED, resolved_at=timezone.now())


def ask_lead(work: Import, task: Task, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Put a change before the lead, once however often it is imported; the newest one counts."""
    ImportConflict.objects.update_or_create(
        task=task,
        field="content",
        state=ImportConflict.State.OPEN,
        defaults={"project": work.project, "job": work.job, "old": old, "new": new},
    )

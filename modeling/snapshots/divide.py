"""How the candidates of a snapshot divide into training, validation and test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from labeling.models import GroupKey, Project, Task
from modeling.net.records import Part
from modeling.net.splits import Kind, Row, TaskKey, find_groups, make_split, pick_generator, tell_notes
from modeling.snapshots.filters import Filters


@dataclass(frozen=True, kw_only=True)
class Division:
    """The part of each candidate by public id, the group of each task, and the tasks of the test side and those that only touch it.

    `generator` is the one that was left out, '' where none was; `notes` what a reader should know, as texts of the source with what
    fills them.
    """

    parts: dict[str, Part]
    groups: dict[str, str]
    test_side: frozenset[str]
    touching: frozenset[str]
    generator: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)

    def tell_aside(self, task: str, part: Part) -> str:
        """Why a candidate is in no part: its task shares something with the test side, or the split has no place for it."""
        if part != "aside":
            return ""
        return "test_side" if task in self.touching else "split"


def divide(project: Project, filters: Filters, rows: Sequence[Row]) -> Division:
    """Divide these candidates by the groups that there are now. Raises ValueError for a generator that is not among them.

    Groups are found anew over all tasks of the project, also those without candidates: a task may have come to share a picture with the
    test side since its own side was drawn.
    """
    tasks = read_task_keys(project)
    groups = find_groups(tasks)
    test_side = frozenset(task.task for task in tasks if task.is_test_side)
    touched = {groups[task] for task in test_side}
    kind = cast(Kind, filters.split)
    generator = ""
    if kind.startswith("logo") and rows:
        generator = filters.generator or pick_generator(rows)
    # Tasks without candidates have done their part by joining others; divided too they would take the place of those that have some.
    present = {row.task for row in rows} | test_side
    known = [task for task in join(tasks, groups) if task.task in present]
    parts = make_split(kind, rows, known, seed=project.seed, generator=generator) if rows else {}
    return Division(
        parts=parts,
        groups=groups,
        test_side=test_side,
        touching=frozenset(task for task, group in groups.items() if group in touched) - test_side,
        generator=generator,
        notes=tell_notes(kind, rows, known, parts, generator=generator),
    )


def read_task_keys(project: Project) -> list[TaskKey]:
    """Every task of the project with what it shares with others now."""
    keys: dict[int, set[str]] = defaultdict(set)
    for task, key in GroupKey.objects.filter(project=project).values_list("task_id", "key"):
        keys[task].add(key)
    columns = ("pk", "external_id", "category", "price_usd", "is_test_side")
    return [
        TaskKey(task=name, category=category, price_usd=float(price), keys=frozenset(keys[pk]), is_test_side=is_test_side)
        for pk, name, category, price, is_test_side in Task.objects.filter(project=project).order_by("pk").values_list(*columns)
    ]


def join(tasks: Sequence[TaskKey], groups: dict[str, str]) -> list[TaskKey]:
    """The tasks with the name of their group as their only key, so that those stay together whose link is not in the snapshot."""
    return [
        TaskKey(
            task=task.task,
            category=task.category,
            price_usd=task.price_usd,
            keys=frozenset({groups[task.task]}),
            is_test_side=task.is_test_side,
        )
        for task in tasks
    ]

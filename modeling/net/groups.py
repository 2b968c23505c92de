"""Which tasks belong together in every split: those that share a brief or a picture, directly or through others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TaskKey:
    """What a split needs to know of a task. Tasks that share one of `keys` (their brief and pictures, by content) stay together."""

    task: str
    category: str
    price_usd: float
    keys: frozenset[str]
    is_test_side: bool


def find_groups(tasks: Sequence[TaskKey]) -> dict[str, str]:
    """The group of each task, named after the first of its tasks by name; the order of `tasks` does not matter.

    Raises ValueError for a task that is there twice.
    """
    above: dict[str, str] = {}
    first_with: dict[str, str] = {}
    for task in tasks:
        if task.task in above:
            raise ValueError(f"task {task.task!r} is there twice")
        above[task.task] = task.task
        for key in task.keys:
            _join(above, first_with.setdefault(key, task.task), task.task)
    return {task.task: _find(above, task.task) for task in tasks}


def _join(above: dict[str, str], one: str, other: str) -> None:
    # The first by name is on top, so that a group is named the same in whatever order its tasks came.
    low, high = sorted((_find(above, one), _find(above, other)))
    above[high] = low


def _find(above: dict[str, str], task: str) -> str:
    top = task
    while above[top] != top:
        top = above[top]
    while above[task] != top:
        above[task], task = top, above[task]
    return top

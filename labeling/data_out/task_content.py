"""What a task said as of an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from labeling.among import Ids
from labeling.models import Project, TaskVersion

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class TaskContent:
    """One version of a task as exports need it; `deliverables` are their names by number, at least those with a candidate."""

    task_id: str
    version: int
    category: str
    name: str
    price_usd: Decimal
    quantity: int
    is_editing: bool
    deliverables: Mapping[int, str]

    @property
    def unit_price(self) -> Fraction:
        """Exact price of one deliverable in USD."""
        return divide_price(self.price_usd, self.quantity)[0]

    @property
    def unit_price_usd(self) -> Decimal:
        """`unit_price` rounded to cents."""
        return divide_price(self.price_usd, self.quantity)[1]


@lru_cache(maxsize=1_000)
def divide_price(price_usd: Decimal, quantity: int) -> tuple[Fraction, Decimal]:
    """The price of one of `quantity`: exact, and rounded to cents. Few tasks differ in both, and a fraction is slow to work out."""
    return Fraction(price_usd) / quantity, (price_usd / quantity).quantize(CENT)


def contents_as_of(current: Mapping[int, TaskContent], cutoff: int) -> dict[int, TaskContent]:
    """The content of each task (by row id) as of event `cutoff`; `current` is what their rows said, read before this call.

    A task that was changed after the cut-off is read from the document of the version it had.
    """
    changed = set(TaskVersion.objects.filter(task__among=Ids(current), event__gt=cutoff).values_list("task_id", flat=True))
    if not changed:
        return dict(current)
    numbers: dict[int, int] = {}
    for task_id, number in TaskVersion.objects.as_of(cutoff).filter(task__among=Ids(changed)).values_list("task_id", "number"):
        numbers.setdefault(task_id, number)
    return {**current, **dict(read_versions(current, numbers))}


def read_versions(current: Mapping[int, TaskContent], numbers: Mapping[int, int]) -> Iterable[tuple[int, TaskContent]]:
    """The contents of the tasks in `numbers` at the version given there."""
    for version in TaskVersion.objects.filter(task__among=Ids(numbers)):
        if version.number == numbers[version.task_id]:
            yield version.task_id, read_document(current[version.task_id].task_id, version.number, version.document)


def read_document(task_id: str, number: int, document: Mapping[str, Any]) -> TaskContent:
    """The content that the document of a task version holds."""
    return TaskContent(
        task_id=task_id,
        version=number,
        category=document["category"],
        name=document["name"],
        price_usd=Decimal(document["price_usd"]).quantize(CENT),
        quantity=document["quantity"],
        is_editing=document["is_editing"],
        deliverables={item["number"]: item["name"] for item in document["deliverables"]},
    )


def read_briefs(project: Project, tasks: Iterable[TaskContent]) -> dict[str, str]:
    """The brief of each of these tasks of `project`, in the version given, by its id; '' for a version kept without one."""
    numbers = {task.task_id: task.version for task in tasks}
    rows = TaskVersion.objects.filter(task__project=project, task__external_id__in=numbers, number__in=set(numbers.values()))
    briefs = rows.values_list("task__external_id", "number", "document__brief")
    return {task_id: brief or "" for task_id, number, brief in briefs if numbers[task_id] == number}

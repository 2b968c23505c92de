"""The orders in which candidates are listed: keys, how they stand in an address, and walking along them piece by piece.

A key is a tuple of whole numbers that ends with the candidate's id; ascending keys are the order of the list.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from labeling.among import Ids
from labeling.browse.wanted import Wanted, narrow_tasks
from labeling.models import Candidate, Project, State, Task
from labeling.moment import EPOCH, Moment

Key = tuple[int, ...]
MICROSECOND = timedelta(microseconds=1)
# A dense filter finds its page in the first piece, a sparse one soon reads large ones.
PIECES = (200, 1000, 5000)
TASKS = (5, 50, 200)


class Order(Protocol):
    """One order of a project's candidates."""

    size: int  # numbers in a key

    def keys(self, candidate_ids: Sequence[int]) -> list[Key]:
        """The keys of these candidates, ascending."""

    def walk(self, project: Project, wanted: Wanted, start: Key | None, forward: bool) -> Iterator[list[Key]]:
        """All keys beyond `start` (from the first, or the last if not `forward`) in pieces, each read by an index.

        May leave out candidates that do not match `wanted`, and need not. An empty piece is a piece too.
        """


class NewestChange:
    """The change of state that is youngest comes first."""

    size = 2

    def keys(self, candidate_ids: Sequence[int]) -> list[Key]:
        rows = Candidate.objects.filter(pk__among=Ids(candidate_ids)).order_by()
        return sorted(change_key(at, pk) for at, pk in rows.values_list(Moment("state_changed_at"), "pk"))

    def walk(self, project: Project, wanted: Wanted, start: Key | None, forward: bool) -> Iterator[list[Key]]:
        for size in growing(PIECES):
            rows = Candidate.objects.filter(project=project)
            if start is not None:
                rows = rows.filter(older_than(start) if forward else younger_than(start))
            rows = rows.order_by("-state_changed_at", "-pk") if forward else rows.order_by("state_changed_at", "pk")
            piece = [change_key(at, pk) for at, pk in rows.values_list(Moment("state_changed_at"), "pk")[:size]]
            yield piece
            if len(piece) < size:
                return
            start = piece[-1]


class TaskOrder:
    """Task by task as they were imported; in each, generator by generator, deliverable by deliverable."""

    size = 5

    def keys(self, candidate_ids: Sequence[int]) -> list[Key]:
        return sorted(task_keys(Candidate.objects.filter(pk__among=Ids(candidate_ids))))

    def walk(self, project: Project, wanted: Wanted, start: Key | None, forward: bool) -> Iterator[list[Key]]:
        tasks, first = narrow_tasks(Task.objects.filter(project=project), wanted), True
        for size in growing(TASKS):
            place = () if start is None else start[:1]
            # The task at which the page begins may have more on this side of it; the pieces after the first begin with a new one.
            found = list(next_tasks(tasks, place, forward, with_first=first).values_list("pk", flat=True)[:size])
            keys = sorted(task_keys(Candidate.objects.filter(bundle__task__in=found)), reverse=not forward)
            yield [key for key in keys if start is None or ((key > start) if forward else (key < start))]
            if len(found) < size:
                return
            start, first = (found[-1], *((1 << 62,) if forward else (-1,))), False


class ById:
    """As they were made; for a job, since nothing that happens meanwhile moves a candidate in it."""

    size = 1

    def keys(self, candidate_ids: Sequence[int]) -> list[Key]:
        return [(pk,) for pk in sorted(candidate_ids)]

    def walk(self, project: Project, wanted: Wanted, start: Key | None, forward: bool) -> Iterator[list[Key]]:
        lowest, highest = find_ends(project)
        low, step = max(start[0] if start else 0, lowest - 1), PIECES[-1]
        while low < highest:
            rows = Candidate.objects.filter(pk__gt=low, pk__lte=low + step).order_by("pk")
            yield [(pk,) for pk, of in rows.values_list("pk", "project_id") if of == project.pk]
            low += step


def find_ends(project: Project) -> tuple[int, int]:
    """The lowest and the highest id of the project's candidates, (1, 0) where there is none; from an index that begins with the state."""
    ends: list[int] = []
    for state in State:
        ids = Candidate.objects.filter(project=project, state__gte=state, state__lte=state).values_list("pk", flat=True)
        ends += [pk for order in (("state", "pk"), ("-state", "-pk")) if (pk := ids.order_by(*order).first()) is not None]
    return min(ends, default=1), max(ends, default=0)


ORDERS: dict[str, Order] = {"change": NewestChange(), "task": TaskOrder()}


def growing(sizes: Sequence[int]) -> Iterator[int]:
    """The sizes one after the other, then the last for ever."""
    return itertools.chain(sizes, itertools.repeat(sizes[-1]))


def change_key(at: datetime, pk: int) -> Key:
    """The key of a candidate that changed at `at`."""
    return -((at - EPOCH) // MICROSECOND), -pk


def older_than(key: Key) -> Q:
    """Beyond `key` towards the past. The first condition is the one an index can use."""
    at, pk = EPOCH - key[0] * MICROSECOND, -key[1]
    return Q(state_changed_at__lte=at) & (Q(state_changed_at__lt=at) | Q(pk__lt=pk))


def younger_than(key: Key) -> Q:
    """Beyond `key` towards the present."""
    at, pk = EPOCH - key[0] * MICROSECOND, -key[1]
    return Q(state_changed_at__gte=at) & (Q(state_changed_at__gt=at) | Q(pk__gt=pk))


def task_keys(rows: QuerySet[Candidate]) -> list[Key]:
    """The keys of `rows` in the order of tasks, in no order."""
    return [tuple(row) for row in rows.order_by().values_list("bundle__task_id", "bundle_id", "deliverable_id", "sample", "pk")]


def next_tasks(tasks: QuerySet[Task], place: Key, forward: bool, with_first: bool) -> QuerySet[Task]:
    """The tasks from `place` on."""
    if place:
        side = ("gte" if with_first else "gt") if forward else ("lte" if with_first else "lt")
        tasks = tasks.filter(**{f"pk__{side}": place[0]})
    return tasks.order_by("pk" if forward else "-pk")


def write_key(key: Key) -> str:
    """A key as it stands in an address."""
    return ".".join(map(str, key))


def read_key(order: Order, text: str) -> Key | None:
    """The key that `text` stands for; None if it is none of this order."""
    parts = text.split(".")
    if len(parts) != order.size or not all(part.removeprefix("-").isdecimal() and len(part) < 20 for part in parts):
        return None
    key: tuple[Any, ...] = tuple(int(part) for part in parts)
    return key if all(abs(part) < 1 << 61 for part in key) else None

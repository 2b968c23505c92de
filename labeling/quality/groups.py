"""The ways in which the pairs are divided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.models import Generator, Task
from labeling.price_bands import band_of
from labeling.quality.measure import measure
from labeling.quality.pairs import Pairs

EXPOSURES = ("assisted", "mixed", "blind")  # by how many of the two had seen no suggestion


def by_category(pairs: Pairs) -> list[str]:
    """The category of each pair's task."""
    of_task = read_tasks(pairs, "category")
    return [of_task[pk] for pk in pairs.tasks.tolist()]


def by_generator(pairs: Pairs) -> list[str]:
    """The generator of each pair's candidate."""
    slugs = dict(Generator.objects.filter(pk__among=distinct(pairs.generators)).order_by().values_list("pk", "slug"))
    return [slugs[pk] for pk in pairs.generators.tolist()]


def by_price(pairs: Pairs) -> list[str]:
    """The price band of each pair's task."""
    band = {pk: band_of(price).value for pk, price in read_tasks(pairs, "price_usd").items()}
    return [band[pk] for pk in pairs.tasks.tolist()]


def by_week(pairs: Pairs) -> list[str]:
    """The Monday of the week in which each pair was completed."""
    mondays = pairs.days - (pairs.days - 1) % 7
    names = {day: date.fromordinal(day).isoformat() for day in np.unique(mondays).tolist()}
    return [names[day] for day in mondays.tolist()]


def by_guideline(pairs: Pairs) -> list[str]:
    """The version of the guideline both had read, `differs` where one had read another one, `none` where neither had read any."""
    first, second = pairs.guidelines.T
    return ["differs" if a != b else str(a or "none") for a, b in zip(first.tolist(), second.tolist(), strict=True)]


def by_exposure(pairs: Pairs) -> list[str]:
    """How many of the two had seen a suggestion: both (`assisted`), one (`mixed`), none (`blind`)."""
    return [EXPOSURES[count] for count in pairs.blind.sum(axis=1).tolist()]


def by_task(pairs: Pairs) -> list[str]:
    """The task of each pair's candidate."""
    names = read_tasks(pairs, "external_id")
    return [names[pk] for pk in pairs.tasks.tolist()]


def read_tasks(pairs: Pairs, column: str) -> dict[int, Any]:
    """A column of the pairs' tasks, by row id."""
    return dict(Task.objects.filter(pk__among=distinct(pairs.tasks)).order_by().values_list("pk", column))


def distinct(numbers: NDArray[np.int64]) -> Ids:
    """Each row id once."""
    return Ids(np.unique(numbers).tolist())


Key = Callable[[Pairs], list[str]]
# In the order of the page. Those of BLIND divide what the headline counts.
BLIND: dict[str, Key] = {
    "category": by_category,
    "generator": by_generator,
    "price": by_price,
    "week": by_week,
    "guideline": by_guideline,
}


def measure_groups(pairs: Pairs, key: Key, seed: int) -> list[dict[str, Any]]:
    """What `measure` tells of each group, with its `key`, in the order of the keys."""
    return [{"key": name, **measure(pairs.those(places), seed)} for name, places in split(key(pairs))]


def split(keys: list[str]) -> list[tuple[str, NDArray[np.int64]]]:
    """The places of each key, in the order of the keys."""
    if not keys:
        return []
    names, number = np.unique(np.array(keys), return_inverse=True)
    order = np.argsort(number, kind="stable")
    bounds = np.flatnonzero(np.diff(number[order])) + 1
    return [(str(name), places) for name, places in zip(names, np.split(order, bounds), strict=True)]


def measure_people(pairs: Pairs, seed: int) -> dict[str, Any]:
    """The pair matrix: `people` by row id, and of each two who share a pair what `measure` tells, with both of them.

    Their answers stand in the order of the two, whoever had which seat: kappa asks how often each of them accepts.
    """
    both = [f"{min(one, other)} {max(one, other)}" for one, other in pairs.people.tolist()]
    cells = []
    for key, places in split(both):
        people = [int(number) for number in key.split()]
        cells.append({"people": people, **measure(pairs.those(places).with_first(people[0]), seed)})
    return {"people": np.unique(pairs.people).tolist(), "cells": cells}

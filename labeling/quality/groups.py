"""The ways in which the pairs are divided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Generator, Project, Task, User
from labeling.price_bands import band_of
from labeling.quality.measure import measure
from labeling.quality.pairs import Pairs

EXPOSURES = ("assisted", "mixed", "blind")  # by how many of the two had seen no suggestion


def by_category(project: Project, pairs: Pairs) -> list[str]:
    """The category of each pair's task."""
    of_task = dict(Task.objects.filter(project=project).order_by().values_list("pk", "category"))
    return [of_task[pk] for pk in pairs.tasks.tolist()]


def by_generator(_project: Project, pairs: Pairs) -> list[str]:
    """The generator of each pair's candidate."""
    slugs = dict(Generator.objects.order_by().values_list("pk", "slug"))
    return [slugs[pk] for pk in pairs.generators.tolist()]


def by_price(project: Project, pairs: Pairs) -> list[str]:
    """The price band of each pair's task."""
    prices = Task.objects.filter(project=project).order_by().values_list("pk", "price_usd")
    band = {pk: band_of(price).value for pk, price in prices}
    return [band[pk] for pk in pairs.tasks.tolist()]


def by_week(_project: Project, pairs: Pairs) -> list[str]:
    """The Monday of the week in which each pair was completed."""
    mondays = pairs.days - (pairs.days - 1) % 7
    names = {day: date.fromordinal(day).isoformat() for day in np.unique(mondays).tolist()}
    return [names[day] for day in mondays.tolist()]


def by_guideline(_project: Project, pairs: Pairs) -> list[str]:
    """The version of the guideline both had read, `differs` where one had read another one, `none` where neither had read any."""
    first, second = pairs.guidelines.T
    return ["differs" if a != b else str(a or "none") for a, b in zip(first.tolist(), second.tolist(), strict=True)]


def by_exposure(_project: Project, pairs: Pairs) -> list[str]:
    """How many of the two had seen a suggestion: both (`assisted`), one (`mixed`), none (`blind`)."""
    return [EXPOSURES[count] for count in pairs.blind.sum(axis=1).tolist()]


def by_task(project: Project, pairs: Pairs) -> list[str]:
    """The task of each pair's candidate."""
    names = dict(Task.objects.filter(project=project).order_by().values_list("pk", "external_id"))
    return [names[pk] for pk in pairs.tasks.tolist()]


Key = Callable[[Project, Pairs], list[str]]
# In the order of the page. Those of BLIND divide what the headline counts.
BLIND: dict[str, Key] = {
    "category": by_category,
    "generator": by_generator,
    "price": by_price,
    "week": by_week,
    "guideline": by_guideline,
}


def measure_groups(project: Project, pairs: Pairs, key: Key) -> list[dict[str, Any]]:
    """What `measure` tells of each group, with its `key`, in the order of the keys."""
    return [{"key": name, **measure(pairs.those(places), project.seed)} for name, places in split(key(project, pairs))]


def split(keys: list[str]) -> list[tuple[str, NDArray[np.int64]]]:
    """The places of each key, in the order of the keys."""
    if not keys:
        return []
    names, number = np.unique(np.array(keys), return_inverse=True)
    order = np.argsort(number, kind="stable")
    bounds = np.flatnonzero(np.diff(number[order])) + 1
    return [(str(name), places) for name, places in zip(names, np.split(order, bounds), strict=True)]


def measure_people(project: Project, pairs: Pairs) -> dict[str, Any]:
    """The pair matrix: `people` by name, and of each two who share a pair what `measure` tells, with both names in their order."""
    names = dict(User.objects.filter(pk__in=np.unique(pairs.people).tolist()).values_list("pk", "username"))
    both = [sorted((names[one], names[other])) for one, other in pairs.people.tolist()]
    # A name has no line break in it.
    cells = [
        {"people": name.split("\n"), **measure(pairs.those(places), project.seed)}
        for name, places in split(["\n".join(two) for two in both])
    ]
    return {"people": sorted(names.values()), "cells": cells}

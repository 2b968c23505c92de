"""Which candidates train, validate and test: whole groups of tasks, and the test side of a project never trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, get_args

import numpy as np

from modeling.net.groups import TaskKey, find_groups
from modeling.net.records import Part

__all__ = ["EDGES", "Kind", "Row", "TaskKey", "band_of", "find_groups", "make_split", "pick_generator", "tell_notes"]

Kind = Literal["standard", "logo", "logo_strict", "price_up", "price_down"]
# The bounds of the price bands in USD, as in labeling/price_bands.py: the lower band has its bound.
EDGES = (69.44, 277.78)
# Of the groups that are not tested on, one in nine validates: 80/10/10 where a tenth is on the test side.
VAL_OF, TEST_OF = 9, 10
TRIED = 3
Band = Literal["low", "middle", "high"]

SENTENCES: Mapping[str, str] = {
    "own_test": "No task is on a test side, so %(tasks)s were drawn to test on; other versions may have learned from them.",
    "generator": "%(generator)s was left out of training and is what is tested on.",
    "no_val": "There are too few groups of tasks to validate on any.",
    "no_train": "No task is left to train on.",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One candidate to be put into a part."""

    key: str
    task: str
    generator: str


@dataclass(frozen=True)
class _Sides:
    """The tasks of a split by what they may be used for: `part_of` is train or val; what is in none is neither."""

    part_of: Mapping[str, Part]
    tested: frozenset[str]


def make_split(kind: Kind, rows: Sequence[Row], tasks: Sequence[TaskKey], *, seed: int, generator: str = "") -> dict[str, Part]:
    """The part of each row, by key; `generator` is the one left out by `logo` and `logo_strict` (default: the one with the most rows).

    | kind | test | train and val |
    |---|---|---|
    | standard | the test side (a tenth of the groups where there is none) | other groups |
    | logo | all rows of the generator | other generators, groups off the test side |
    | logo_strict | rows of the generator on the test side | other generators, groups off the test side |
    | price_up | tasks of the high band | low and middle band, groups with no high task and off the test side |
    | price_down | tasks of the low band | middle and high band, groups with no low task and off the test side |

    Train and val are drawn 8:1 by whole group, stratified by category, price tercile and size, by a seeded hash; the rest is `aside`.
    Raises ValueError for a task or generator that is not there, and for a key that is there twice.
    """
    check(kind, rows, tasks, generator)
    sides = divide_tasks(kind, rows, tasks, seed)
    left_out = (generator or pick_generator(rows)) if kind in ("logo", "logo_strict") else None
    return {row.key: place_row(kind, row, sides, left_out) for row in rows}


def place_row(kind: Kind, row: Row, sides: _Sides, left_out: str | None) -> Part:
    """The part of one row; `left_out` is the generator that is tested on, None where the kind leaves none out."""
    part = sides.part_of.get(row.task, "aside")
    if left_out is None:
        return "test" if row.task in sides.tested else part
    if row.generator != left_out:
        return part
    return "test" if kind == "logo" or row.task in sides.tested else "aside"


def divide_tasks(kind: Kind, rows: Sequence[Row], tasks: Sequence[TaskKey], seed: int) -> _Sides:
    """Which tasks are tested on, and the part of those that may be learned from."""
    group_of = find_groups(tasks)
    sizes = {**dict.fromkeys(group_of.values(), 0), **Counter(group_of[row.task] for row in rows)}
    strata = find_strata(tasks, group_of)
    held = {task.task for task in tasks if task.is_test_side}
    if kind.startswith("price"):
        tested = {task.task for task in tasks if band_of(task.price_usd) == ("high" if kind == "price_up" else "low")}
        held |= tested
    elif held or kind == "logo":
        tested = held
    else:
        drawn = draw_groups(strata, sizes, TEST_OF, f"test {seed}")
        tested = held = {task for task, group in group_of.items() if group in drawn}
    # A group with a task that is tested on teaches nothing: its other tasks share a brief or a picture with that one.
    touched = {group_of[task] for task in held}
    val = draw_groups(strata, {group: size for group, size in sizes.items() if group not in touched}, VAL_OF, f"val {seed}")
    part_of: dict[str, Part] = {task: "val" if group in val else "train" for task, group in group_of.items() if group not in touched}
    return _Sides(part_of=part_of, tested=frozenset(tested))


def find_strata(tasks: Sequence[TaskKey], group_of: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Category and price tercile (0 to 2, of these tasks) of each group: those of the task it is named after."""
    if not tasks:
        return {}
    edges = np.quantile([task.price_usd for task in tasks], [1 / 3, 2 / 3])
    return {task.task: (task.category, int((task.price_usd > edges).sum())) for task in tasks if group_of[task.task] == task.task}


def draw_groups(strata: Mapping[str, tuple[str, int]], sizes: Mapping[str, int], one_of: int, salt: str) -> set[str]:
    """One of so many groups of like category, price and size, by a seeded hash; at least one where there are two groups.

    Groups stand by stratum and size and are taken a block at a time; a last block is left out where it is less than half full. Of the first
    three of a block by hash that one is drawn which brings the rows drawn so far nearest to their share: some tasks have twenty times
    the rows of others.
    """
    order = sorted(sizes, key=lambda group: (strata[group], -sizes[group], _hash(salt, group)))
    if len(order) < 2:
        return set()
    drawn: set[str] = set()
    seen = taken = 0
    for start in range(0, len(order), one_of):
        block = order[start : start + one_of]
        if drawn and len(block) < one_of / 2:
            break
        seen += sum(sizes[group] for group in block)
        first = sorted(block, key=lambda group: _hash(f"{salt} drawn", group))[:TRIED]
        off = [abs(one_of * (taken + sizes[group]) - seen) for group in first]
        nearest = first[off.index(min(off))]
        drawn.add(nearest)
        taken += sizes[nearest]
    return drawn


def _hash(salt: str, name: str) -> tuple[bytes, str]:
    return sha256(f"{salt} {name}".encode()).digest(), name


def band_of(price_usd: float) -> Band:
    """The price band a task of this price is in."""
    low, high = EDGES
    if price_usd <= low:
        return "low"
    return "middle" if price_usd <= high else "high"


def pick_generator(rows: Iterable[Row]) -> str:
    """The generator with the most rows, the first by name of equal ones; raises ValueError without rows."""
    counts = Counter(row.generator for row in rows)
    if not counts:
        raise ValueError("there is no candidate, so no generator can be left out")
    return min(counts, key=lambda name: (-counts[name], name))


def check(kind: Kind, rows: Sequence[Row], tasks: Sequence[TaskKey], generator: str) -> None:
    """Raise ValueError where the rows and tasks of a split do not fit together."""
    if kind not in get_args(Kind):
        raise ValueError(f"there is no split {kind!r}; there are {', '.join(get_args(Kind))}")
    known = {task.task for task in tasks}
    if missing := sorted({row.task for row in rows} - known):
        raise ValueError(f"{len(missing)} tasks of candidates are not there, such as {missing[0]!r}")
    if len({row.key for row in rows}) < len(rows):
        raise ValueError("a candidate is there twice")
    if generator and generator not in {row.generator for row in rows}:
        raise ValueError(f"there is no candidate of a generator {generator!r}")


def tell_notes(
    kind: Kind, rows: Sequence[Row], tasks: Sequence[TaskKey], parts: Mapping[str, Part], *, generator: str = ""
) -> list[dict[str, Any]]:
    """What a reader should know of a split that make_split gave: texts as the source has them, and what fills them."""
    notes: list[tuple[str, dict[str, Any]]] = []
    found = Counter(parts.values())
    if kind in ("standard", "logo_strict") and not any(task.is_test_side for task in tasks):
        notes.append(("own_test", {"tasks": len({row.task for row in rows if parts[row.key] == "test"})}))
    if kind in ("logo", "logo_strict"):
        notes.append(("generator", {"generator": generator or pick_generator(rows)}))
    notes += [(f"no_{part}", {}) for part in ("train", "val") if rows and not found[part]]
    return [{"text": SENTENCES[name], "params": params} for name, params in notes]

"""Agreement before and after each version of the guideline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from labeling.agreement import estimate_difference, sum_items
from labeling.models import Guideline, Project
from labeling.quality.figures import Cell, Row, make_row
from labeling.quality.measure import FEWEST_PAIRS, as_list
from labeling.quality.pairs import Pairs

Groups = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version with the pairs in which both had read the one before, and those in which both had read it.

    `difference` is in points, None where either side has too few pairs for a value.
    """

    number: int
    published_at: datetime
    before: Row
    after: Row
    difference: Cell | None


def measure_versions(project: Project, pairs: Pairs, seed: int) -> list[dict[str, Any]]:
    """How much percent agreement differs from that under the version before, for each version that has enough pairs on both sides."""
    found = []
    for number in Guideline.objects.filter(project=project).order_by("number").values_list("number", flat=True):
        sides = [(pairs.guidelines == version).all(axis=1) for version in (number - 1, number)]
        if min(int(side.sum()) for side in sides) >= FEWEST_PAIRS:
            # The same tasks in the same order on both sides, so that a draw of tasks is one draw.
            before, after = (sum_items(np.where(side[:, None], pairs.labels, np.nan), pairs.tasks) for side in sides)
            found.append({"key": str(number), "difference": as_list(estimate_difference(before, after, seed))})
    return found


def read_versions(project: Project, figures: Mapping[str, Any]) -> list[Version]:
    """The versions of the project, newest first, as its agreement report tells of them; those published since are not in it yet."""
    groups: Groups = {row["key"]: row for row in figures["groups"]["guideline"]}
    differences = {row["key"]: row["difference"] for row in figures.get("versions", ())}
    versions = Guideline.objects.filter(project=project).order_by("-number")
    return [make_version(version, groups, differences.get(str(version.number))) for version in versions]


def make_version(version: Guideline, groups: Groups, difference: Sequence[float | None] | None) -> Version:
    """One version; its difference is None where a side has too few pairs."""
    cell = Cell(name="percent", value=difference[0], low=difference[1], high=difference[2]) if difference else None
    return Version(
        number=version.number,
        published_at=version.published_at,
        before=read_side(version.number - 1, groups),
        after=read_side(version.number, groups),
        difference=cell,
    )


def read_side(number: int, groups: Groups) -> Row:
    """The pairs in which both had read a version, or none where there was none before."""
    key = str(number or "none")
    return make_row("", {"guideline": key}, groups.get(key, {"pairs": 0, "equal": 0, "tasks": 0}))

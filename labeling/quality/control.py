"""What audits and second adjudications say about the labels: how much of what two people agree on is wrong, and how adjudicators agree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import Count
from django.utils import timezone

from labeling.agreement import Estimate, estimate, sum_items
from labeling.models import Category, Decision, Project, Report, split_lane
from labeling.quality.checks import Audit, Second, read_audits, read_reveals, read_seconds
from labeling.quality.measure import FEW_PAIRS, FEWEST_PAIRS, as_list
from labeling.shares import estimate_share

# Of the coefficients of two adjudicators; the percentage is a share of its own, which has an interval from the first pair on.
BEYOND_CHANCE = ("cohen_kappa", "gwet_ac1")


def make_control_report(project: Project) -> Report:
    """The checks of the project as they are now, as a report that is not stored."""
    made_at, began = timezone.now(), time.monotonic()
    reveals = read_reveals(project)
    figures: dict[str, Any] = {
        "audits": measure_audits(read_audits(project), count_agreed(project)),
        "seconds": measure_seconds(read_seconds(project), project.seed),
        "reveals": measure_share([reveal.changed for reveal in reveals], [reveal.task for reveal in reveals]),
    }
    seconds = round(time.monotonic() - began, 2)
    return Report(project=project, kind=Report.Kind.CONTROL, made_at=made_at, seconds=seconds, figures=figures, tasks=[])


def count_agreed(project: Project) -> Counter[str]:
    """The candidates that two equal answers decided, by category."""
    rows = Decision.objects.current().filter(how=Decision.How.CONSENSUS).of_project(project.pk)
    lanes = rows.order_by().values_list("candidate__lane").annotate(count=Count("pk"))
    counts: Counter[str] = Counter()
    for lane, count in lanes:
        counts[Category.of_code(split_lane(lane)[1]).value] += count
    return counts


def measure_audits(audits: Sequence[Audit], agreed: Mapping[str, int]) -> dict[str, Any]:
    """The share of agreed-but-wrong, over all and by category, with the number of candidates that makes among all that are agreed."""

    def measure(name: str | None) -> dict[str, Any]:
        rows = [audit for audit in audits if name in (None, audit.category)]
        found = measure_share([audit.contradicts for audit in rows], [audit.task for audit in rows])
        count = sum(agreed.values()) if name is None else agreed.get(name, 0)
        wrong = [None if percent is None else round(percent * count / 100, 1) for percent in found["percent"]]
        return {**found, "agreed": count, "wrong": wrong}

    here = [category.value for category in Category if agreed.get(category.value) or any(row.category == category for row in audits)]
    return {"overall": measure(None), "categories": [{"key": name, **measure(name)} for name in here]}


def measure_seconds(pairs: Sequence[Second], seed: int) -> dict[str, Any]:
    """How often two adjudicators say the same blind, over all and by week, and what of it is beyond chance."""
    weeks = sorted({pair.week for pair in pairs})
    by_week = [{"key": week, **measure_equal([pair for pair in pairs if pair.week == week])} for week in weeks]
    overall: dict[str, Any] = measure_equal(pairs)
    if len(pairs) < FEWEST_PAIRS:
        return {"overall": {**overall, "withheld": FEW_PAIRS}, "weeks": by_week}
    labels = np.array([(pair.first, pair.second) for pair in pairs], dtype=np.float64)
    values = estimate(sum_items(labels, np.array([pair.task for pair in pairs])), seed)
    return {"overall": {**overall, "values": {name: as_list(values[name]) for name in BEYOND_CHANCE}}, "weeks": by_week}


def measure_equal(pairs: Sequence[Second]) -> dict[str, Any]:
    """`measure_share` of the pairs that are equal."""
    return measure_share([pair.first == pair.second for pair in pairs], [pair.task for pair in pairs])


def measure_share(hits: Sequence[bool], tasks: Sequence[int]) -> dict[str, Any]:
    """`count`, `hits` among them, `tasks`, and `percent` as [value, low, high], None where there is nothing to go by."""
    found: Estimate = estimate_share(np.array(hits, dtype=np.float64), np.array(tasks, dtype=np.int64))
    return {"count": len(hits), "hits": sum(hits), "tasks": len(set(tasks)), "percent": as_list(found)}

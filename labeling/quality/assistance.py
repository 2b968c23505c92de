"""The effect of assistance in a project, measured: by model version and policy, the newest in front."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
from django.utils import timezone

from labeling.assistance import ALL, MEASURED, tally
from labeling.effects import Found, find_effects, find_gold, find_times
from labeling.models import Arm, Project, Report
from labeling.quality.drawn import Drawn, read_drawn
from labeling.quality.drawn_gold import GoldAnswer, compare_gold, read_gold
from labeling.quality.measure import as_list

CONTROL = "control"


def make_assistance_report(project: Project) -> Report:
    """The project as it is now, as a report that is not stored."""
    made_at, began = timezone.now(), time.monotonic()
    drawn, gold = read_drawn(project), read_gold(project)
    parts = [measure_part(some, gold, project.seed) for some in split(drawn)]
    figures = {"version": project.model_version, "policy": project.policy, "stop_points": project.stop_points, "parts": parts}
    seconds = round(time.monotonic() - began, 2)
    return Report(project=project, kind=Report.Kind.ASSISTANCE, made_at=made_at, seconds=seconds, figures=figures, tasks=[])


def split(drawn: Drawn) -> list[Drawn]:
    """Those of each version and policy, the one drawn last in front."""
    if not len(drawn):
        return []
    keys = np.char.add(np.char.add(drawn.policies, " "), drawn.versions)
    parts = [drawn.those(keys == key) for key in np.unique(keys)]
    return sorted(parts, key=lambda part: -int(part.numbers.max()))


def measure_part(drawn: Drawn, gold: list[GoldAnswer], seed: int) -> dict[str, Any]:
    """What is told of one version under one policy: whom it counts, what they had seen, and the effects by name."""
    version, policy = str(drawn.versions[0]), str(drawn.policies[0])
    sums = tally(policy, drawn.cases)
    total = sums.total()
    effects = find_effects(policy, sums, seed) | {"gold_error": find_gold(policy, compare_gold(gold, version, policy), seed)}
    if (times := measure_times(drawn, policy, seed)) is not None:
        effects["time_shift"] = times
    treated, equal = ~drawn.cases.control, drawn.are_equal
    return {
        "version": version,
        "policy": policy,
        "tasks": len(sums.treated),
        "treated": int(treated.sum()),
        "treated_different": int((treated & ~equal).sum()),
        "control": int((~treated).sum()),
        "control_different": int((~treated & ~equal).sum()),
        "decided": int(total.decided),
        "answers": count_answers(drawn, policy),
        "effects": {name: write_found(found) for name, found in effects.items()},
    }


def measure_times(drawn: Drawn, policy: str, seed: int) -> Found | None:
    """The difference in median active time, in seconds; None where first and last answers are compared, which have one time together."""
    tasks, seconds, control = drawn.cases.tasks, drawn.seconds, drawn.cases.control
    if policy == MEASURED:
        both = ~control & ~np.isnan(seconds).any(axis=1)
        return find_times(seconds[both, 0], tasks[both], seconds[both, 1], tasks[both], seed)
    if policy == ALL:
        each, of_task, is_control = seconds.ravel(), tasks.repeat(2), control.repeat(2)
        one, other = (~np.isnan(each) & chosen for chosen in (~is_control, is_control))
        return find_times(each[one], of_task[one], each[other], of_task[other], seed)
    return None


def count_answers(drawn: Drawn, policy: str) -> list[dict[str, Any]]:
    """How many answers there are by what they were drawn to see and what had been seen: the arm is what is compared, whatever was seen."""
    of_policy = {MEASURED: (Arm.ASSISTED.value, Arm.BLIND.value), ALL: (Arm.BOTH.value, Arm.BOTH.value)}
    arms = of_policy.get(policy, (Arm.REVEAL.value, Arm.REVEAL.value))
    found: Counter[tuple[str, str]] = Counter()
    for is_control, exposures in zip(drawn.cases.control.tolist(), drawn.exposures.tolist(), strict=True):
        found.update((CONTROL if is_control else arm, exposure) for arm, exposure in zip(arms, exposures, strict=True))
    return [{"arm": arm, "exposure": exposure, "answers": count} for (arm, exposure), count in sorted(found.items())]


def write_found(found: Found) -> dict[str, Any]:
    """An effect as JSON keeps it."""
    value, low, high = as_list(found.difference)
    one, other = (None if side is None else round(side, 6) for side in (found.assisted, found.blind))
    return {
        "assisted": one,
        "blind": other,
        "value": value,
        "low": low,
        "high": high,
        "counted": list(found.counted),
        "withheld": "few" if found.is_withheld else None,
    }

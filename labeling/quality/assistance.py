"""The effect of assistance in a project, measured: by model version and policy, the newest in front."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils import timezone

from labeling.assistance import ALL, MEASURED, tally
from labeling.effects import Found, find_effects, find_gold, find_times
from labeling.looks import Look, look
from labeling.models import Arm, Project, Report
from labeling.quality.drawn import Drawn, read_drawn
from labeling.quality.drawn_gold import GoldAnswer, compare_gold, read_gold
from labeling.quality.measure import as_list
from labeling.quality.report import newest_report

# The last look of each version and policy, as `write_look` writes it.
Looks = Mapping[tuple[str, str], Mapping[str, Any]]
CONTROL = "control"


def make_assistance_report(project: Project) -> Report:
    """The project as it is now, as a report that is not stored."""
    made_at, began = timezone.now(), time.monotonic()
    drawn, gold, looks = read_drawn(project), read_gold(project), read_looks(project)
    parts = [measure_part(some, gold, project.seed, looks) for some in split(drawn)]
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


def read_looks(project: Project) -> Looks:
    """The last looks, by version and policy, as the newest report keeps them."""
    report = newest_report(project, Report.Kind.ASSISTANCE)
    parts = report.figures["parts"] if report else []
    return {(part["version"], part["policy"]): part["look"] for part in parts if part.get("look")}


def measure_part(drawn: Drawn, gold: list[GoldAnswer], seed: int, looks: Looks) -> dict[str, Any]:
    """What is told of one version under one policy: whom it counts, what they had seen, the effects by name, and the last look."""
    version, policy = str(drawn.versions[0]), str(drawn.policies[0])
    sums = tally(policy, drawn.cases)
    total, on_gold = sums.total(), compare_gold(gold, version, policy)
    effects = find_effects(policy, sums, seed) | {"gold_error": find_gold(policy, on_gold, seed)}
    if (times := measure_times(drawn, policy, seed)) is not None:
        effects["time_shift"] = times
    treated, equal = ~drawn.cases.control, drawn.are_equal
    last = looks.get((version, policy))
    seen = look(policy, sums, on_gold, seed, last["number"] if last else 0)
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
        "look": write_look(seen) if seen else last,
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


def write_look(seen: Look) -> dict[str, Any]:
    """A look as JSON keeps it."""
    return {"number": seen.number, "effect": seen.effect, "decided": seen.decided} | write_found(seen.found)


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

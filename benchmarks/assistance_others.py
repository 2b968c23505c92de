"""How often the 95 % intervals of the error on gold and of the median time cover the true values.

    python -m benchmarks.assistance_others [--runs 200] [--candidates 2000]

Gold are answers in the projects of benchmarks/assistance.py: of a fifth of the candidates that somebody sees the suggestion of, the first
seat's, of another fifth the second seat's (`measured`); or of two fifths what the first seats say after the suggestion and before it
(`reveal`). Times are lognormal, those of a task share a factor, and answers with a suggestion take 80 % of the time; pull does not matter.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.assistance import PULLS, SEED, World, make_world, true_values
from labeling.assistance import MEASURED, REVEAL, GoldTallies, tally_gold
from labeling.effects import Found, find_gold, find_times

GOLD_SHARE = 0.2
SECONDS, FASTER, BETWEEN_TASKS, WITHIN_TASKS = 10.0, 0.8, 0.4, 0.7


def answer_gold(world: World, policy: str, seed: int) -> GoldTallies:
    """The answers to gold of one project, as the policy compares them."""
    cases, treated = world.cases, ~world.cases.control
    drawn = np.random.default_rng((SEED, 5, seed)).random(len(cases))
    one, other = treated & (drawn < GOLD_SHARE), treated & (drawn >= GOLD_SHARE) & (drawn < 2 * GOLD_SHARE)
    last_wrong, seat_wrong = (said != world.acceptable for said in cases.last.T)
    own_wrong = world.own != world.acceptable
    if policy == REVEAL:
        one = other = one | other
        seat_wrong = own_wrong
    tasks = np.concatenate([cases.tasks[one], cases.tasks[other]])
    assisted = np.arange(len(tasks)) < one.sum()
    wrong = np.concatenate([last_wrong[one], seat_wrong[other]])
    moved = np.concatenate([(last_wrong != own_wrong)[one] & (policy == REVEAL), np.zeros(other.sum(), dtype=np.bool_)])
    return tally_gold(tasks, assisted, wrong, moved)


def measure_gold(candidates: int, pull: float, policy: str, number: int) -> Found:
    """The error on gold of one project."""
    world = make_world(candidates, pull, (SEED, 6, candidates, round(1000 * pull), number))
    return find_gold(policy, answer_gold(world, policy, number), number)


def measure_times(candidates: int, number: int) -> Found:
    """The difference in median time of one project."""
    tasks = make_world(candidates, 0.0, (SEED, 7, candidates, number)).cases.tasks
    random = np.random.default_rng((SEED, 8, number))
    factor = random.normal(0, BETWEEN_TASKS, tasks.max() + 1)[tasks]
    blind, assisted = (SECONDS * scale * np.exp(factor + random.normal(0, WITHIN_TASKS, len(tasks))) for scale in (1, FASTER))
    return find_times(assisted, tasks, blind, tasks, number)


def count_covering(measure: Callable[[int], Found], true: float, runs: int) -> dict[str, float | int]:
    """In how many projects there is an interval, and in what share of these it covers the true value."""
    found = [measure(number).difference for number in range(runs)]
    known = [(one.low, one.high) for one in found if one.low is not None and one.high is not None]
    covered = sum(low <= true <= high for low, high in known)
    return {"true": round(true, 4), "intervals": len(known), "covered_percent": round(100 * covered / max(len(known), 1), 1)}


def main() -> None:
    """Read the command line and print the share of intervals that cover."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assistance_others")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=2000)
    options = parser.parse_args()
    began = time.monotonic()
    for policy in (MEASURED, REVEAL):
        for pull in PULLS:
            true = true_values(pull)["gold_error"]
            told = count_covering(partial(measure_gold, options.candidates, pull, policy), true, options.runs)
            print(json.dumps({"effect": "gold_error", "policy": policy, "pull": pull} | told), flush=True)
    told = count_covering(partial(measure_times, options.candidates), SECONDS * (FASTER - 1), options.runs)
    print(json.dumps({"effect": "time_shift"} | told))
    print(json.dumps({"runs": options.runs, "seconds": round(time.monotonic() - began), "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

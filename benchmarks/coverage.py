"""How often the 95 % intervals of agreement cover the true value: whole projects made up, with people of known skill.

    python -m benchmarks.coverage [--seeds 200]

Each project has 33,000 candidates in 1,070 tasks by 16 generators. 30 % are worth accepting, which tasks are rich in is drawn; eight people
answer, two per candidate, each with a sensitivity and specificity of their own, which a task makes harder or easier for all. The
true value is that of the population: what a project of 20 million candidates comes to. No database is used.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.agreement import COEFFICIENTS, Sums, estimate, sum_items

TASKS, CANDIDATES, PEOPLE = 1070, 33_000, 8
ACCEPTABLE = 0.3
# Mean log odds of being right, its spread between people and between tasks, and that of a task's share of acceptable candidates.
SKILL, BETWEEN_PEOPLE, BETWEEN_TASKS, BETWEEN_SHARES = 1.4, 0.3, 0.6, 0.8
SEED_OF_PEOPLE = 20261126
POPULATION = 20_000_000


def odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of each log odds."""
    return 1 / (1 + np.exp(-values))


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One project: the task of each candidate, whether it is acceptable, and by seat who said accept; of shape (n,) or (n, 2).

    `skills` of shape (2, people) are the log odds that each person rightly rejects and accepts, to which `harder`, of shape (tasks,), is
    added.
    """

    tasks: NDArray[np.int64]
    is_acceptable: NDArray[np.bool_]
    people: NDArray[np.int64]
    accepts: NDArray[np.bool_]
    skills: NDArray[np.float64]
    harder: NDArray[np.float64]


def answer_project(candidates: int, tasks: int, random: np.random.Generator) -> Answered:
    """One project; the people are the same in each, tasks and answers are drawn."""
    skills = np.random.default_rng(SEED_OF_PEOPLE).normal(SKILL, BETWEEN_PEOPLE, (2, PEOPLE))
    task = random.integers(tasks, size=candidates)
    harder = random.normal(0, BETWEEN_TASKS, tasks)
    share = odds(random.normal(np.log(ACCEPTABLE / (1 - ACCEPTABLE)), BETWEEN_SHARES, tasks))[task]
    is_acceptable = random.random(candidates) < share
    first = random.integers(PEOPLE, size=candidates)
    second = (first + random.integers(1, PEOPLE, size=candidates)) % PEOPLE
    said = []
    for person in (first, second):
        right = random.random(candidates) < odds(skills[is_acceptable.astype(int), person] + harder[task])
        said.append(is_acceptable == right)
    people, accepts = np.stack([first, second], axis=1), np.stack(said, axis=1)
    return Answered(tasks=task, is_acceptable=is_acceptable, people=people, accepts=accepts, skills=skills, harder=harder)


def make_project(candidates: int, tasks: int, seed: int) -> Sums:
    """The sums by task of one project."""
    project = answer_project(candidates, tasks, np.random.default_rng(seed))
    return sum_items(project.accepts.astype(np.float64), project.tasks)


def true_values(pieces: int = 10) -> dict[str, float]:
    """Every coefficient in the population, with 1,070 tasks for every 33,000 candidates."""
    size = POPULATION // pieces
    totals = [make_project(size, round(size * TASKS / CANDIDATES), 10**6 + piece).total() for piece in range(pieces)]
    summed = Sums(**{name: np.sum([vars(total)[name] for total in totals], axis=0) for name in vars(totals[0])})
    return {name: float(coefficient(summed)) for name, coefficient in COEFFICIENTS.items()}


def main() -> None:
    """Read the command line, make the projects up and print the share of intervals that cover."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    options = parser.parse_args()
    true, began = true_values(), time.monotonic()
    covered = dict.fromkeys(true, 0)
    for seed in range(options.seeds):
        found = estimate(make_project(CANDIDATES, TASKS, seed), seed)
        for name, value in found.items():
            covered[name] += value.low is not None and value.high is not None and value.low <= true[name] <= value.high
    seconds = (time.monotonic() - began) / options.seeds
    for name, count in covered.items():
        print(json.dumps({"coefficient": name, "true": round(true[name], 4), "covered_percent": round(100 * count / options.seeds, 1)}))
    print(json.dumps({"seeds": options.seeds, "seconds_each": round(seconds, 2), "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

"""How often the 95 % intervals of the effects of assistance cover the true values: whole projects made up, with people of known pull.

    python -m benchmarks.assistance [--runs 1000] [--candidates 33000] [--workers 2]

People follow the suggestion, where they see it, with the probability `pull` instead of their own judgement. Tasks have 1 to 23
deliverables as in ServImageBench, each delivered by 16 generators; a task draws how many of its candidates are worth accepting and how
hard it is, for people and model alike. Eight people answer, two per candidate, each with a sensitivity and a specificity of their own;
30 % of the answers accept. Adjudicators, who see nothing, are wrong in 5 %. Of a fifth of the candidates nobody sees the suggestion.
The true values are integrals over the two things a task draws (Gauss-Hermite quadrature). The seed was fixed before anything was looked
at. No database is used.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

# Each worker is one process; threads of the matrix products would only get in the way of the other ones.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage import odds
from benchmarks.shape import GENERATORS, QUANTITIES
from labeling.agreement import RESAMPLES, Floats
from labeling.assistance import MEASURED, Bools, Cases, tally
from labeling.effects import CONTROL_EQUAL, EQUAL, find_effects

SEED = 20261127
PEOPLE, CONTROL, ADJUDICATORS_WRONG = 8, 0.2, 0.05
PULLS = (0.0, 0.05, 0.10)
# Mean log odds of being right, of people and of the model; spreads between people, and between tasks in difficulty and in what they accept.
SKILL, MODEL, BETWEEN_PEOPLE, BETWEEN_TASKS, BETWEEN_SHARES = 1.8, 1.3, 0.3, 0.6, 0.8
# The log odds of a task's mean share of candidates worth accepting at which 30 % of the answers accept.
SHARE = -1.505
CHECKED = ("accept_shift", "follow_shift", "added_error", "follow_control", "seats_shift", "pull_right", "pull_wrong")


def make_people() -> Floats:
    """Log odds of being right: specificity (row 0) and sensitivity (row 1) of each person."""
    return np.random.default_rng(SEED).normal(SKILL, BETWEEN_PEOPLE, (2, PEOPLE))


@cache
def true_values(pull: float) -> dict[str, float]:
    """The effects in the population, in points, and under `accepts` the share of blind answers that accept, in percent."""
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    acceptable = float(weights @ odds(SHARE + BETWEEN_SHARES * points))
    share = np.array([1 - acceptable, acceptable])

    def mean(values: Floats) -> float:
        """Over what a task draws, of values by whether the candidate is worth accepting and by difficulty."""
        return float(share @ np.broadcast_to(values, (2, len(points))) @ weights)

    each = odds(make_people()[..., None] + BETWEEN_TASKS * points)
    people, model = each.mean(axis=1), odds(MODEL + BETWEEN_TASKS * points)
    # Two different people of the crowd: both right, both wrong.
    both = (each.sum(axis=1) ** 2 - (each**2).sum(axis=1)) / (PEOPLE * (PEOPLE - 1))
    neither = 1 - 2 * people + both
    accepts = mean(np.stack([1 - people[0], people[1]]))
    suggests = mean(np.stack([1 - model, model]))
    same = mean(people * model + (1 - people) * (1 - model))
    # An adjudicator who is wrong calls the other side wrong, and a right suggestion wrong.
    true, false = 1 - ADJUDICATORS_WRONG, ADJUDICATORS_WRONG
    right, wrong = mean(model * (1 - people)), mean((1 - model) * people)
    said_right = mean(model * both + (1 - model) * neither + (1 - both - neither) * (true * model + false * (1 - model)))
    return {
        "accepts": 100 * accepts,
        "accept_shift": 100 * pull * (suggests - accepts),
        "follow_shift": 100 * pull * (1 - same),
        "follow_control": 100 * pull * (1 - same),
        "seats_shift": 100 * pull * (same - mean(both + neither)),
        "added_error": 100 * pull * (wrong - right) * (true - false),
        "pull_right": 100 * pull * (true * right + false * wrong) / said_right,
        "pull_wrong": 100 * pull * (true * wrong + false * right) / (1 - said_right),
        # Gold is never wrong.
        "gold_error": 100 * pull * (wrong - right),
    }


@dataclass(frozen=True, kw_only=True)
class World:
    """One project: the cases, which of them are worth accepting, and what the first seats say of their own accord; shapes (n,)."""

    cases: Cases
    acceptable: Bools
    own: Bools


def make_cases(candidates: int, pull: float, seed: Iterable[int]) -> Cases:
    """One project of about so many candidates under the policy `measured`, every dispute adjudicated."""
    return make_world(candidates, pull, seed).cases


def make_world(candidates: int, pull: float, seed: Iterable[int]) -> World:
    """`make_cases` with what nobody knows."""
    random = np.random.default_rng(list(seed))
    quantities, tasks_of = (np.array(list(part)) for part in (QUANTITIES.keys(), QUANTITIES.values()))
    mean = GENERATORS * float(quantities @ tasks_of) / tasks_of.sum()
    quantity = random.choice(quantities, size=round(candidates / mean), p=tasks_of / tasks_of.sum())
    tasks = np.repeat(np.arange(len(quantity)), GENERATORS * quantity)
    count = len(tasks)
    acceptable = random.random(count) < odds(random.normal(SHARE, BETWEEN_SHARES, len(quantity)))[tasks]
    easier = random.normal(0, BETWEEN_TASKS, len(quantity))[tasks]
    suggests = acceptable == (random.random(count) < odds(MODEL + easier))
    control = random.random(count) < CONTROL
    one = random.integers(PEOPLE, size=count)
    people = np.stack([one, (one + random.integers(1, PEOPLE, size=count)) % PEOPLE], axis=1)
    right = random.random((count, 2)) < odds(make_people()[acceptable.astype(int)[:, None], people] + easier[:, None])
    said = right == acceptable[:, None]
    follows = ~control & (random.random(count) < pull)
    own = said[:, 0].copy()
    said[:, 0] = np.where(follows, suggests, said[:, 0])
    judged = np.where(said[:, 0] == said[:, 1], np.nan, acceptable != (random.random(count) < ADJUDICATORS_WRONG))
    answers = said.astype(np.float64)
    cases = Cases(tasks=tasks, control=control, suggests=suggests, first=answers, last=answers, judged=judged)
    return World(cases=cases, acceptable=acceptable, own=own)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One project: which true values its intervals cover, and the percent agreement of blind pairs and of mixed ones."""

    covers: dict[str, bool]
    blind_agreement: float
    mixed_agreement: float


def simulate(candidates: int, pull: float, resamples: int, number: int) -> Run:
    """Make up one project and hold its intervals against the true values."""
    sums = tally(MEASURED, make_cases(candidates, pull, (SEED, candidates, round(1000 * pull), number)))
    true, found = true_values(pull), find_effects(MEASURED, sums, number, resamples)
    covers = {}
    for name in CHECKED:
        low, high = found[name].difference.low, found[name].difference.high
        covers[name] = low is not None and high is not None and low <= true[name] <= high
    total = sums.total()
    return Run(covers=covers, blind_agreement=float(CONTROL_EQUAL(total)), mixed_agreement=float(EQUAL(total)))


def simulate_all(candidates: int, pull: float, runs: int, workers: int, resamples: int = RESAMPLES) -> list[Run]:
    """As many projects of the same kind, each with a seed of its own."""
    one = partial(simulate, candidates, pull, resamples)
    if workers == 1:
        return [one(number) for number in range(runs)]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(one, range(runs), chunksize=10))


def compare(values: NDArray[np.float64], without: NDArray[np.float64]) -> list[float]:
    """The mean difference between two sets of runs with its 95 % interval."""
    difference = float(values.mean() - without.mean())
    spread = 1.96 * float(np.sqrt(values.var(ddof=1) / len(values) + without.var(ddof=1) / len(without)))
    return [round(number, 3) for number in (difference, difference - spread, difference + spread)]


def main() -> None:
    """Read the command line, make the projects up and print the share of intervals that cover, and what the pull did to agreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--candidates", type=int, default=33_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    began, agreements = time.monotonic(), {}
    for pull in PULLS:
        runs, true = simulate_all(options.candidates, pull, options.runs, options.workers), true_values(pull)
        agreements[pull] = {name: np.array([getattr(run, name) for run in runs]) for name in ("blind_agreement", "mixed_agreement")}
        for name in CHECKED:
            covered = round(100 * sum(run.covers[name] for run in runs) / len(runs), 1)
            print(json.dumps({"pull": pull, "effect": name, "true": round(true[name], 4), "covered_percent": covered}), flush=True)
    for pull in PULLS[1:]:
        moved = {name: compare(values, agreements[0.0][name]) for name, values in agreements[pull].items()}
        print(json.dumps({"pull": pull, "agreement_less_that_without_pull": moved}))
    about = {"runs": options.runs, "candidates": options.candidates, "accepts": round(true_values(0)["accepts"], 1)}
    print(json.dumps(about | {"seconds": round(time.monotonic() - began), "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

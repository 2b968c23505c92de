"""How often suggestions are switched off although they do no more harm than the limit allows, and how soon where they do.

    python -m benchmarks.assistance_stop [--projects 400] [--candidates 33000] [--workers 2]

Projects are those of benchmarks/assistance.py, their candidates answered in an order drawn by chance, each dispute adjudicated at once.
Every look that is due (labeling/looks.py) is taken until one switches off. The seed was fixed before anything was looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

# Each worker is one process; threads of the matrix products would only get in the way of the other ones.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks.assistance import SEED, make_cases, true_values
from labeling.agreement import RESAMPLES, Ints
from labeling.assistance import MEASURED, Cases, GoldTallies, tally, tally_gold
from labeling.looks import FIRST, GROWTH, look

# True added error and limit, in points: no harm, and harm beyond what is allowed.
SCENES = ((0.0, 0), (2.0, 1), (5.0, 1))


@dataclass(frozen=True, kw_only=True)
class Course:
    """What became of one project: how many looks were taken, and at how many disputes and candidates it was switched off, if it was."""

    looks: int
    decided: int | None
    candidates: int | None


def pull_of(added: float) -> float:
    """The pull under which the true added error is so many points; it grows with the pull."""
    return added / true_values(1.0)["added_error"]


def take(cases: Cases, chosen: Ints) -> Cases:
    """Some of the candidates, by their places."""
    return Cases(**{name: values[chosen] for name, values in vars(cases).items()})


def follow_project(candidates: int, added: float, limit: float, resamples: int, number: int) -> Course:
    """Take every look at one project until one switches off."""
    cases = make_cases(candidates, pull_of(added), (SEED, 3, round(1000 * added), number))
    order = np.random.default_rng((SEED, 4, number)).permutation(len(cases))
    decided = np.cumsum(~np.isnan(cases.judged[order]) & ~cases.control[order])
    sizes = FIRST * GROWTH ** np.arange(60)
    ends = [int(np.argmax(decided >= size)) + 1 for size in sizes if size <= decided[-1]]
    taken = 0
    for end in ends:
        seen = look(MEASURED, tally(MEASURED, take(cases, order[:end])), no_gold(), number, taken, resamples)
        if seen is None:
            continue
        taken = seen.number
        if seen.found.difference.low is not None and seen.found.difference.low > limit:
            return Course(looks=taken, decided=seen.decided, candidates=end)
    return Course(looks=taken, decided=None, candidates=None)


def no_gold() -> GoldTallies:
    """No answers to gold."""
    nothing = np.zeros(0, dtype=np.bool_)
    return tally_gold(np.zeros(0, dtype=np.int64), nothing, nothing, nothing)


def follow_all(candidates: int, added: float, limit: float, projects: int, workers: int, resamples: int = RESAMPLES) -> list[Course]:
    """As many projects of the same kind, each with a seed of its own."""
    one = partial(follow_project, candidates, added, limit, resamples)
    if workers == 1:
        return [one(number) for number in range(projects)]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(one, range(projects), chunksize=5))


def describe(courses: list[Course]) -> dict[str, float | int | None]:
    """How many were switched off, how late, and over how many looks the others stayed on."""
    stops = sorted(course.decided for course in courses if course.decided is not None)
    at = sorted(course.candidates for course in courses if course.candidates is not None)
    return {
        "stopped": len(stops),
        "of": len(courses),
        "looks": max(course.looks for course in courses),
        "median_decided": stops[len(stops) // 2] if stops else None,
        "median_candidates": at[len(at) // 2] if at else None,
        "last_decided": stops[-1] if stops else None,
    }


def main() -> None:
    """Read the command line, follow the projects and print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assistance_stop")
    parser.add_argument("--projects", type=int, default=400)
    parser.add_argument("--candidates", type=int, default=33_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for added, limit in SCENES:
        began = time.monotonic()
        courses = follow_all(options.candidates, added, limit, options.projects, options.workers)
        about = {"added": added, "limit": limit, "candidates": options.candidates, **describe(courses)}
        print(json.dumps(about | {"seconds": round(time.monotonic() - began), "load": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()

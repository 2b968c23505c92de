"""How often a concern about known answers is raised of somebody who is as good as its bound, looked at again and again.

    python -m benchmarks.concern_looks [--people 2000]

Each answers 300 gold of as many tasks, right in 80 of 100 cases, and is looked at after 20, 30, … of them. Prints, for intervals of 95 %
and 99 %, the share of whom a concern would be raised at the last look alone and at any of them. No database is used.
"""

from __future__ import annotations

import argparse
from functools import cache

import numpy as np

from labeling.ratios import add_columns, count_share, draw_ratios, estimate_ratio

SEED, BOUND, LOOKS = 11, 0.8, range(20, 301, 10)


@cache
def is_raised(size: int, hits: int, tail: float) -> bool:
    """Whether the whole interval of so many right answers of `size` lies below the bound."""
    if hits >= BOUND * size:
        return False
    share = count_share(np.arange(size), np.arange(size) < hits)
    [drawn] = draw_ratios([add_columns({"gold": share})], size, seed=1)
    high = estimate_ratio(share, drawn[:, 0], tail).high
    return high is not None and high < BOUND


def look(people: int, tail: float) -> tuple[float, float]:
    """The share of whom a concern is raised at the last look, and at any."""
    hits = (np.random.default_rng(SEED).random((people, LOOKS[-1])) < BOUND).cumsum(axis=1)
    raised = np.array([[is_raised(size, int(mine[size - 1]), tail) for size in LOOKS] for mine in hits])
    return float(raised[:, -1].mean()), float(raised.any(axis=1).mean())


def main() -> None:
    """Read the command line and print a line for each interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000)
    people = parser.parse_args().people
    for certainty, tail in ((95, 0.025), (99, 0.005)):
        last, ever = look(people, tail)
        print(f"{certainty} %: {100 * last:.1f} % at the last look, {100 * ever:.1f} % ever")


if __name__ == "__main__":
    main()

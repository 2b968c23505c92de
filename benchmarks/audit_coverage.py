"""How often the 95 % interval of agreed-but-wrong covers the true share: whole projects made up, a share of them audited.

    python -m benchmarks.audit_coverage [--seeds 200]

Each task has candidates that two people agreed on, some of them wrongly; how many is drawn for each task, so those of one task are alike.
Audits are drawn one by one and are right themselves: an audit contradicts exactly what is wrong. The true share is that of all that two
people of this kind agree on, in tasks of this kind. No database is used.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from labeling.shares import estimate_share

AGREED_PER_TASK = 20
# The mean share that is wrong, and how strongly the candidates of one task are alike (the correlation of two of them).
WRONG, ALIKE = 0.04, 0.1
PROJECTS = [(1070, 5), (1070, 1), (60, 5), (60, 20), (12, 40)]  # tasks, percent audited


def audit_project(seed: int, tasks: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each audit of a made-up project contradicts, and its task."""
    random = np.random.default_rng(seed)
    # A beta distribution with these parameters has the mean WRONG, and two draws from the same one correlate by ALIKE.
    scale = 1 / ALIKE - 1
    of_task = random.beta(WRONG * scale, (1 - WRONG) * scale, tasks)
    task = np.repeat(np.arange(tasks), AGREED_PER_TASK)
    is_wrong = random.random(len(task)) < of_task[task]
    is_drawn = random.random(len(task)) < share / 100
    return is_wrong[is_drawn].astype(np.float64), task[is_drawn]


def cover(seed: int, tasks: int, share: float) -> bool:
    """Whether the interval of one project covers the true share."""
    found = estimate_share(*audit_project(seed, tasks, share))
    return found.low is not None and found.high is not None and found.low <= 100 * WRONG <= found.high


def main() -> None:
    """Read the command line, make the projects up and print the share of intervals that cover."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    options = parser.parse_args()
    for tasks, share in PROJECTS:
        covered = sum(cover(seed, tasks, share) for seed in range(options.seeds))
        about = {"tasks": tasks, "audited_percent": share, "audits": round(tasks * AGREED_PER_TASK * share / 100)}
        print(json.dumps({**about, "covered_percent": round(100 * covered / options.seeds, 1), "seeds": options.seeds}))


if __name__ == "__main__":
    main()

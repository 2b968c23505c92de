"""How well skills are estimated without knowing the truth, and how often their 95 % intervals cover them: projects made up.

    python -m benchmarks.dawid_skene [--seeds 200]

Each project has 1,200 candidates in 40 tasks, about 30 % of them acceptable, and eight people with a sensitivity and a specificity of
their own who label two each. Third labels come from two adjudicators, for all that differ and for a share of what agrees; in the first
line there are none, so that no interval is given. The last lines have other people, harder tasks and 33,000 candidates. No database
is used.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.dawid_skene import Fit, Skills, Votes, estimate_skills

PEOPLE, ADJUDICATORS = 8, 2
ACCEPTABLE, BETWEEN_SHARES = 0.3, 0.8


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is made up: the log odds of being right are drawn with `skill` and `spread`, and differ by task with `harder`."""

    name: str
    candidates: int = 1200
    tasks: int = 40
    disputes: bool = True
    audits: float = 0.05
    skill: float = 1.6
    spread: float = 0.5
    harder: float = 0.0


SCENES = (
    Scene(name="two labels alone", disputes=False, audits=0),
    Scene(name="disputes adjudicated", audits=0),
    Scene(name="disputes adjudicated, 5 % audited"),
    Scene(name="people less able and less alike", skill=1.2, spread=0.7),
    Scene(name="tasks of different difficulty", harder=0.6),
    Scene(name="33,000 candidates", candidates=33_000, tasks=1070),
)


def odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of each log odds."""
    return 1 / (1 + np.exp(-values))


def make_votes(scene: Scene, seed: int) -> tuple[Votes, Skills]:
    """The labels of one project and the skills they were drawn from, the adjudicators last."""
    random = np.random.default_rng(seed)
    crowd, size = PEOPLE + ADJUDICATORS, scene.candidates
    sensitivity, specificity = (odds(random.normal(scene.skill, scene.spread, crowd)) for _ in range(2))
    task = random.integers(scene.tasks, size=size)
    harder = random.normal(0, scene.harder, scene.tasks)[task]
    share = odds(random.normal(np.log(ACCEPTABLE / (1 - ACCEPTABLE)), BETWEEN_SHARES, scene.tasks))[task]
    is_good = random.random(size) < share

    def say(people: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
        right = np.where(is_good[items], sensitivity[people], specificity[people])
        return np.equal(is_good[items], random.random(len(items)) < odds(np.log(right / (1 - right)) + harder[items]))

    everything = np.arange(size)
    first = random.integers(PEOPLE, size=size)
    second = (first + random.integers(1, PEOPLE, size=size)) % PEOPLE
    said = say(first, everything), say(second, everything)
    is_third = np.where(said[0] == said[1], random.random(size) < scene.audits, scene.disputes)
    third = np.flatnonzero(is_third)
    adjudicators = PEOPLE + random.integers(ADJUDICATORS, size=len(third))
    votes = Votes(
        items=np.concatenate([everything, everything, third]),
        people=np.concatenate([first, second, adjudicators]),
        accepts=np.concatenate([*said, say(adjudicators, third)]),
        clusters=task,
        truth=np.full(size, -1),
        crowd=crowd,
    )
    return votes, Skills(sensitivity=sensitivity, specificity=specificity, prevalence=ACCEPTABLE)


def miss(fit: Fit, true: Skills) -> NDArray[np.float64]:
    """How far each estimate of somebody who labels is from the truth."""
    pairs = (fit.skills.sensitivity, true.sensitivity), (fit.skills.specificity, true.specificity)
    return np.concatenate([np.abs(found - wanted)[:PEOPLE] for found, wanted in pairs])


def cover(fit: Fit, true: Skills) -> NDArray[np.bool_]:
    """Whether each interval of somebody who labels covers the truth; empty where there are none."""
    if fit.sensitivity_bounds is None or fit.specificity_bounds is None:
        return np.empty(0, dtype=np.bool_)
    pairs = (fit.sensitivity_bounds, true.sensitivity), (fit.specificity_bounds, true.specificity)
    return np.concatenate([((bounds[:, 0] <= wanted) & (wanted <= bounds[:, 1]))[:PEOPLE] for bounds, wanted in pairs])


def measure(scene: Scene, seeds: int) -> dict[str, object]:
    """The mean absolute error and the share of covering intervals over projects of one scene."""
    began = time.monotonic()
    errors, covered = [], []
    for seed in range(seeds):
        votes, true = make_votes(scene, seed)
        fit = estimate_skills(votes, seed)
        errors.append(miss(fit, true))
        covered.append(cover(fit, true))
    hits = np.concatenate(covered)
    return {
        "scene": scene.name,
        "mean_absolute_error": round(float(np.mean(errors)), 4),
        "worst_project": round(float(np.mean(errors, axis=1).max()), 4),
        "covered_percent": round(100 * float(hits.mean()), 1) if len(hits) else None,
        "intervals": len(hits),
        "seconds_each": round((time.monotonic() - began) / seeds, 2),
    }


def main() -> None:
    """Read the command line, make the projects up and print what was found of each scene."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    options = parser.parse_args()
    for scene in SCENES:
        print(json.dumps(measure(scene, options.seeds)), flush=True)
    print(json.dumps({"seeds": options.seeds, "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

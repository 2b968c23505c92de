"""How often the 95 % intervals of what is told of people cover the true value: whole projects made up, with people of known skill.

    python -m benchmarks.people_coverage [--seeds 200] [--candidates 33000]

The projects of benchmarks/coverage.py, worked through in sessions of 150 answers a day. Nine of ten disputes are decided by a third
person, who errs too; each person also answers 300 gold, and 2 % of their own candidates again, and skips 3 %. Times are lognormal, those of
a task share a factor, and late in a session answers take 90 % of the time. The true value is that of a population of 100 times as many
candidates, those told week by week have that of all weeks. No database is used.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import django
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from benchmarks.coverage import CANDIDATES, PEOPLE, TASKS, Answered, answer_project, odds  # noqa: E402
from labeling.models import Purpose  # noqa: E402
from labeling.quality.evidence import UNDECIDED, Evidence  # noqa: E402
from labeling.quality.labels import NO_GOLD, PURPOSES, Labels, pair_labels  # noqa: E402
from labeling.quality.pairs import Pairs  # noqa: E402
from labeling.quality.people import tell_active, tell_figures, tell_weeks  # noqa: E402
from labeling.quality.person_ratios import make_ratios  # noqa: E402
from labeling.quality.sessions import find_early_and_late, find_fast  # noqa: E402
from labeling.ratios import Ratio, add_columns, draw_ratios  # noqa: E402

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Figures = dict[str, Any]

DECIDED, REPEATED, SKIPPED, GOLD, CATEGORIES = 0.9, 0.02, 0.03, 300, 6
BEGAN, DAY, SESSION, EVERY = 1_767_600_000, 86_400, 150, 30
SECONDS, LATE, BETWEEN_TASKS, WITHIN_TASKS = 10.0, 0.9, 0.4, 0.7
POPULATION_PIECES, PIECE = 10, 10


def make_evidence(candidates: int, seed: int) -> Evidence:
    """What the figures of people rest on, in one project."""
    random = np.random.default_rng((20261127, seed))
    count = round(candidates * TASKS / CANDIDATES)
    project = answer_project(candidates, count, random)
    labels = clock(draw_labels(project, random), count, random)
    pairs = pair_labels(labels)
    pairs = Pairs(**vars(pairs) | {"tasks": labels.tasks[pairs.guidelines[:, 0]]})
    early, late = find_early_and_late(labels)
    fast, paced = find_fast(labels)
    return Evidence(
        labels=labels,
        pairs=pairs,
        decided=decide(project, pairs, random),
        work=labels,
        early=early,
        late=late,
        fast=fast,
        paced=paced,
        skips={person: labels.tasks[(labels.people == person) & (random.random(len(labels)) < SKIPPED)] for person in range(PEOPLE)},
        tasks=np.arange(count),
    )


def draw_labels(project: Answered, random: np.random.Generator) -> Labels:
    """The primary answers, then those to gold, then those given again; without times."""
    size = len(project.tasks)
    numbers, seats = np.repeat(np.arange(size), 2), np.tile([1, 2], size)
    again = random.random(2 * size) < REPEATED
    gold, golden = np.arange(PEOPLE * GOLD), random.integers(size, size=PEOPLE * GOLD)
    candidates = np.concatenate([numbers, golden, numbers[again]])
    people = np.concatenate([project.people.reshape(-1), gold % PEOPLE, project.people.reshape(-1)[again]])
    said = answer(project, candidates, people, random)
    said[: 2 * size] = project.accepts.reshape(-1)
    purposes = np.repeat([PURPOSES.index(p) for p in (Purpose.PRIMARY, Purpose.GOLD, Purpose.REPEAT)], [2 * size, len(gold), again.sum()])
    right = np.where(purposes == PURPOSES.index(Purpose.GOLD), project.is_acceptable[candidates], NO_GOLD)
    nothing, everywhere = np.zeros(len(candidates), dtype=np.int64), np.ones(len(candidates), dtype=np.bool_)
    return Labels(
        assignments=np.arange(len(candidates)),
        candidates=candidates,
        rounds=nothing + 1,
        seats=np.concatenate([seats, nothing[2 * size :]]),
        people=people,
        purposes=purposes,
        at=nothing,
        active_ms=nothing,
        accepts=said,
        blind=everywhere,
        is_present=everywhere,
        gold=right,
        tasks=project.tasks[candidates],
        categories=project.tasks[candidates] % CATEGORIES,
        closed=everywhere,
        waits=~everywhere,
    )


def answer(project: Answered, candidates: Ints, people: Ints, random: np.random.Generator) -> Bools:
    """What these people say about these candidates."""
    is_acceptable = project.is_acceptable[candidates]
    skills = project.skills[is_acceptable.astype(int), people] + project.harder[project.tasks[candidates]]
    said: Bools = is_acceptable == (random.random(len(candidates)) < odds(skills))
    return said


def clock(labels: Labels, tasks: int, random: np.random.Generator) -> Labels:
    """The same with when each answer was given and how long it took: everybody works through theirs in random order."""
    at = np.zeros(len(labels), dtype=np.int64)
    for person in range(PEOPLE):
        mine = np.flatnonzero(labels.people == person)
        place = random.permutation(len(mine))
        at[mine] = BEGAN + place // SESSION * DAY + place % SESSION * EVERY
    timed = Labels(**vars(labels) | {"at": at})
    _early, late = find_early_and_late(timed)
    spread = random.normal(0, BETWEEN_TASKS, tasks)[labels.tasks] + random.normal(0, WITHIN_TASKS, len(labels))
    seconds = SECONDS * np.where(late, LATE, 1) * np.exp(spread)
    return Labels(**vars(timed) | {"active_ms": (1000 * seconds).astype(np.int64)})


def decide(project: Answered, pairs: Pairs, random: np.random.Generator) -> Ints:
    """What a third person decides of each pair that differs, where one has."""
    first, second = pairs.people.T
    third = (second + 1) % PEOPLE
    third = np.where(third == first, (first + 1) % PEOPLE, third)
    said = answer(project, pairs.candidates, third, random)
    return np.where(~pairs.are_equal & (random.random(len(pairs)) < DECIDED), said, UNDECIDED)


def measure(evidence: Evidence, seed: int) -> list[Figures]:
    """The figures of each person, those of the weeks among them."""
    ratios = [make_ratios(evidence, person) for person in range(PEOPLE)]
    found = []
    drawn = draw_ratios([add_columns(mine) for mine in ratios], len(evidence.tasks), seed)
    for person, (mine, draws) in enumerate(zip(ratios, drawn, strict=True)):
        named = dict(zip(mine, draws.T, strict=True))
        found.append({**tell_figures(mine, named), "active": tell_active(evidence, person, seed), "weeks": tell_weeks(mine, named)})
    return found


def true_figures(candidates: int) -> list[Figures]:
    """The figures of each person in the population, without intervals."""
    parts: list[dict[str, list[Ratio]]] = [defaultdict(list) for _person in range(PEOPLE)]
    medians: list[list[float]] = [[] for _person in range(PEOPLE)]
    for piece in range(POPULATION_PIECES):
        evidence = make_evidence(PIECE * candidates, 10**6 + piece)
        for person in range(PEOPLE):
            for name, ratio in make_ratios(evidence, person).items():
                parts[person][name].append(ratio)
            medians[person].append(float(np.median(evidence.work.active_ms[evidence.work.people == person]) / 1000))
    return [tell_truth(mine, float(np.mean(median))) for mine, median in zip(parts, medians, strict=True)]


def tell_truth(parts: Mapping[str, Sequence[Ratio]], median: float) -> Figures:
    """The figures of one person from the ratios of all pieces."""
    ratios = {name: join(each) for name, each in parts.items() if not name.startswith("week ")}
    return {**tell_figures(ratios, {name: np.full(1, np.nan) for name in ratios}), "active": {"value": [median]}}


def join(ratios: Sequence[Ratio]) -> Ratio:
    """One quotient of the items of all."""
    above, below = (np.concatenate([getattr(ratio, name) for ratio in ratios]) for name in ("above", "below"))
    return Ratio(clusters=np.arange(len(above)), above=above, below=below, is_share=ratios[0].is_share)


def count_covering(found: Figures, true: Figures, tally: dict[str, list[bool]]) -> None:
    """Add to the tally whether each interval covers; a figure that is withheld or has no interval adds nothing."""
    told = [(name, figure, true[name]) for name, figure in found.items() if name != "weeks"]
    told += [(f"{name} of a week", week[name], true[name]) for week in found["weeks"] for name in week if name != "week"]
    for name, figure, right in told:
        _value, low, high = figure.get("value", (None, None, None))
        if low is not None and high is not None:
            tally[name].append(low <= right["value"][0] <= high)


def main() -> None:
    """Read the command line, make the projects up and print the share of intervals that cover."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=CANDIDATES)
    options = parser.parse_args()
    true, began = true_figures(options.candidates), time.monotonic()
    tally: dict[str, list[bool]] = defaultdict(list)
    for seed in range(options.seeds):
        for found, right in zip(measure(make_evidence(options.candidates, seed), seed), true, strict=True):
            count_covering(found, right, tally)
    seconds = (time.monotonic() - began) / options.seeds
    for name, covers in tally.items():
        print(json.dumps({"figure": name, "intervals": len(covers), "covered_percent": round(100 * float(np.mean(covers)), 1)}))
    print(json.dumps({"seeds": options.seeds, "seconds_each": round(seconds, 2), "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

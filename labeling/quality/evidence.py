"""What the figures of people rest on: for a lead everything, for the people themselves only what nothing open can be told from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from labeling.models import Project, Purpose, Skip, Task
from labeling.models.assignment import LABELLING
from labeling.quality.cutoff import find_closed_days
from labeling.quality.labels import CLOSED_AFTER, Labels, pair_labels, read_adjudicated
from labeling.quality.pairs import Pairs
from labeling.quality.sessions import find_early_and_late, find_fast

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Of gold and repeats people see figures in steps of so many, once a week: one more could be told from the card answered before.
CHECKS_STEP = 10
UNDECIDED = -1


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Labels and pairs to judge by, and all work by which pace and haste are measured.

    `labels` are what people said, `pairs` the blind ones among them (the places of their labels stand in `guidelines`), `decided` of shape
    (pairs,) what an adjudication of the pair came to, 1, 0 or `UNDECIDED`. `work` are the labels that count as work, with `early`, `late`,
    `fast` and `paced` (whether haste can be told) of shape (work,). `skips` holds the tasks of what each person skipped. `tasks` are all
    tasks of the project, the clusters by place, whoever worked on them: draws must not change with what others do meanwhile. `is_held_up`
    says that pairs are left out because an older one waits.
    """

    labels: Labels
    pairs: Pairs
    decided: Ints
    work: Labels
    early: Bools
    late: Bools
    fast: Bools
    paced: Bools
    skips: Mapping[int, Ints]
    tasks: Ints
    is_held_up: bool = False

    @property
    def people(self) -> list[int]:
        """Everybody of whom there is anything to tell."""
        return sorted({*np.unique(self.labels.people).tolist(), *np.unique(self.work.people).tolist(), *self.skips})

    def clusters(self, tasks: Ints) -> Ints:
        """The places of these tasks."""
        found: Ints = np.searchsorted(self.tasks, tasks)
        return found


def gather(project: Project, labels: Labels, now: datetime) -> Evidence:
    """Everything there is."""
    return make_evidence(project, labels, labels.those(labels.are(*LABELLING)), now)


def gather_closed(project: Project, labels: Labels, now: datetime) -> Evidence:
    """What people may see of themselves.

    Answers to candidates closed for a day, of days of which nothing waits; gold and repeats up to a week's end, in steps. Work and skips
    are people's own, whatever became of the candidates: those of the last day are left out too, so that nothing changes with a card
    just answered.
    """
    before = int((now - CLOSED_AFTER).timestamp())
    is_check, is_old = labels.are(Purpose.GOLD, Purpose.REPEAT), labels.at <= before
    is_counted = is_check & (labels.at < find_checks_end(now)) & (labels.blind | labels.are(Purpose.REPEAT))
    is_closed, is_held_up = find_closed_days(labels, now)
    shown = np.where(is_check, are_in_full_steps(labels, is_counted), is_closed)
    found = make_evidence(project, labels.those(shown), labels.those(labels.are(*LABELLING) & is_old), now - CLOSED_AFTER)
    return replace(found, is_held_up=is_held_up)


def find_checks_end(now: datetime) -> float:
    """The second before which gold and repeats count: a day before the Monday of this week began, so that it moves once a week."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - timedelta(days=midnight.weekday()) - CLOSED_AFTER).timestamp()


def are_in_full_steps(labels: Labels, chosen: Bools) -> Bools:
    """Which of the chosen labels are among the first 10, 20, … of their author and purpose, oldest first."""
    found = np.zeros(len(labels), dtype=np.bool_)
    for person in np.unique(labels.people[chosen]).tolist():
        for purpose in (Purpose.GOLD, Purpose.REPEAT):
            mine = np.flatnonzero(chosen & (labels.people == person) & labels.are(purpose))
            mine = mine[np.lexsort((labels.assignments[mine], labels.at[mine]))]
            found[mine[: len(mine) // CHECKS_STEP * CHECKS_STEP]] = True
    return found


def make_evidence(project: Project, labels: Labels, work: Labels, until: datetime) -> Evidence:
    """Evidence of these labels, this work, and what was skipped until then."""
    pairs = pair_labels(labels)
    pairs = pairs.those(pairs.are_blind)
    places = pairs.guidelines[:, 0]
    early, late = find_early_and_late(work)
    fast, paced = find_fast(work)
    tasks = np.array(list(Task.objects.filter(project=project).order_by("pk").values_list("pk", flat=True)), dtype=np.int64)
    pairs = Pairs(**vars(pairs) | {"tasks": labels.tasks[places]})
    decided = find_decided(labels, pairs)
    return Evidence(
        labels=labels,
        pairs=pairs,
        decided=decided,
        work=work,
        early=early,
        late=late,
        fast=fast,
        paced=paced,
        skips=read_skips(project, until),
        tasks=tasks,
    )


def find_decided(labels: Labels, pairs: Pairs) -> Ints:
    """What an adjudication in the round of each pair came to."""
    decided = np.full(len(pairs), UNDECIDED, dtype=np.int64)
    different = np.flatnonzero(~pairs.are_equal)
    found = read_adjudicated(pairs.candidates[different])
    rounds = labels.rounds[pairs.guidelines[:, 0]]
    for place in different.tolist():
        number, accepts = found.get(int(pairs.candidates[place]), (0, False))
        if number == rounds[place]:
            decided[place] = accepts
    return decided


def read_skips(project: Project, until: datetime) -> dict[int, Ints]:
    """The tasks of what each person skipped while labelling, by person."""
    rows: Any = Skip.objects.filter(assignment__project=project, assignment__purpose__in=LABELLING, created_at__lte=until).order_by("pk")
    found: dict[int, list[int]] = {}
    for person, task in rows.values_list("person_id", "candidate__bundle__task_id"):
        found.setdefault(person, []).append(task)
    return {person: np.array(tasks, dtype=np.int64) for person, tasks in found.items()}

"""Answers to gold by what their authors had seen of a suggestion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from labeling.among import Ids
from labeling.assistance import GoldTallies, tally_gold
from labeling.models import Arm, Assignment, Gold, Policy, Project, Purpose, Status, Suggestion
from labeling.quality.drawn import as_number, read_rows, say

# The arm in which an answer to gold stands on the assisted side of a comparison.
ARMS = {Policy.MEASURED: Arm.ASSISTED, Policy.ALL: Arm.BOTH, Policy.REVEAL: Arm.REVEAL}


@dataclass(frozen=True, kw_only=True)
class GoldAnswer:
    """One answer to gold: whether it was wrong before a suggestion could be seen (None: nothing was said by then) and in the end.

    `versions` are those that had said something about the image when it was given out; of an arm that is not blind, the one shown.
    """

    task: int
    arm: str
    versions: frozenset[str]
    first_wrong: bool | None
    last_wrong: bool


def read_gold(project: Project) -> list[GoldAnswer]:
    """The project's answers to gold."""
    rows = Assignment.objects.filter(project=project, purpose=Purpose.GOLD, status=Status.SUBMITTED).order_by("pk")
    columns = ("pk", "candidate_id", "image_id", "arm", "suggestion__model_version", "leased_at", "candidate__bundle__task_id")
    found = list(rows.values_list(*columns))
    said, known = read_rows([pk for pk, *_rest in found]), read_known(project)
    suggested = read_suggested([candidate for _pk, candidate, *_rest in found])
    answers = []
    for pk, candidate, image, arm, version, leased_at, task in found:
        seat, right = say(said[pk]) if pk in said else None, known.get((candidate, image))
        if seat is None or right is None:
            continue
        before = {name for name, at in suggested[candidate, image] if at <= leased_at}
        versions = frozenset({version}) if version else frozenset(before)
        first = None if np.isnan(seat.first) else seat.first != right
        answers.append(GoldAnswer(task=task, arm=arm, versions=versions, first_wrong=first, last_wrong=seat.last != right))
    return answers


def read_known(project: Project) -> dict[tuple[int, int], float]:
    """The right answers as they were last put down, by candidate and image; 1 for accept."""
    rows = Gold.objects.filter(project=project).order_by("pk").values_list("candidate_id", "image_id", "verdict")
    return {(candidate, image): as_number(verdict) for candidate, image, verdict in rows}


def read_suggested(candidates: Sequence[int]) -> dict[tuple[int, int], list[tuple[str, datetime]]]:
    """Which versions said something about the images of these candidates, and since when."""
    found: dict[tuple[int, int], list[tuple[str, datetime]]] = defaultdict(list)
    rows = Suggestion.objects.filter(candidate__among=Ids(candidates)).order_by()
    for candidate, image, version, at in rows.values_list("candidate_id", "image_id", "model_version", "created_at"):
        found[candidate, image].append((version, at))
    return found


def compare_gold(answers: Sequence[GoldAnswer], version: str, policy: str) -> GoldTallies:
    """The answers of both sides under a policy: assisted ones against blind ones, or last ones against first ones after a reveal."""
    arm = ARMS[Policy(policy)]
    told = [answer for answer in answers if version in answer.versions]
    assisted = [(answer.task, True, answer.last_wrong, False) for answer in told if answer.arm == arm]
    blind = [(answer.task, False, answer.last_wrong, False) for answer in told if answer.arm == Arm.BLIND]
    if policy == Policy.REVEAL:
        both = [answer for answer in told if answer.arm == arm and answer.first_wrong is not None]
        assisted = [(answer.task, True, answer.last_wrong, answer.last_wrong != answer.first_wrong) for answer in both]
        blind = [(answer.task, False, bool(answer.first_wrong), False) for answer in both]
    rows = np.array([*assisted, *blind], dtype=np.int64).reshape(-1, 4)
    is_assisted, is_wrong, has_moved = rows[:, 1:].astype(np.bool_).T
    return tally_gold(rows[:, 0], is_assisted, is_wrong, has_moved)

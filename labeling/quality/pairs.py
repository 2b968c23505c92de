"""The pairs of independent answers that agreement is computed from, as arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Max, Min
from django.utils import timezone
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.blind_answer import find_blind_answer
from labeling.models import Answer, Assignment, Candidate, Project, Verdict

Ints = NDArray[np.int64]

# Row ids looked at by one statement, so that none takes long.
WINDOW = 20_000
# Of what one seat says: what `read_seats` yields, in this order.
CANDIDATE, SEAT, PERSON, ACCEPTS, BLIND, GUIDELINE, DAY = range(7)


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Candidates whose two primary answers of the first round stand, one entry each in all arrays of shape (n,) or (n, 2).

    The columns of `accepts`, `blind`, `people` and `guidelines` are the seats 1 and 2. Guidelines are version numbers, 0 where none had
    been read. `days` is the day on which the second answer came, as a proleptic ordinal in the site's time zone.
    """

    candidates: Ints
    tasks: Ints
    generators: Ints
    accepts: NDArray[np.bool_]
    blind: NDArray[np.bool_]
    people: Ints
    guidelines: Ints
    days: Ints

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def are_equal(self) -> NDArray[np.bool_]:
        """Whether both said the same."""
        return np.equal(self.accepts[:, 0], self.accepts[:, 1])

    @property
    def are_blind(self) -> NDArray[np.bool_]:
        """Whether neither had seen a suggestion: these are what the headline counts."""
        return np.logical_and(self.blind[:, 0], self.blind[:, 1])

    @property
    def labels(self) -> NDArray[np.float64]:
        """The answers as `labeling.agreement` takes them: 1 for accept, 0 for reject."""
        return self.accepts.astype(np.float64)

    def those(self, chosen: NDArray[Any]) -> Pairs:
        """Some of the pairs, by a mask or by their places."""
        return Pairs(**{name: values[chosen] for name, values in vars(self).items()})


def read_pairs(project: Project) -> Pairs:
    """Every pair of the project, blind or not, by candidate.

    The answer that counts is the last one before a suggestion was seen; where one had been seen from the start, the last one. Gold,
    repeats, audits, adjudications, surplus and void answers are no primaries that stand, and answers of later rounds are no first ones.
    """
    seats = np.concatenate([np.empty((0, 7), dtype=np.int64), *read_seats(project)])
    seats = seats[np.lexsort((seats[:, SEAT], seats[:, CANDIDATE]))]
    first = np.flatnonzero(seats[:-1, CANDIDATE] == seats[1:, CANDIDATE])
    both = np.stack([seats[first], seats[first + 1]], axis=1)
    candidates = both[:, 0, CANDIDATE]
    tasks, generators = read_places(candidates)
    return Pairs(
        candidates=candidates,
        tasks=tasks,
        generators=generators,
        accepts=both[:, :, ACCEPTS].astype(np.bool_),
        blind=both[:, :, BLIND].astype(np.bool_),
        people=both[:, :, PERSON],
        guidelines=both[:, :, GUIDELINE],
        days=both[:, :, DAY].max(axis=1, initial=0),
    )


def read_seats(project: Project) -> Iterator[Ints]:
    """What each standing primary answer of the first round says, as arrays of shape (m, 7)."""
    rows = Assignment.objects.first_primaries().filter(project=project)
    ends = rows.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    for start in range((ends["first"] or 0) - 1, ends["last"] or -1, WINDOW):
        here = rows.filter(pk__gt=start, pk__lte=start + WINDOW).order_by("pk")
        found = here.values("pk", "candidate_id", "seat", "person_id", "submitted_at")
        answers = read_answers(start)
        if seats := [make_seat(row, answers[row["pk"]]) for row in found]:
            yield np.array(seats, dtype=np.int64)


def read_answers(start: int) -> dict[int, list[Mapping[str, Any]]]:
    """The answers of the assignments of one window, oldest first, by assignment."""
    found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    rows = Answer.objects.filter(assignment_id__gt=start, assignment_id__lte=start + WINDOW).order_by("assignment_id", "number")
    for row in rows.values("assignment_id", "kind", "verdict", "exposure", "guideline__number"):
        found[row["assignment_id"]].append(row)
    return found


def make_seat(row: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """One row of `read_seats`, given an assignment and its answers."""
    blind = find_blind_answer(answers)
    answer = blind or answers[-1]
    said = answer["verdict"] == Verdict.ACCEPT, blind is not None, answer["guideline__number"] or 0
    return row["candidate_id"], row["seat"], row["person_id"], *said, timezone.localdate(row["submitted_at"]).toordinal()


def read_places(candidates: Ints) -> tuple[Ints, Ints]:
    """The tasks and the generators of these candidates."""
    places: dict[int, tuple[int, int]] = {}
    for start in range(0, len(candidates), WINDOW):
        ids = Ids(candidates[start : start + WINDOW].tolist())
        rows = Candidate.objects.filter(pk__among=ids).order_by().values_list("pk", "bundle__task_id", "bundle__generator_id")
        places.update((pk, (task, generator)) for pk, task, generator in rows)
    both = np.array([places[pk] for pk in candidates.tolist()], dtype=np.int64).reshape(len(candidates), 2)
    return both[:, 0], both[:, 1]

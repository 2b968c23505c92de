"""The pairs of independent answers that agreement is computed from, as arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Max, Min
from django.utils import timezone
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.blind_answer import find_blind_answer
from labeling.models import Answer, Assignment, Candidate, Guideline, Project, Verdict
from labeling.models.assignment import AssignmentQuerySet
from labeling.moment import Moment

Ints = NDArray[np.int64]

# Row ids looked at by one statement, so that none takes long.
WINDOW = 20_000
# What one seat says: the columns of what `read_seats` gives.
CANDIDATE, ROUND, SEAT, PERSON, ACCEPTS, BLIND, GUIDELINE, DAY = range(8)


class Said(NamedTuple):
    """One answer, as `labeling.blind_answer` reads it; `guideline` is a version number, 0 for none."""

    kind: str
    verdict: str | None
    exposure: str
    guideline: int


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Candidates with two standing primary answers, one entry each in all arrays of shape (n,) or (n, 2).

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

    def with_first(self, person: int) -> Pairs:
        """The same with this person's answers in the first column; all pairs have to be theirs. Seats are drawn, people are not."""
        order = np.where(self.people[:, :1] == person, [0, 1], [1, 0])
        by_seat = "accepts", "blind", "people", "guidelines"
        return Pairs(**vars(self) | {name: np.take_along_axis(getattr(self, name), order, axis=1) for name in by_seat})


def read_pairs(project: Project) -> Pairs:
    """Every pair of the project, blind or not, by candidate.

    Of each candidate the pair of the earliest round that has one counts, if it is about the image the candidate has now. So reopening
    a candidate changes nothing, and where an answer was voided or an image replaced the next two answers are what is left to count.
    The answer of a person that counts is the last one before a suggestion was seen; where one had been seen from the start, the
    last one. Gold, repeats, audits, adjudications, surplus and void answers are no primaries that stand.
    """
    rows = Assignment.objects.primaries().filter(project=project)
    ends = rows.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    starts = range((ends["first"] or 0) - 1, ends["last"] or -1, WINDOW)
    pairs = pair_up([read_seats(rows.filter(pk__gt=start, pk__lte=start + WINDOW)) for start in starts])
    tasks, generators = read_places(pairs.candidates)
    return replace(pairs, tasks=tasks, generators=generators)


def read_pairs_of(candidates: Sequence[int]) -> Pairs:
    """The pairs of these candidates, by the same rules, without their tasks and generators (0)."""
    parts = [Ids(candidates[start : start + WINDOW]) for start in range(0, len(candidates), WINDOW)]
    return pair_up([read_seats(Assignment.objects.primaries().filter(candidate__among=ids)) for ids in parts])


def pair_up(parts: Sequence[Ints]) -> Pairs:
    """The pairs of the seats in `parts`; tasks and generators are left 0."""
    seats = np.concatenate([np.empty((0, 8), dtype=np.int64), *parts])
    seats = seats[np.lexsort((seats[:, SEAT], seats[:, ROUND], seats[:, CANDIDATE]))]
    first = np.flatnonzero((seats[:-1, CANDIDATE] == seats[1:, CANDIDATE]) & (seats[:-1, ROUND] == seats[1:, ROUND]))
    # The earliest of each candidate's pairs comes first.
    _candidates, earliest = np.unique(seats[first, CANDIDATE], return_index=True)
    first = first[earliest]
    both = np.stack([seats[first], seats[first + 1]], axis=1)
    return Pairs(
        candidates=both[:, 0, CANDIDATE],
        tasks=np.zeros(len(both), dtype=np.int64),
        generators=np.zeros(len(both), dtype=np.int64),
        accepts=both[:, :, ACCEPTS].astype(np.bool_),
        blind=both[:, :, BLIND].astype(np.bool_),
        people=both[:, :, PERSON],
        guidelines=both[:, :, GUIDELINE],
        days=both[:, :, DAY].max(axis=1, initial=0),
    )


def read_seats(rows: AssignmentQuerySet) -> Ints:
    """What each of these assignments says, as an array of shape (m, 8), without those about another image than their candidate has now."""
    columns = "pk", "candidate_id", "round", "seat", "person_id", Moment("submitted_at"), "image_id", "candidate__image_id"
    # Compared here: as part of the join it led SQLite from each candidate to all answers about the same image, wherever one is used often.
    present = [row[:6] for row in rows.order_by().values_list(*columns) if row[6] == row[7]]
    # Read before their answers: each has one by then. Whoever takes theirs back in between says nothing.
    answers = read_answers([pk for pk, *_rest in present])
    zone = timezone.get_current_timezone()
    seats = []
    for pk, candidate, number, seat, person, submitted_at in present:
        said = find_said(answers.get(pk, ()))
        if said is not None and submitted_at is not None:
            seats.append((candidate, number, seat, person, *said, submitted_at.astimezone(zone).toordinal()))
    return np.array(seats, dtype=np.int64).reshape(-1, 8)


def find_said(answers: Sequence[Said]) -> tuple[bool, bool, int] | None:
    """Whether the answer that counts accepts, whether it is blind, and the guideline its author had read; None if nothing is said."""
    # Most people answer once.
    if len(answers) == 1 and answers[0].verdict is not None:
        return answers[0].verdict == Verdict.ACCEPT, answers[0].exposure == Answer.Exposure.NONE, answers[0].guideline
    blind = find_blind_answer(answer._asdict() for answer in answers)
    counted = blind or (answers[-1]._asdict() if answers else {"verdict": None})
    return None if counted["verdict"] is None else (counted["verdict"] == Verdict.ACCEPT, blind is not None, counted["guideline"])


def read_answers(assignments: Sequence[int]) -> dict[int, list[Said]]:
    """The answers of these assignments, oldest first, by assignment."""
    found: dict[int, list[Said]] = defaultdict(list)
    answers = Answer.objects.filter(assignment__among=Ids(assignments)).order_by("assignment_id", "number")
    rows = list(answers.values_list("assignment_id", "kind", "verdict", "exposure", "guideline_id"))
    # Read after the answers, so that one published meanwhile is among them.
    numbers: dict[int | None, int] = {None: 0, **dict(Guideline.objects.order_by().values_list("pk", "number"))}
    for assignment, kind, verdict, exposure, guideline in rows:
        found[assignment].append(Said(kind, verdict, exposure, numbers[guideline]))
    return found


def read_places(candidates: Ints) -> tuple[Ints, Ints]:
    """The tasks and the generators of these candidates."""
    places: dict[int, tuple[int, int]] = {}
    for start in range(0, len(candidates), WINDOW):
        ids = Ids(candidates[start : start + WINDOW].tolist())
        rows = Candidate.objects.filter(pk__among=ids).order_by().values_list("pk", "bundle__task_id", "bundle__generator_id")
        places.update((pk, (task, generator)) for pk, task, generator in rows)
    both = np.array([places[pk] for pk in candidates.tolist()], dtype=np.int64).reshape(len(candidates), 2)
    return both[:, 0], both[:, 1]

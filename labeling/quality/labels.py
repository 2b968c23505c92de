"""Everything that people answered in a project, as arrays: what the figures of a person are computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Max, Min, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.models import Answer, Assignment, Candidate, Category, Decision, Gold, Project, Purpose, State, Status, Verdict
from labeling.moment import Moment
from labeling.quality.pairs import ACCEPTS, BLIND, CANDIDATE, DAY, GUIDELINE, PERSON, ROUND, SEAT, WINDOW, Pairs, Said, find_said, pair_up

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PURPOSES = [purpose.value for purpose in Purpose]
# Of a candidate that has been settled for so long nothing is open any more that a figure could tell.
CLOSED_AFTER = timedelta(days=1)
UNMEASURED = -1
NO_DECISION, NO_GOLD = -1, -1


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Standing answers, one entry each in all arrays of shape (n,), by assignment.

    `purposes` are places in `PURPOSES`, `at` seconds since 1970, `active_ms` that of the first answer or `UNMEASURED`, `accepts` and
    `blind` as `find_said` tells them, `is_present` whether it was about the image that the candidate has now, `gold` 1 or 0 for the right
    answer of a gold or `NO_GOLD`. `tasks`, `categories`, `closed` (whether settled for `CLOSED_AFTER`) and `waits` (whether it is to become
    so: it is neither closed nor out of the queue) are the candidate's.
    """

    assignments: Ints
    candidates: Ints
    rounds: Ints
    seats: Ints
    people: Ints
    purposes: Ints
    at: Ints
    active_ms: Ints
    accepts: Bools
    blind: Bools
    is_present: Bools
    gold: Ints
    tasks: Ints
    categories: Ints
    closed: Bools
    waits: Bools

    def __len__(self) -> int:
        return len(self.assignments)

    def those(self, chosen: NDArray[Any]) -> Labels:
        """Some of the labels, by a mask or by their places."""
        return Labels(**{name: values[chosen] for name, values in vars(self).items()})

    def are(self, *purposes: str) -> Bools:
        """Which of the labels have one of these purposes."""
        found: Bools = np.isin(self.purposes, [PURPOSES.index(purpose) for purpose in purposes])
        return found


def read_labels(project: Project, now: datetime) -> Labels:
    """Every standing answer of the project, of any purpose and round."""
    rows = Assignment.objects.filter(project=project, status=Status.SUBMITTED)
    ends = rows.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    starts = range((ends["first"] or 0) - 1, ends["last"] or -1, WINDOW)
    return put_together([read_rows(rows.filter(pk__gt=start, pk__lte=start + WINDOW)) for start in starts], now)


def read_labels_of(candidate: Candidate, now: datetime) -> Labels:
    """Every standing answer to one candidate."""
    return put_together([read_rows(Assignment.objects.filter(candidate=candidate, status=Status.SUBMITTED))], now)


# The columns of what `read_rows` gives.
COLUMNS = ("assignments", "candidates", "rounds", "seats", "people", "purposes", "at", "active_ms", "accepts", "blind", "images")


def read_rows(rows: QuerySet[Assignment]) -> Ints:
    """What each of these assignments says, as an array of shape (m, 11)."""
    columns = "pk", "candidate_id", "round", "seat", "person_id", "purpose", Moment("submitted_at"), "image_id"
    found = list(rows.order_by().values_list(*columns))
    # Read before their answers: each has one by then. Whoever takes theirs back in between says nothing.
    answers, active = read_said([row[0] for row in found])
    lines = []
    for pk, candidate, number, seat, person, purpose, submitted_at, image in found:
        said = find_said(answers.get(pk, ()))
        if said is not None and submitted_at is not None:
            at = int(submitted_at.timestamp())
            line = (pk, candidate, number, seat or 0, person, PURPOSES.index(purpose), at, active[pk], said[0], said[1], image)
            lines.append(line)
    return np.array(lines, dtype=np.int64).reshape(-1, len(COLUMNS))


def read_said(assignments: Sequence[int]) -> tuple[dict[int, list[Said]], dict[int, int]]:
    """What was said about these assignments before any reveal, oldest first, and how long the first answer took."""
    said: dict[int, list[Said]] = defaultdict(list)
    active: dict[int, int] = {}
    rows = Answer.objects.filter(assignment__among=Ids(assignments)).order_by("assignment_id", "number")
    for assignment, kind, verdict, exposure, active_ms in rows.values_list("assignment_id", "kind", "verdict", "exposure", "active_ms"):
        # Whoever decides between two has read both answers by the time they confirm.
        if kind in (Answer.Kind.CONFIRM, Answer.Kind.REVISE) and exposure == Answer.Exposure.NONE:
            continue
        said[assignment].append(Said(kind, verdict, exposure, 0))
        if kind == Answer.Kind.FIRST:
            active[assignment] = UNMEASURED if active_ms is None else active_ms
    return said, defaultdict(lambda: UNMEASURED, active)


def put_together(parts: Sequence[Ints], now: datetime) -> Labels:
    """The labels of all windows, with what is known of their candidates."""
    rows = np.concatenate([np.empty((0, len(COLUMNS)), dtype=np.int64), *parts])
    table = dict(zip(COLUMNS, rows.T, strict=True))
    candidates, place = np.unique(table["candidates"], return_inverse=True)
    known = read_candidates(candidates.tolist(), now)[place]
    images = table.pop("images")
    is_gold = table["purposes"] == PURPOSES.index(Purpose.GOLD)
    return Labels(
        **{name: values for name, values in table.items() if name not in ("accepts", "blind")},
        accepts=table["accepts"].astype(np.bool_),
        blind=table["blind"].astype(np.bool_),
        is_present=np.equal(known[:, 3], images),
        gold=read_gold(table["candidates"], images, is_gold),
        tasks=known[:, 0],
        categories=known[:, 1],
        closed=known[:, 2].astype(np.bool_),
        waits=known[:, 4].astype(np.bool_),
    )


def read_candidates(candidates: Sequence[int], now: datetime) -> Ints:
    """Of each candidate its task, the code of the category, whether it is closed, its image (0 for none), whether it waits: (n, 5)."""
    codes, before = {category.value: category.code for category in Category}, now - CLOSED_AFTER
    columns = "pk", "bundle__task_id", "bundle__task__category", "state", Moment("state_changed_at"), "image_id"
    found: dict[int, tuple[int, int, bool, int, bool]] = {}
    for ids in windows(candidates):
        for pk, task, category, state, at, image in Candidate.objects.filter(pk__among=ids).order_by().values_list(*columns):
            closed = state == State.SETTLED and at <= before
            waits = state in (State.OPEN, State.DISPUTED, State.SETTLED) and not closed
            found[pk] = (task, codes[category], closed, image or 0, waits)
    return np.array([found[pk] for pk in candidates], dtype=np.int64).reshape(-1, 5)


def read_gold(candidates: Ints, images: Ints, is_gold: Bools) -> Ints:
    """For each answer to a gold 1 or 0, as its right answer accepts or not; `NO_GOLD` for all others."""
    found = np.full(len(candidates), NO_GOLD, dtype=np.int64)
    right: dict[tuple[int, int], bool] = {}
    for ids in windows(np.unique(candidates[is_gold]).tolist()):
        rows = Gold.objects.filter(candidate__among=ids).order_by("pk").values_list("candidate_id", "image_id", "verdict")
        right |= {(candidate, image): verdict == Verdict.ACCEPT for candidate, image, verdict in rows}
    for place in np.flatnonzero(is_gold).tolist():
        found[place] = right.get((int(candidates[place]), int(images[place])), NO_GOLD)
    return found


def read_adjudicated(candidates: Ints) -> dict[int, tuple[int, bool]]:
    """Of the candidates that an adjudication decided: the round of that, and whether it accepts."""
    found: dict[int, tuple[int, bool]] = {}
    for ids in windows(np.unique(candidates).tolist()):
        rows = Decision.objects.current().filter(candidate__among=ids, how=Decision.How.ADJUDICATION)
        found |= {pk: (number, verdict == Verdict.ACCEPT) for pk, number, verdict in rows.values_list("candidate_id", "round", "verdict")}
    return found


def windows(ids: Sequence[int]) -> Iterable[Ids]:
    """Row ids by so many as one statement looks at."""
    return (Ids(ids[start : start + WINDOW]) for start in range(0, len(ids), WINDOW))


def pair_labels(labels: Labels) -> Pairs:
    """The pairs among the labels, by the rules of `labeling.quality.pairs`; the places of their labels stand where versions do there."""
    places = np.flatnonzero(labels.are(Purpose.PRIMARY) & labels.is_present)
    seats = np.zeros((len(places), 8), dtype=np.int64)
    for column, values in ((CANDIDATE, labels.candidates), (ROUND, labels.rounds), (SEAT, labels.seats), (PERSON, labels.people)):
        seats[:, column] = values[places]
    seats[:, ACCEPTS], seats[:, BLIND], seats[:, GUIDELINE], seats[:, DAY] = labels.accepts[places], labels.blind[places], places, 0
    return pair_up([seats])


def find_monday(at: int) -> str:
    """The Monday of the week of a second since 1970, in the site's time zone."""
    day = datetime.fromtimestamp(at, tz=timezone.get_current_timezone()).date()
    return (day - timedelta(days=day.weekday())).isoformat()

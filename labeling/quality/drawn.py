"""The candidates whose seats were drawn to see a suggestion or not, with what was answered, as arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Max, Min, QuerySet
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.assistance import Cases
from labeling.blind_answer import find_blind_answer
from labeling.models import Answer, Assignment, Draw, Policy, Project, Purpose, Status, Verdict
from labeling.quality.pairs import WINDOW

# A control share at which nothing is left to chance: tasks of the models' test side are drawn with it.
ALWAYS = 100
DRAW = (
    "candidate_id",
    "round",
    "policy",
    "control_share",
    "is_control",
    "assisted_seat",
    "suggestion__image_id",
    "suggestion__model_version",
    "suggestion__p_accept",
    "candidate__bundle__task_id",
    "pk",
)


class Row(NamedTuple):
    """One answer, as `labeling.blind_answer` reads it."""

    kind: str
    verdict: str | None
    exposure: str
    active_ms: int | None


class Seat(NamedTuple):
    """What one seat says before the suggestion could be seen (NaN for nothing) and in the end, 1 for accept; `seconds` may be NaN."""

    first: float
    last: float
    exposure: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Candidates with a draw and two answers in its round, one entry each in arrays of shape (n,) or (n, 2); columns as in `Cases`.

    `numbers` are the row ids of the draws: those of later versions are higher.
    """

    candidates: NDArray[np.int64]
    numbers: NDArray[np.int64]
    versions: NDArray[np.str_]
    policies: NDArray[np.str_]
    exposures: NDArray[np.str_]
    seconds: NDArray[np.float64]
    cases: Cases

    def __len__(self) -> int:
        return len(self.candidates)

    def those(self, chosen: NDArray[Any]) -> Drawn:
        """Some of them, by a mask or by their places."""
        own = {name: values[chosen] for name, values in vars(self).items() if name != "cases"}
        return Drawn(cases=Cases(**{name: values[chosen] for name, values in vars(self.cases).items()}), **own)

    @property
    def are_equal(self) -> NDArray[np.bool_]:
        """Whether both answers say the same in the end."""
        return np.equal(self.cases.last[:, 0], self.cases.last[:, 1])


def read_drawn(project: Project) -> Drawn:
    """Every candidate of the project with a draw and two standing answers about the image that the suggestion is about.

    Candidates that are control whatever the draw are left out, but for the policy `all`, under which there are no others to compare with.
    """
    rows = Draw.objects.filter(project=project)
    ends = rows.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    starts = range((ends["first"] or 0) - 1, ends["last"] or -1, WINDOW)
    return put_together([found for start in starts for found in read_some(rows.filter(pk__gt=start, pk__lte=start + WINDOW))])


def read_drawn_of(candidates: Sequence[int]) -> Drawn:
    """`read_drawn` of these candidates alone."""
    starts = range(0, len(candidates), WINDOW)
    parts = (Draw.objects.filter(candidate__among=Ids(candidates[start : start + WINDOW])) for start in starts)
    return put_together([found for rows in parts for found in read_some(rows)])


def read_some(rows: QuerySet[Draw]) -> Iterator[tuple[Any, ...]]:
    """Of each draw with two answers what the columns of `Drawn` hold."""
    draws = [draw for draw in rows.order_by("pk").values_list(*DRAW) if draw[3] < ALWAYS or draw[2] == Policy.ALL]
    candidates = Ids(draw[0] for draw in draws)
    images = {(candidate, number): image for candidate, number, _p, _s, _c, _a, image, *_rest in draws}
    seats, judged = read_seats(candidates, images), read_judged(candidates, images)
    for candidate, number, policy, _share, is_control, assisted, _image, version, probability, task, pk in draws:
        two = [seats.get((candidate, number, seat)) for seat in (1, 2)]
        one, other = two[::-1] if assisted == 2 else two
        if one is None or other is None:
            continue
        said = (one.first, other.first), (one.last, other.last), judged.get((candidate, number), np.nan)
        seen = (one.exposure, other.exposure), (one.seconds, other.seconds)
        yield candidate, pk, version, policy, *seen, task, is_control, probability >= 0.5, *said


def put_together(found: Sequence[tuple[Any, ...]]) -> Drawn:
    """The arrays of what `read_some` found."""
    columns = list(zip(*found, strict=True)) or [()] * 12
    candidates, numbers, versions, policies, exposures, seconds, tasks, control, suggests, first, last, judged = columns

    def two(values: Sequence[Any], kind: Any) -> NDArray[Any]:
        return np.array(values, dtype=kind).reshape(-1, 2)

    return Drawn(
        candidates=np.array(candidates, dtype=np.int64),
        numbers=np.array(numbers, dtype=np.int64),
        versions=np.array(versions, dtype=np.str_),
        policies=np.array(policies, dtype=np.str_),
        exposures=two(exposures, np.str_),
        seconds=two(seconds, np.float64),
        cases=Cases(
            tasks=np.array(tasks, dtype=np.int64),
            control=np.array(control, dtype=np.bool_),
            suggests=np.array(suggests, dtype=np.bool_),
            first=two(first, np.float64),
            last=two(last, np.float64),
            judged=np.array(judged, dtype=np.float64),
        ),
    )


def read_seats(candidates: Ids, images: dict[tuple[int, int], int]) -> dict[tuple[int, int, int], Seat]:
    """What each seat of these candidates says, by candidate, round and seat; `images` are those asked for, by candidate and round."""
    rows = Assignment.objects.primaries().filter(candidate__among=candidates).order_by()
    columns = rows.values_list("pk", "candidate_id", "round", "seat", "image_id")
    places = {pk: (candidate, number, seat) for pk, candidate, number, seat, image in columns if images.get((candidate, number)) == image}
    found: dict[tuple[int, int, int], Seat] = {}
    for pk, answers in read_rows(list(places)).items():
        candidate, number, seat = places[pk]
        said = say(answers)
        if said is not None and seat is not None:
            found[candidate, number, seat] = said
    return found


def read_rows(assignments: Sequence[int]) -> dict[int, list[Row]]:
    """The answers of these assignments, oldest first, by assignment."""
    found: dict[int, list[Row]] = defaultdict(list)
    answers = Answer.objects.filter(assignment__among=Ids(assignments)).order_by("assignment_id", "number")
    for assignment, kind, verdict, exposure, active_ms in answers.values_list("assignment_id", "kind", "verdict", "exposure", "active_ms"):
        found[assignment].append(Row(kind, verdict, exposure, active_ms))
    return found


def say(answers: Sequence[Row]) -> Seat | None:
    """What the answers of an assignment come to; None if the last one was taken back."""
    newest = answers[-1]
    if newest.verdict is None:
        return None
    blind = newest if len(answers) == 1 and newest.exposure == Answer.Exposure.NONE else None
    blind_verdict = blind.verdict if blind else (find_blind_answer(answer._asdict() for answer in answers) or {}).get("verdict")
    # An edit takes a moment; what took its time is the answer before it.
    times = [answer.active_ms for answer in answers if answer.kind == Answer.Kind.FIRST and answer.active_ms is not None]
    seconds = times[-1] / 1000 if times else np.nan
    return Seat(first=as_number(blind_verdict), last=as_number(newest.verdict), exposure=newest.exposure, seconds=seconds)


def as_number(verdict: str | None) -> float:
    """1 for accept, 0 for reject, NaN for nothing."""
    return np.nan if verdict is None else float(verdict == Verdict.ACCEPT)


def read_judged(candidates: Ids, images: dict[tuple[int, int], int]) -> dict[tuple[int, int], float]:
    """What the adjudicators of these candidates said before they saw anything, by candidate and round."""
    rows = Answer.objects.filter(
        assignment__candidate__among=candidates,
        assignment__purpose=Purpose.ADJUDICATION,
        assignment__status=Status.SUBMITTED,
        kind=Answer.Kind.FIRST,
        exposure=Answer.Exposure.NONE,
    )
    columns = [f"assignment__{name}" for name in ("candidate_id", "round", "image_id")]
    found = rows.order_by("number").values_list(*columns, "verdict")
    return {
        (candidate, number): as_number(verdict) for candidate, number, image, verdict in found if images.get((candidate, number)) == image
    }

"""The evaluation points of a task with what each judge ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from judging.lead.cells import as_list, find_own_row
from judging.models import Score
from labeling.models import Candidate, Concept

# Met by this picture, by another one of the bundle alone, by none, or by some picture without telling which.
Met = Literal["here", "elsewhere", "no", "somewhere"]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """Whether a judge finds a point met, and what it says is missing from this picture. `of_bundle`: it does not tell pictures apart."""

    met: Met
    reason: str = ""
    of_bundle: bool = False


@dataclass(frozen=True, kw_only=True)
class PointLine:
    """One evaluation point with the tick of each judge, in their order; None where a judge says nothing of it."""

    number: int
    text: str
    ticks: tuple[Tick | None, ...]


def read_ticks(score: Score, candidate: Candidate, points: int) -> tuple[Tick, ...]:
    """The ticks of a BRF score; empty where it tells none, or of other points than the task has now."""
    bits = as_list(score.detail.get("points", score.detail.get("scores")))
    if len(bits) != points:
        return ()
    own = find_own_row(score.detail, candidate)
    if score.candidate_id is not None:
        # Told of this picture alone.
        return tuple(Tick(met="here" if bit else "no") for bit in bits)
    return tuple(make_tick(place, bool(bit), own) for place, bit in enumerate(bits))


def make_tick(place: int, is_met: bool, own: Mapping[str, Any]) -> Tick:
    """One tick of a bundle, whose own picture said `own`."""
    scores, reasons = as_list(own.get("scores")), as_list(own.get("reasons"))
    if place >= len(scores):
        return Tick(met="somewhere" if is_met else "no", of_bundle=True)
    met: Met = "here" if scores[place] else "elsewhere" if is_met else "no"
    return Tick(met=met, reason=str(reasons[place]) if place < len(reasons) and not scores[place] else "")


def list_points(points: Sequence[str], ticks: Sequence[tuple[Tick, ...]]) -> list[PointLine]:
    """One line for each point, with the tick of each judge."""
    return [
        PointLine(number=place + 1, text=text, ticks=tuple(of[place] if of else None for of in ticks)) for place, text in enumerate(points)
    ]


def find_brf(scores: Sequence[Score]) -> Score | None:
    """The BRF score among those of one judge."""
    return next((score for score in scores if score.concept == Concept.BRF), None)

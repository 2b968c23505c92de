"""VEQ, CNS and their mean, made of the concepts of one judge: only where all that applies is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from judging.lead.cells import Cell
from judging.lead.concepts import DOES_NOT_APPLY
from judging.rubrics.servimage_score.aggregate import cns_score, composite, veq_score
from labeling.models import Concept

Cells = Mapping[str, Cell]


class NotKnown(Exception):
    """A concept applies, or may, and there is no value of it."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The components of one picture as one judge sees it, and the mean of those that apply; None where it cannot be made."""

    veq: float | None
    cns: float | None
    composite: float | None


def add_up(cells: Cells) -> Totals:
    """The totals of the cells of one judge; what could not be read is never taken for what does not apply."""
    try:
        cns = cns_score(read_one(cells, Concept.CNS_EDIT), read_one(cells, Concept.CNS_SET))
        knows_cns = True
    except NotKnown:
        cns, knows_cns = None, False
    veq = add_up_veq(cells)
    try:
        brf = read_one(cells, Concept.BRF)
    except NotKnown:
        return Totals(veq=veq, cns=cns, composite=None)
    return Totals(veq=veq, cns=cns, composite=composite(brf, veq, cns) if veq is not None and knows_cns else None)


def add_up_veq(cells: Cells) -> float | None:
    """VEQ, None where a part of it is not known."""
    try:
        parts = [read_one(cells, concept) for concept in (Concept.CLARITY, Concept.REALISM, Concept.AESTHETIC)]
        text = read_one(cells, Concept.TEXT)
    except NotKnown:
        return None
    clarity, realism, aesthetic = parts
    return None if clarity is None or realism is None or aesthetic is None else veq_score(clarity, realism, aesthetic, text)


def read_one(cells: Cells, concept: str) -> float | None:
    """The value, None where the concept does not apply; raises NotKnown otherwise, and where it is about something older."""
    cell = cells.get(concept)
    if cell is None or cell.is_earlier or (cell.value is None and cell.why not in DOES_NOT_APPLY):
        raise NotKnown
    return cell.value

"""What an adjudicator sees of the judges after the blind answer: of this picture alone, and nothing that could name a generator.

The other pictures of the bundle may still be before them, so what a judge said of the whole bundle is left out, and so is a comment in
which the name of a generator occurs. Judges are numbered: a lead may call one after what it looks at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from judging.lead.candidate_scores import CandidateScores, Judged, make_table, read_scores
from judging.lead.cells import Cell
from judging.lead.concepts import show_value
from judging.lead.judged_points import Tick
from labeling.generators import KNOWN_GENERATORS
from labeling.models import Assignment, Candidate, Concept, Generator


def read_revealed(assignment: Assignment) -> CandidateScores:
    """The newest versions of the judges on the picture that `assignment` showed."""
    candidate = assignment.candidate
    # Replaced since, it is still that picture which was adjudicated.
    candidate.image_id = assignment.image_id
    scores = read_scores(candidate)
    judged = [*scores.newest.judges, *(one for one in scores.newest.rulers if one not in scores.newest.judges)]
    names = list_names()
    shown = [hide(one, number, candidate, names) for number, one in enumerate(judged, 1)]
    points = [line.text for line in scores.newest.points]
    table = make_table([one for one in shown if one.cells or one.ticks], points)
    if is_set(candidate):
        # A sum over the bundle would be made of what is left out.
        table = replace(table, rows=[row for row in table.rows if not row.is_total])
    return CandidateScores(newest=table, older=None)


def is_set(candidate: Candidate) -> bool:
    """Whether the bundle has other pictures."""
    return candidate.bundle.task.quantity > 1


def list_names() -> list[str]:
    """Every name of every generator, folded."""
    known = [name for generator in KNOWN_GENERATORS for name in (generator.slug, generator.name, *generator.aliases)]
    stored = [name for row in Generator.objects.values_list("slug", "display_name") for name in row]
    return [name.casefold() for name in {*known, *stored} if name]


def hide(judged: Judged, number: int, candidate: Candidate, names: Iterable[str]) -> Judged:
    """What may be shown of one judge."""
    cells = {concept: own_cell(cell) if is_set(candidate) else cell for concept, cell in judged.cells.items()}
    shown = {concept: replace(cell, comment=without_names(cell.comment, names)) for concept, cell in cells.items() if cell is not None}
    ticks = tuple(own_tick(tick, names) for tick in judged.ticks if not (is_set(candidate) and tick.of_bundle))
    return replace(judged, name=_("Judge %(number)d") % {"number": number}, cells=shown, ticks=ticks)


def own_cell(cell: Cell) -> Cell | None:
    """What a cell says of this picture alone; None where that is nothing."""
    if not cell.of_bundle or cell.value is None:
        return cell
    if cell.own is None or cell.concept == Concept.BRF:
        return None
    return replace(cell, value=cell.own, shown=show_value(cell.own), comment=cell.own_comment, of_bundle=False)


def own_tick(tick: Tick, names: Iterable[str]) -> Tick:
    """A tick that says nothing of other pictures."""
    return replace(tick, met="no" if tick.met == "elsewhere" else tick.met, reason=without_names(tick.reason, names))


def without_names(text: str, names: Iterable[str]) -> str:
    """`text`, empty where the name of a generator occurs in it."""
    folded = text.casefold()
    return "" if any(name in folded for name in names) else text

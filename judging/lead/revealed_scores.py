"""What an adjudicator sees of the judges after the blind answer: of this picture alone, and nothing that could name a generator.

The other pictures of the bundle may still be before them, so what a judge said of the whole bundle is left out, and so is a comment or a
flag in which the name of a generator occurs. Judges are numbered: a lead may call one after what it looks at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from judging.lead.candidate_scores import CandidateScores, Judged, make_table, read_scores
from judging.lead.cells import Cell
from judging.lead.concepts import show_value
from judging.lead.judged_points import Tick
from judging.standing import read_present
from labeling.generators import KNOWN_GENERATORS
from labeling.models import Assignment, Candidate, Concept, Generator

BETWEEN_WORDS = re.compile(r"[\W_]+")


def read_revealed(assignment: Assignment) -> CandidateScores:
    """The newest versions of the judges on the picture that `assignment` showed; none on the test side.

    Models are held against the decisions there, and so are judges: nobody confirms one with either before their eyes.
    """
    candidate = assignment.candidate
    if candidate.bundle.task.is_test_side:
        return CandidateScores(newest=make_table([], []), older=None)
    # Replaced since, it is still that picture which was adjudicated.
    candidate.image_id = assignment.image_id
    scores = read_scores(candidate, read_present(candidate.bundle, {candidate.pk: assignment.image.sha256}))
    judged = [*scores.newest.judges, *(one for one in scores.newest.rulers if one not in scores.newest.judges)]
    names, has_others = list_names(), is_set(candidate)
    shown = [hide(one, number, has_others, names) for number, one in enumerate(judged, 1)]
    points = [line.text for line in scores.newest.points]
    table = make_table([one for one in shown if one.cells or one.ticks], points)
    if has_others:
        # A sum over the bundle would be made of what is left out.
        table = replace(table, rows=[row for row in table.rows if not row.is_total])
    return CandidateScores(newest=table, older=None)


def is_set(candidate: Candidate) -> bool:
    """Whether the bundle has, or once had, another picture, be it a further sample or withdrawn since."""
    return candidate.bundle.task.quantity > 1 or Candidate.objects.filter(bundle=candidate.bundle_id).exclude(pk=candidate.pk).exists()


def list_names() -> list[str]:
    """Every name of every generator, as `fold` has it."""
    known = [name for generator in KNOWN_GENERATORS for name in (generator.slug, generator.name, *generator.aliases)]
    stored = [name for row in Generator.objects.values_list("slug", "display_name") for name in row]
    return [name for name in map(fold, {*known, *stored}) if name]


def fold(text: str) -> str:
    """`text` in one case, with one space for whatever stands between words: flags are written with underscores."""
    return BETWEEN_WORDS.sub(" ", text.casefold()).strip()


def hide(judged: Judged, number: int, has_others: bool, names: Sequence[str]) -> Judged:
    """What may be shown of one judge."""
    cells = {concept: own_cell(cell) if has_others else cell for concept, cell in judged.cells.items()}
    shown = {concept: nameless(cell, names) for concept, cell in cells.items() if cell is not None}
    ticks = tuple(own_tick(tick, names) for tick in judged.ticks if not (has_others and tick.of_bundle))
    return replace(judged, name=_("Judge %(number)d") % {"number": number}, cells=shown, ticks=ticks)


def own_cell(cell: Cell) -> Cell | None:
    """What a cell says of this picture alone; None where that is nothing."""
    if not cell.of_bundle:
        return cell
    if cell.value is None or cell.own is None or cell.concept == Concept.BRF:
        return None
    shown = show_value(cell.own)
    return replace(cell, value=cell.own, shown=shown, comment=cell.own_comment, flags=cell.own_flags, notes=(), of_bundle=False)


def nameless(cell: Cell, names: Sequence[str]) -> Cell:
    """A cell without words of the judge in which a generator is named."""
    return replace(
        cell,
        comment=without_names(cell.comment, names),
        own_comment=without_names(cell.own_comment, names),
        flags=tuple(flag for flag in cell.flags if without_names(flag, names)),
        own_flags=tuple(flag for flag in cell.own_flags if without_names(flag, names)),
    )


def own_tick(tick: Tick, names: Sequence[str]) -> Tick:
    """A tick that says nothing of other pictures."""
    return replace(tick, met="no" if tick.met == "elsewhere" else tick.met, reason=without_names(tick.reason, names))


def without_names(text: str, names: Sequence[str]) -> str:
    """`text`, empty where the name of a generator occurs in it."""
    folded = fold(text)
    return "" if any(name in folded for name in names) else text

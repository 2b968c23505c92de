"""The numbers of a case sheet as rows of a file and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judging.lead.case_sheet import Block, CaseSheet, Shot
from judging.lead.cells import Cell
from judging.lead.concepts import place_of

HEAD = ("generator", "deliverable", "state", "decision", "how", "payment", "paid_usd", "judge", "points_met", "points")
SUMS = ("veq", "cns", "composite")


def list_concepts(sheet: CaseSheet) -> list[str]:
    """Every concept of the judge of the sheet, in the order of the pages."""
    told = {concept for block in sheet.blocks for shot in block.shots if shot.judged for concept in shot.judged.cells}
    return sorted(told, key=place_of)


def make_header(sheet: CaseSheet) -> list[str]:
    """The names of the columns."""
    return [*HEAD, *list_concepts(sheet), *SUMS]


def list_case_rows(sheet: CaseSheet) -> Iterator[list[Any]]:
    """One row for each generator and deliverable; a value that there is not, or that is about something older, is empty."""
    concepts, judge = list_concepts(sheet), str(sheet.judge or "")
    for block in sheet.blocks:
        points = [block.points_met, len(block.points)] if block.points else ["", ""]
        for shot in block.shots:
            head = [block.generator.slug, shot.deliverable.number, *tell_shot(shot), block.payment, block.paid_usd, judge, *points]
            yield [*head, *list_values(shot, concepts)]


def tell_shot(shot: Shot) -> list[str]:
    """State of the candidate, decision and how it was reached."""
    state = shot.candidate.state if shot.candidate else "missing"
    return [state, shot.decision.verdict if shot.decision else "", shot.decision.how if shot.decision else ""]


def present_cells(shot: Shot) -> dict[str, Cell]:
    """What the judge says of what is there now."""
    return {concept: cell for concept, cell in shot.judged.cells.items() if not cell.is_earlier} if shot.judged else {}


def list_values(shot: Shot, concepts: list[str]) -> list[float | None]:
    """The value of each concept, then what they add up to."""
    cells = present_cells(shot)
    values = [cells[concept].value if concept in cells else None for concept in concepts]
    return values + [getattr(shot.totals, name) if shot.totals else None for name in SUMS]


def case_as_json(sheet: CaseSheet) -> dict[str, Any]:
    """The sheet's numbers as JSON: the task, the judge, one entry for each generator."""
    task = sheet.task
    return {
        "task_id": task.external_id,
        "category": task.category,
        "name": task.name,
        "price_usd": str(task.price_usd),
        "unit_price_usd": str(task.unit_price_usd),
        "quantity": task.quantity,
        "judge": str(sheet.judge) if sheet.judge else None,
        "generators": [block_as_json(block) for block in sheet.blocks],
    }


def block_as_json(block: Block) -> dict[str, Any]:
    """What one generator delivered."""
    return {
        "generator": block.generator.slug,
        "payment": block.payment,
        "paid_usd": str(block.paid_usd),
        "accepted": block.accepted,
        "points_met": block.points,
        "images": [shot_as_json(shot) for shot in block.shots],
    }


def shot_as_json(shot: Shot) -> dict[str, Any]:
    """One deliverable; scores are null where there is none, for the reason in `why`. `earlier`: concepts told of something older."""
    state, decision, how = tell_shot(shot)
    cells, all_cells = present_cells(shot), shot.judged.cells if shot.judged else {}
    return {
        "deliverable": shot.deliverable.number,
        "candidate": str(shot.candidate.public_id) if shot.candidate else None,
        "state": state,
        "decision": decision or None,
        "how": how or None,
        "scores": {concept: cell.value for concept, cell in cells.items()},
        "why": {concept: cell.why for concept, cell in cells.items() if cell.why},
        "earlier": [concept for concept in all_cells if concept not in cells],
        **{name: getattr(shot.totals, name) if shot.totals else None for name in SUMS},
    }

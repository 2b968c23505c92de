"""What cards show beside their own candidates: points, references, source images and the other images of the delivery.

One raw statement, because every answer asks for it: through the ORM it is three, and each takes longer to put together than this
one takes to answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from labeling.models import Asset, Assignment
from labeling.prepared import fetch_rows

Kind = Literal["point", "reference", "source", "sibling"]

# A sibling is the submitted sample of each deliverable, as in labeling/cards.py (find_siblings).
STATEMENT = """
    SELECT a.role, a.task_id, a.number, '', i.width, i.height
    FROM labeling_asset a LEFT JOIN labeling_image i ON i.id = a.image_id WHERE a.task_id IN ({tasks})
    UNION ALL
    SELECT 'point', p.task_id, p.number, p.text, NULL, NULL FROM labeling_evaluationpoint p WHERE p.task_id IN ({tasks})
    UNION ALL
    SELECT 'sibling', c.bundle_id, d.number, '', i.width, i.height
    FROM labeling_candidate c JOIN labeling_deliverable d ON d.id = c.deliverable_id JOIN labeling_image i ON i.id = c.image_id
    WHERE c.bundle_id IN ({bundles}) AND c.is_submitted_sample AND c.state NOT IN ('staged', 'withdrawn')
"""


class Piece(NamedTuple):
    """One point or picture of the task or bundle `owner`; `width` and `height` are None where there is no picture."""

    kind: str
    owner: int
    number: int
    text: str
    width: int | None
    height: int | None


class Pieces:
    """The pieces of several tasks and bundles."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.found: dict[tuple[str, int], list[Piece]] = {}
        for piece in sorted(pieces, key=lambda piece: piece.number):
            self.found.setdefault((piece.kind, piece.owner), []).append(piece)

    def of(self, kind: Kind | Asset.Role, owner: int) -> list[Piece]:
        """The pieces of one kind that belong to one task or bundle, by their numbers."""
        return self.found.get((kind, owner), [])


def read_pieces(rows: Collection[Assignment]) -> Pieces:
    """The pieces of the tasks and bundles of assignments whose candidates have been read with them."""
    if not rows:
        return Pieces([])
    tasks, bundles = ({row.candidate.bundle.task_id for row in rows}, {row.candidate.bundle_id for row in rows})
    marks = {name: ", ".join(["%s"] * len(ids)) for name, ids in (("tasks", tasks), ("bundles", bundles))}
    return Pieces([Piece(*row) for row in fetch_rows(STATEMENT.format(**marks), [*tasks, *tasks, *bundles])])

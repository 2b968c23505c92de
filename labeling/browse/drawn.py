"""Looking for the candidates behind a figure of the assistance page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db.models import QuerySet

from labeling.among import Ids
from labeling.models import Candidate
from labeling.quality.drawn import Drawn, read_drawn_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labeling.browse.wanted import Wanted


def narrow_by_draw(candidates: QuerySet[Candidate], wanted: Wanted) -> QuerySet[Candidate]:
    """Those drawn as wanted, with two answers. They are read as the report does it, so both count the same."""
    drawn = read_drawn_of(list(candidates.order_by().values_list("pk", flat=True)))
    # Begun anew: with two lists of ids for one column PostgreSQL reads the table.
    return Candidate.objects.filter(pk__among=Ids(drawn.candidates[match(drawn, wanted)].tolist()))


def match(drawn: Drawn, wanted: Wanted) -> NDArray[np.bool_]:
    """Which of them are wanted."""
    keep: NDArray[np.bool_] = np.ones(len(drawn), dtype=np.bool_)
    if wanted.arm:
        keep &= drawn.cases.control == (wanted.arm == "control")
    if wanted.version:
        keep &= drawn.versions == wanted.version
    if wanted.policy:
        keep &= drawn.policies == wanted.policy
    if wanted.pair in ("equal", "different"):
        keep &= drawn.are_equal == (wanted.pair == "equal")
    return keep

"""Looking for the candidates behind a figure of the assistance page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import QuerySet

from labeling.models import Draw
from labeling.quality.drawn import Drawn, read_drawn_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labeling.browse.wanted import Wanted


def draws(wanted: Wanted) -> QuerySet[Draw]:
    """The draws of the arm, version and policy asked for, of whatever candidate."""
    asked = {"policy": wanted.policy, "suggestion__model_version": wanted.version}
    rows = Draw.objects.filter(**{name: value for name, value in asked.items() if value})
    return rows.filter(is_control=wanted.arm == "control") if wanted.arm else rows


def find_drawn(ids: Sequence[int], wanted: Wanted) -> set[int]:
    """Those drawn as wanted, with two answers. They are read as the report does it, so both count the same."""
    drawn = read_drawn_of(ids)
    return set(drawn.candidates[match(drawn, wanted)].tolist())


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

"""Looking for the candidates behind a figure of the agreement page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labeling.models import User
from labeling.quality.groups import by_exposure, by_guideline, by_week
from labeling.quality.pairs import Pairs, read_pairs_of

if TYPE_CHECKING:
    from labeling.browse.wanted import Wanted


def find_paired(ids: Sequence[int], wanted: Wanted) -> set[int]:
    """Those with a pair as wanted. The pairs are read and divided as the report does it, so both count the same."""
    pairs = read_pairs_of(ids)
    return set(pairs.candidates[match(pairs, wanted)].tolist())


def match(pairs: Pairs, wanted: Wanted) -> NDArray[np.bool_]:
    """Which of the pairs are wanted; without `exposure` those that are blind."""
    keep = is_key(by_exposure(pairs), wanted.exposure or "blind")
    if wanted.pair in ("equal", "different"):
        keep &= pairs.are_equal == (wanted.pair == "equal")
    if wanted.week:
        keep &= is_key(by_week(pairs), wanted.week.isoformat())
    if wanted.guideline:
        keep &= is_key(by_guideline(pairs), wanted.guideline)
    for username in filter(None, (wanted.person, wanted.other)):
        person = User.objects.filter(username=username).values_list("pk", flat=True).first()
        keep &= (pairs.people == (person or 0)).any(axis=1)
    return keep


def is_key(keys: list[str], wanted: str) -> NDArray[np.bool_]:
    """Which of the keys are the one wanted."""
    return np.array([key == wanted for key in keys], dtype=np.bool_)

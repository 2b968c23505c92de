"""When somebody worked: sessions, how far into one an answer came, and answers much faster than usual; arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labeling.quality.labels import UNMEASURED, Labels

Bools = NDArray[np.bool_]

# A longer pause ends a session.
SESSION_GAP_S = 30 * 60
# What is early and late in a session: between the two lies what is neither.
EARLY_ANSWERS, LATE_AFTER_S = 20, 60 * 60
# Faster than this share of the person's own median in the category; a median of fewer answers is none.
FAST_SHARE, FEWEST_FOR_MEDIAN = 1 / 3, 20


def find_early_and_late(labels: Labels) -> tuple[Bools, Bools]:
    """Which labels are among the first `EARLY_ANSWERS` of their author's session, and which came `LATE_AFTER_S` or more after its first."""
    order = np.lexsort((labels.at, labels.people))
    people, at = labels.people[order], labels.at[order]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (people[1:] != people[:-1]) | (at[1:] - at[:-1] > SESSION_GAP_S)
    begins = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    early, late = np.zeros(len(order), dtype=np.bool_), np.zeros(len(order), dtype=np.bool_)
    early[order] = np.arange(len(order)) - begins < EARLY_ANSWERS
    late[order] = at - at[begins] >= LATE_AFTER_S
    return early & ~late, late


def find_fast(labels: Labels) -> tuple[Bools, Bools]:
    """Which labels were much faster than their author's usual in the category, and of which that can be said at all."""
    fast, known = np.zeros(len(labels), dtype=np.bool_), np.zeros(len(labels), dtype=np.bool_)
    measured = np.flatnonzero(labels.active_ms != UNMEASURED)
    if not len(measured):
        return fast, known
    keys = labels.people[measured] * 10 + labels.categories[measured]
    order = measured[np.argsort(keys, kind="stable")]
    bounds = np.flatnonzero(np.diff(np.sort(keys))) + 1
    for places in np.split(order, bounds):
        if len(places) >= FEWEST_FOR_MEDIAN:
            active = labels.active_ms[places]
            known[places], fast[places] = True, active < FAST_SHARE * np.median(active)
    return fast, known

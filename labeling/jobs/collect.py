"""How often Python looks for garbage while a job runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Python's own 700 is made for programs with few objects. A page of rows is tens of thousands, all of them in use.
ALLOCATIONS = 100_000


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage less often while the block runs, and never among what was there before it.

    Rows by the hundred thousand are freed without it; looking at them again and again took a third of an export.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()

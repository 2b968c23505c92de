"""Where a run gets from what the site keeps already: the same functions serve training and prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modeling.net.records import Example

# A row of numbers per example; NaN where a thing cannot be told, and nothing but NaN where the candidate's own picture cannot be read.
Features = Callable[[Sequence[Example]], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """`features` gives the image statistics of examples, shape (n, columns): computed, or read from a store."""

    features: Features

"""What a plane has of detail at several sizes, and how much of it is spread where."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from judging.rubrics.classical.planes import Pixels, Plane
from modeling.net.features.looks import Floats

LEVELS = 4
BLOCK_PX = 8


def list_details(plane: Plane) -> Iterator[Floats]:
    """The details of Haar of `plane`, finest first, shape (3, height / 2, width / 2) and so on; none where it gets under two pixels."""
    rest = plane
    for _ in range(LEVELS):
        rows, columns = rest.shape[0] // 2 * 2, rest.shape[1] // 2 * 2
        if not rows or not columns:
            return
        upper, lower = rest[0:rows:2, :columns], rest[1:rows:2, :columns]
        added, taken = upper + lower, upper - lower
        one, two, three, four = added[:, ::2], added[:, 1::2], taken[:, ::2], taken[:, 1::2]
        yield np.asarray(np.stack([one - two, three + four, three - four]) / 4, dtype=np.float32)
        rest = (one + two) / 4


def mean_blocks(values: Plane | Pixels, side: int = BLOCK_PX) -> Floats:
    """The means of whole blocks of `side` x `side`; of what is smaller the one mean, 0 of nothing."""
    rows, columns = (length // side for length in values.shape)
    if not rows or not columns:
        return np.array([[values.mean() if values.size else 0.0]], dtype=np.float32)
    whole = np.ascontiguousarray(values[: rows * side, : columns * side], dtype=np.float32)
    # Several times as fast as the mean of a reshaped array.
    return np.asarray(Image.fromarray(whole).reduce(side))


def measure_power(one: Floats, other: Floats) -> float:
    """The mean of the products of two arrays of one shape."""
    return float(np.dot(one.ravel(), other.ravel())) / one.size


def tell_log(value: float) -> float:
    """A quantity that spans decades, in such a way that 0 has a place."""
    return float(np.log1p(max(0.0, value)))

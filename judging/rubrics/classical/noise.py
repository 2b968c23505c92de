"""How much noise a picture has."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from judging.rubrics.classical.planes import Plane

BLOCK_PX = 8
# Noise is everywhere, texture is not: what the quietest quarter of the picture has is taken for noise.
QUIET_SHARE = 0.25


def measure_noise(luma: Plane) -> float | None:
    """The standard deviation of the noise in grey levels (0 to 255) in the quietest quarter of `luma`; None below 10 x 10 pixels.

    The mask [[1, -2, 1], [-2, 4, -2], [1, -2, 1]] removes everything that is linear; of Gaussian noise of deviation s it leaves a mean
    absolute value of 6 s sqrt(2 / pi). Source: Immerkær 1996, "Fast noise variance estimation"; the paper takes the mean over the
    whole picture, where texture counts as noise.
    """
    blocks = _mean_blocks(filter_linear(luma))
    return sqrt(pi / 2) / 6 * float(np.quantile(blocks, QUIET_SHARE)) if blocks.size else None


def filter_linear(luma: Plane) -> Plane:
    """The absolute value of Immerkær's mask at every inner pixel; empty where there is none."""
    if min(luma.shape) < 3:
        return np.empty((0, 0), np.float32)
    down = luma[:-2] - 2 * luma[1:-1] + luma[2:]
    return np.abs(down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:])


def _mean_blocks(values: Plane) -> Plane:
    rows, columns = (length // BLOCK_PX for length in values.shape)
    whole = values[: rows * BLOCK_PX, : columns * BLOCK_PX]
    return np.asarray(whole.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3)))

"""How sharp a picture is, judged by itself."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.planes import Plane

# The length of the averaging filter, as in the paper.
TAPS = 9


def measure_blur(luma: Plane) -> float | None:
    """The blur effect of `luma`, from 0 (sharp) to 1 (nothing finer than nine pixels is left), the worse of both directions.

    A sharp picture loses much of the difference between neighbours when it is averaged, a blurred one hardly any. None where the
    picture is less than eleven pixels wide and high, or flat. Source: Crété, Dolmiere, Ladret & Nicolas 2007, "The blur effect:
    perception and estimation with a new no-reference perceptual blur metric".
    """
    found = [blur for blur in (_measure_down(luma), _measure_down(luma.T)) if blur is not None]
    return max(found, default=None)


def _measure_down(luma: Plane) -> float | None:
    if luma.shape[0] <= TAPS + 1:
        return None
    half = TAPS // 2
    original = np.abs(np.diff(luma[half : -half or None], axis=0))
    # The means of two windows one apart differ by the pixel that comes in less the one that goes out.
    averaged = np.abs(luma[TAPS:] - luma[:-TAPS]) / TAPS
    total = float(original.sum())
    return 1 - float(np.maximum(original - averaged, 0).sum()) / total if total else None

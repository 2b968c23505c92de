"""Whether a picture is made of blocks, as when a small one was enlarged without smoothing."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.planes import Plane


def measure_evenness(luma: Plane) -> float | None:
    """How evenly the differences between neighbours are spread over rows and columns, from 0 (a grid of blocks) to 1; the better direction.

    In a picture made of blocks all differences stand between the blocks: a row of the profile that has them lies between rows that have
    none. In others neighbouring rows are alike. So this is the sum over neighbours of the smaller value by that of the larger. A design
    of few upright lines looks like blocks in one direction, seldom in both. None where the picture is flat or under four pixels wide
    and high. Source of the profile: Wang, Bovik & Evans 2000, "Blind measurement of blocking artifacts in images"; the ratio is our
    own, since theirs asks for the size of the blocks.
    """
    found = [evenness for evenness in (_measure_down(luma), _measure_down(luma.T)) if evenness is not None]
    return max(found, default=None)


def _measure_down(luma: Plane) -> float | None:
    if luma.shape[0] < 4:
        return None
    profile = np.abs(np.diff(luma, axis=0)).mean(axis=1)
    larger = float(np.maximum(profile[1:], profile[:-1]).sum())
    return float(np.minimum(profile[1:], profile[:-1]).sum()) / larger if larger else None

"""Structural similarity of two pictures that lie on each other."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.background import Mask
from judging.rubrics.classical.planes import Plane

WINDOW_PX = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def measure_ssim(one: Plane, other: Plane) -> Plane:
    """SSIM of every window of 8 x 8 pixels, -1 to 1 (the same); the result is 7 smaller each way.

    Both planes have one shape of at least 8 x 8 and values 0 to 255. Source: Wang, Bovik, Sheikh & Simoncelli 2004, "Image quality
    assessment: from error visibility to structural similarity", equation 13 with the constants of the paper, with plain windows of
    8 x 8 (section III.C) and deviations over all of their pixels.
    """
    mean_one, mean_other = mean_windows(one), mean_windows(other)
    variances = mean_windows(one * one) - mean_one**2 + mean_windows(other * other) - mean_other**2
    covariance = mean_windows(one * other) - mean_one * mean_other
    lightness = (2 * mean_one * mean_other + C1) / (mean_one**2 + mean_other**2 + C1)
    structure = (2 * covariance + C2) / (variances + C2)
    return np.asarray(lightness * structure)


def mean_windows(values: Plane | Mask) -> Plane:
    """The mean of every window of 8 x 8, by sums over all that lies above and to the left of a pixel."""
    # Not in single precision: the sums of squares of a whole picture would swallow the variance of a window.
    sums = np.pad(values.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    size = WINDOW_PX
    inside = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(inside / size**2)

"""Light and dark in a picture."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.planes import Plane

# Not the extremes: the ringing of one JPEG block would set them.
DARK, BRIGHT = 0.01, 0.99


def measure_contrast(luma: Plane) -> float:
    """The RMS contrast of `luma`: the standard deviation by the largest value, from 0 (flat) to 0.5 (half black, half white).

    Source: Peli 1990, "Contrast in complex images".
    """
    return float(luma.std()) / 255


def measure_span(luma: Plane) -> float:
    """The share of the range of tones that `luma` makes use of, 0 to 1: from the 1st percentile to the 99th.

    A percentile form of the contrast of Michelson 1927, "Studies in optics", with the whole range in place of the sum of both ends, so
    that dark pictures are not favoured.
    """
    shares = np.cumsum(np.bincount(luma.astype(np.uint8).ravel(), minlength=256)) / luma.size
    dark, bright = np.searchsorted(shares, (DARK, BRIGHT))
    return float(bright - dark) / 255

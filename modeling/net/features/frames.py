"""Whether a picture stands in a frame of one colour."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.planes import Pixels
from modeling.net.features.values import Values

# Rows and columns whose colours deviate by no more than that are of one colour.
EVEN = 10.0
# No more of a side than that is taken for a frame.
MOST = 0.2


def measure_frame(pixels: Pixels) -> Values:
    """The width of a frame (share of the side; the narrowest and the mean of the four), how alike its sides are and how it stands out."""
    sides = [pixels, pixels[::-1], pixels.transpose(1, 0, 2), pixels.transpose(1, 0, 2)[::-1]]
    colours = [side[0].mean(axis=0) for side in sides]
    widths = [_measure_width(side) for side in sides]
    apart = max(float(np.abs(one - colours[0]).max()) for one in colours)
    step = [float(np.abs(_line(side, width) - colour).mean()) for side, width, colour in zip(sides, widths, colours, strict=True)]
    return {
        "frame": min(widths),
        "frame_mean": sum(widths) / 4,
        "frame_unlike": apart / 255,
        "frame_step": min(step) / 255 if min(widths) else 0.0,
        "frame_narrow": float(sum(0.01 < width < MOST for width in widths)),
    }


def _measure_width(pixels: Pixels) -> float:
    """The share of the rows from the first on that have the colour of its middle all along."""
    rows = pixels[: max(1, round(MOST * len(pixels)))].astype(np.float32)
    off = np.abs(rows - np.median(rows[0], axis=0))
    # Several times as fast as the most along a short axis.
    uneven = (np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2]) > EVEN).mean(axis=1) > 0.02
    return float(uneven.argmax() if uneven.any() else len(rows)) / len(pixels)


def _line(pixels: Pixels, width: float) -> Pixels:
    """The row behind the frame, where the picture begins."""
    line: Pixels = pixels[min(len(pixels) - 1, round(width * len(pixels)) + 1)]
    return line

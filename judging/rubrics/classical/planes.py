"""Pictures as arrays, and the few things that all measures do with them. No Django inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


def read_luma(pixels: Pixels) -> Plane:
    """The luma of `pixels`, 0 to 255, shape (height, width)."""
    return pixels.astype(np.float32) @ LUMA


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """`pixels` at another size of at least 1 x 1; every new pixel is the mean of those it covers."""
    image = Image.fromarray(pixels).resize((max(1, width), max(1, height)), Image.Resampling.BOX)
    return np.asarray(image)

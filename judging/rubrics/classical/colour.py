"""Colours: how strong they are, and how far apart the palettes of two pictures are."""

from __future__ import annotations

from math import hypot

import numpy as np
from numpy.typing import NDArray

from judging.rubrics.classical.planes import Pixels, resize

Palette = NDArray[np.float32]

PALETTE_SIDE_PX = 64
# CIE 1931 XYZ of linear sRGB (IEC 61966-2-1), each row by its value for white (D65), so that white is (1, 1, 1).
XYZ_OF_RGB = np.array([[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8728]], dtype=np.float32)
# The axes of CIELAB and the diagonals between two of them.
DIRECTIONS = np.array(
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1)], dtype=np.float32
)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
STEPS = (np.arange(32) + 0.5) / 32
# Of the pairs of references of one task in ServImageBench a quarter is nearer than the first distance; of the pairs of references of
# different tasks a quarter is further apart than the second.
NEAR_PALETTE, FAR_PALETTE = 3.6, 21.5


def measure_colourfulness(pixels: Pixels) -> float:
    """How colourful `pixels` are, 0 for grey; 15 is slightly, 33 moderately, 59 quite, 82 highly, 109 extremely colourful.

    Source: Hasler & Süsstrunk 2003, "Measuring colourfulness in natural images", equation and table of the measure M3.
    """
    red, green, blue = np.moveaxis(pixels.astype(np.float32), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = hypot(float(red_green.std()), float(yellow_blue.std()))
    return spread + 0.3 * hypot(float(red_green.mean()), float(yellow_blue.mean()))


def read_palette(pixels: Pixels) -> Palette:
    """The colours of `pixels` wherever they stand: 32 quantiles of CIELAB along nine directions, shape (32, 9)."""
    share = min(1.0, PALETTE_SIDE_PX / max(pixels.shape[:2]))
    small = resize(pixels, round(pixels.shape[1] * share), round(pixels.shape[0] * share))
    projected = convert_to_lab(small).reshape(-1, 3) @ DIRECTIONS.T
    return np.asarray(np.quantile(projected, STEPS, axis=0), dtype=np.float32)


def compare_palettes(one: Palette, other: Palette) -> float:
    """How far the colours of one picture must move on average to become those of the other, in units of CIELAB; 0 is the same palette.

    Source: Rabin, Peyré, Delon & Bernot 2011, "Wasserstein barycenter and its application to texture mixing" (the sliced distance).
    """
    return float(np.abs(one - other).mean())


def convert_to_lab(pixels: Pixels) -> NDArray[np.float32]:
    """CIELAB of sRGB `pixels`, the same shape: L 0 to 100, a and b about -110 to 110. Source: CIE 15."""
    share = pixels.astype(np.float32) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ XYZ_OF_RGB.T
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)

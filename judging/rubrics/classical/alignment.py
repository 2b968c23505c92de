"""Laying an edited picture on the one it was made from."""

from __future__ import annotations

import numpy as np

from judging.rubrics.classical.planes import Pixels, Plane, read_luma

# Edits crop a little or shift; more than this share of a side is another picture.
MOST_SHIFT = 0.1


def find_shift(one: Plane, other: Plane) -> tuple[int, int]:
    """Rows and columns by which `other` has to be moved to lie on `one`, at most a tenth of a side; both may differ in size.

    Source: Kuglin & Hines 1975, "The phase correlation image alignment method"; on the lengths of gradients, so that an exchanged
    background of one colour does not count.
    """
    height, width = (max(pair) for pair in zip(one.shape, other.shape, strict=True))
    spectra = [np.fft.rfft2(measure_gradient(plane), s=(height, width)) for plane in (one, other)]
    cross = spectra[0] * spectra[1].conj()
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=(height, width))
    down, right = int(height * MOST_SHIFT), int(width * MOST_SHIFT)
    near = np.roll(surface, (down, right), axis=(0, 1))[: 2 * down + 1, : 2 * right + 1]
    row, column = divmod(int(near.argmax()), near.shape[1])
    return row - down, column - right


def measure_gradient(luma: Plane) -> Plane:
    """The length of the gradient at every pixel, 0 at the lower and right edge."""
    gradient = np.zeros_like(luma)
    gradient[:-1, :-1] = np.hypot(luma[1:, :-1] - luma[:-1, :-1], luma[:-1, 1:] - luma[:-1, :-1])
    return gradient


def overlay(one: Pixels, other: Pixels) -> tuple[Pixels, Pixels]:
    """The parts of both that show the same, of one shape."""
    rows, columns = find_shift(read_luma(one), read_luma(other))
    (one_rows, other_rows), (one_columns, other_columns) = (
        _cut(shift, one.shape[axis], other.shape[axis]) for axis, shift in enumerate((rows, columns))
    )
    return one[one_rows, one_columns], other[other_rows, other_columns]


def _cut(shift: int, one: int, other: int) -> tuple[slice, slice]:
    start, stop = max(0, shift), min(one, other + shift)
    return slice(start, stop), slice(start - shift, stop - shift)

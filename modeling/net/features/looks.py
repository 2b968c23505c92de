"""The small copy of a picture that everything is measured on, kept for pictures that many candidates share."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from judging.rubrics.classical.planes import Pixels, Plane, read_luma
from modeling.net.records import Picture, PictureMissing

Floats = NDArray[np.float32]

# Measures depend on the scale, so all are taken at this one. It is also what bounds their time.
SIDE_PX = 320
# Narrower pictures are stretched, for there is nothing to be measured on a line of pixels.
LEAST_PX = 16
# The side of the square that smaller ones are made from.
SQUARE_PX = 192
# How much larger than the copy the first, coarse step of shrinking may leave a picture; Pillow's advice for an exact result.
REDUCING_GAP = 2.0
# A copy with all that is derived from it takes about one megabyte.
KEPT = 160


@dataclass(frozen=True, eq=False)
class Look:
    """A copy of a picture, 16 to 320 pixels a side, shape (height, width, 3); not to be changed."""

    sha256: str
    pixels: Pixels

    @cached_property
    def luma(self) -> Plane:
        """The luma, 0 to 255, shape (height, width)."""
        return read_luma(self.pixels)

    @cached_property
    def image(self) -> Image.Image:
        """The copy for Pillow."""
        return Image.fromarray(self.pixels)

    @cached_property
    def stretched(self) -> Image.Image:
        """The picture stretched to a square, each pixel the mean of those it covers."""
        return self.image.resize((SQUARE_PX, SQUARE_PX), Image.Resampling.BOX)

    def square(self, side: int) -> Image.Image:
        """The picture stretched to `side` x `side` pixels, a divisor of 192."""
        return self.stretched.reduce(SQUARE_PX // side)


def read_look(picture: Picture) -> Look | None:
    """The copy of `picture`; None where its bytes are gone or are no picture."""
    try:
        return _read(picture)
    except PictureMissing:
        return None


def forget_looks() -> None:
    """Free the memory of the pictures that were looked at."""
    _read.cache_clear()


@lru_cache(maxsize=KEPT)
def _read(picture: Picture) -> Look:
    try:
        with Image.open(io.BytesIO(picture.read())) as image:
            return Look(picture.sha256, np.asarray(_shrink(image)))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureMissing(f"{picture.sha256[:12]} is no picture") from error


def _shrink(image: Image.Image) -> Image.Image:
    # A JPEG decodes at a half, a quarter or an eighth in a fraction of the time.
    image.draft("RGB", (SIDE_PX, SIDE_PX))
    small = image if image.mode in ("RGB", "L") else _put_on_white(image)
    small = small.convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.HAMMING, reducing_gap=REDUCING_GAP)
    width, height = small.size
    return small if min(small.size) >= LEAST_PX else small.resize((max(width, LEAST_PX), max(height, LEAST_PX)), Image.Resampling.NEAREST)


def _put_on_white(image: Image.Image) -> Image.Image:
    """What can be seen through stands on white."""
    layer = image.convert("RGBA")
    layer.thumbnail((2 * SIDE_PX, 2 * SIDE_PX), Image.Resampling.BOX)
    white = Image.new("RGBA", layer.size, "white")
    white.alpha_composite(layer)
    return white

"""The pixels that everything is measured on: a small, upright RGB copy of a picture, opened with the limits of the site."""

from __future__ import annotations

import io
from functools import lru_cache
from math import ceil

import numpy as np
from PIL import Image

from judging.material import Picture, PictureLost
from judging.rubrics.classical.planes import Pixels
from labeling.data_in.problem import ImportProblem
from labeling.image_render import UPRIGHT, render_image
from labeling.images import is_see_through, naming_damage, open_image, read_orientation

# Measures depend on the scale, so all are taken at this one. It is also what bounds their time.
SIDE_PX = 512
# How much larger than the copy the first, coarse step of shrinking may leave a picture; Pillow's advice for an exact result.
REDUCING_GAP = 2.0


def read_pixels(picture: Picture) -> Pixels:
    """An upright sRGB copy of `picture`, shape (height, width, 3), at most 512 pixels on the longer side, never enlarged.

    What can be seen through stands on white. Raises PictureLost where the bytes are gone or are no picture any more.
    """
    data = picture.read()
    try:
        with naming_damage(data), open_image(data) as image:
            if image.mode in ("L", "RGB") and not {"icc_profile", "transparency"} & set(image.info):
                return _shrink(image)
    except ImportProblem as problem:
        raise PictureLost(str(problem)) from problem
    return _read_rendered(data)


# The bundles of all generators for an editing task share its source; the copies take up to 0.8 MB each.
@lru_cache(maxsize=16)
def read_source(picture: Picture) -> Pixels:
    """`read_pixels` for a picture that many bundles share; not to be changed. Raises PictureLost."""
    return read_pixels(picture)


def _shrink(image: Image.Image) -> Pixels:
    orientation = read_orientation(image)
    # A JPEG decodes at a half, a quarter or an eighth in a fraction of the time.
    share = REDUCING_GAP * SIDE_PX / max(image.size)
    image.draft(None, (ceil(share * image.width), ceil(share * image.height)))
    small = image.convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    return np.asarray(small.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else small)


def _read_rendered(data: bytes) -> Pixels:
    """The pixels of a picture with transparency, a colour profile or unusual channels, by way of the rendering that people see."""
    try:
        rendered, _ = render_image(data, "screen")
    except ImportProblem as problem:
        raise PictureLost(str(problem)) from problem
    with Image.open(io.BytesIO(rendered)) as image:
        image.load()
        if not is_see_through(image):
            return _shrink(image)
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return _shrink(white)

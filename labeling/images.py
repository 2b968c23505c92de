"""Pictures from outside: limits checked on the header, content decoded once, facts kept."""

from __future__ import annotations

import hashlib
import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageFile

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem
from labeling.image_headers import FORMATS, JPEG, WEBP, ends_early, read_webp_size, sniff_format

MAX_BYTES = 20 * 1024**2
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_000
# Process-wide, for whatever else opens pictures; `open_image` checks the limit itself on every header.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
# A picture that ends early is refused, never padded with grey.
ImageFile.LOAD_TRUNCATED_IMAGES = False

BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)
# What Pillow's readers raise on damaged data; tests/labeling/test_images.py damages pictures at random to hold this complete.
DAMAGES = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
EXTENSIONS = {"JPEG": ("jpg", "jpeg"), "PNG": ("png",), "WEBP": ("webp",)}


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What is known of a picture. Width and height are those of the upright picture; `format` is what it is in truth.

    `has_alpha` is true where the picture can be seen through. `dpi` is the lower of both axes, None where none is stated.
    """

    sha256: str
    format: str
    width: int
    height: int
    has_alpha: bool
    dpi: int | None
    byte_size: int


def check_image(data: bytes) -> ImageFacts:
    """The facts of the picture in `data`, which is decoded once from end to end to be sure that it can be.

    Raises ImportProblem with the code empty_file, too_large, svg, unsupported_format, not_an_image, too_many_pixels,
    side_too_long, animated, truncated or damaged.
    """
    with naming_damage(data), open_image(data) as image:
        image.load()
        return read_facts(image, data)


def read_facts(image: Image.Image, data: bytes) -> ImageFacts:
    """The facts of `image`, which is loaded from `data`."""
    sideways = read_orientation(image) in (5, 6, 7, 8)
    width, height = image.size[::-1] if sideways else image.size
    return ImageFacts(
        sha256=hashlib.sha256(data).hexdigest(),
        # A JPEG with further pictures behind the first, as phones write it; only the first is ever shown.
        format=JPEG if image.format == "MPO" else str(image.format),
        width=width,
        height=height,
        has_alpha=is_see_through(image),
        dpi=_read_dpi(image),
        byte_size=len(data),
    )


def open_image(data: bytes) -> Image.Image:
    """The picture in `data` with its header read, the limits checked on it, and no pixel decoded yet.

    Raises ImportProblem as `check_image` does.
    """
    if not data:
        raise ImportProblem(Code.EMPTY_FILE)
    if len(data) > MAX_BYTES:
        raise ImportProblem(Code.IMAGE_TOO_LARGE, size=len(data), limit=MAX_BYTES)
    _check_format(data)
    with naming_damage(data):
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    _check_size(*image.size)
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ImportProblem(Code.ANIMATED)
    return image


@contextmanager
def naming_damage(data: bytes) -> Iterator[None]:
    """Turn whatever Pillow raises inside about the picture in `data` into ImportProblem."""
    try:
        yield
    except BOMBS as error:
        raise _too_many_pixels() from error
    except DAMAGES as error:
        format = sniff_format(data)
        raise ImportProblem(Code.TRUNCATED if format and ends_early(data, format) else Code.DAMAGED) from error


def is_see_through(image: Image.Image) -> bool:
    """Whether the loaded `image` has a pixel that is not opaque; an alpha channel alone does not make it so.

    16-bit grey with a transparent shade counts as opaque: Pillow cannot apply the shade.
    """
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        image = image.convert("RGBA")
    if image.mode not in ("RGBA", "LA", "PA"):
        return False
    return any(image.getchannel("A").histogram()[:255])


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the EXIF block is damaged."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DAMAGES:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def matches_extension(name: str, format: str) -> bool:
    """Whether the file name's extension is one of those of `format` (JPEG, PNG, WEBP)."""
    return name.rpartition(".")[2].lower() in EXTENSIONS[format]


def _check_format(data: bytes) -> None:
    found = sniff_format(data)
    if found is None:
        raise ImportProblem(Code.NOT_AN_IMAGE)
    if found == "SVG":
        raise ImportProblem(Code.SVG)
    if found not in FORMATS:
        raise ImportProblem(Code.UNSUPPORTED_FORMAT, format=found)
    if found == WEBP and (size := read_webp_size(data)):
        _check_size(*size)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if max(width, height) > MAX_SIDE:
        raise ImportProblem(Code.SIDE_TOO_LONG, width=width, height=height, limit=MAX_SIDE)


def _too_many_pixels() -> ImportProblem:
    return ImportProblem(Code.TOO_MANY_PIXELS, limit=MAX_PIXELS // 10**6)


def _read_dpi(image: Image.Image) -> int | None:
    stated = image.info.get("dpi")
    if not isinstance(stated, tuple) or len(stated) != 2:
        return None
    lowest = min(float(value) for value in stated)
    return round(lowest) if math.isfinite(lowest) and 1 <= lowest < 10**6 else None

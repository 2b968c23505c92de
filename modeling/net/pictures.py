"""A picture from the bytes of any JPEG, PNG or WebP file, for programs that have no site: the same pixels as the site gives its models."""

from __future__ import annotations

import functools
import hashlib
import io
import math
from pathlib import Path
from typing import Any, cast

from PIL import ExifTags, Image, ImageCms

from modeling.net.records import Picture, PictureMissing

FORMATS = ("JPEG", "PNG", "WEBP")
LONG_SIDE, REDUCING_GAP, QUALITY, SUBSAMPLING = 1_600, 2.0, 88, 2
MOST_PIXELS = 40_000_000
SRGB = ImageCms.createProfile("sRGB")
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(file: Path) -> Picture:
    """The picture in a file; raises PictureMissing where there is none that can be read."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PictureMissing(f"{file} cannot be read: {error.strerror}") from error
    return read_picture(data, str(file))


def read_picture(data: bytes, name: str = "the picture") -> Picture:
    """The picture in the bytes of a file; raises PictureMissing, which says `name`, where it is none or has more than 40 megapixels."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PictureMissing(f"{name} has more than {MOST_PIXELS // 1_000_000} megapixels")
            sideways = read_orientation(image) in (5, 6, 7, 8)
            width, height = image.size[::-1] if sideways else image.size
            form, dpi = ("JPEG" if image.format == "MPO" else str(image.format)), read_dpi(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureMissing(f"{name} is no JPEG, PNG or WebP that can be read") from error

    @functools.cache
    def read() -> bytes:
        try:
            return render(data)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise PictureMissing(f"{name} is damaged") from error

    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=width, height=height, format=form, dpi=dpi, read=read)


def render(data: bytes) -> bytes:
    """An upright sRGB file of a picture, at most 1,600 pixels on the longer side: PNG where it can be seen through, else JPEG.

    Step by step what the site does when it shows a picture (labeling/image_render.py): a model sees what people see.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        image.load()
        orientation, profile = read_orientation(image), image.info.get("icc_profile")
        pixels = to_plain_mode(image)
    pixels.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    pixels = to_srgb(pixels, profile)
    if orientation in UPRIGHT:
        pixels = pixels.transpose(UPRIGHT[orientation])
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    stream = io.BytesIO()
    if clean.mode == "RGBA":
        clean.save(stream, "PNG", compress_level=6)
    else:
        clean.save(stream, "JPEG", quality=QUALITY, subsampling=SUBSAMPLING)
    return stream.getvalue()


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it is damaged."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError):
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def read_dpi(image: Image.Image) -> int | None:
    """The lower of both axes; None where none is stated."""
    stated = image.info.get("dpi")
    if not isinstance(stated, tuple) or len(stated) != 2:
        return None
    lowest = min(float(value) for value in stated)
    return round(lowest) if math.isfinite(lowest) and 1 <= lowest < 10**6 else None


def to_plain_mode(image: Image.Image) -> Image.Image:
    """The picture as L, RGB, RGBA or CMYK with 8 bits a channel."""
    if is_see_through(image):
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("L", "CMYK"):
        return image.copy()
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def is_see_through(image: Image.Image) -> bool:
    """Whether a pixel is not opaque."""
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        image = image.convert("RGBA")
    if image.mode not in ("RGBA", "LA", "PA"):
        return False
    return any(image.getchannel("A").histogram()[:255])


def to_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """The picture as L, RGB or RGBA with sRGB values; a profile that is damaged or of other channels is ignored."""
    plain = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
    if not profile:
        return plain
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = cast(Image.Image, ImageCms.profileToProfile(colours, source, SRGB, outputMode="RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return plain
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted

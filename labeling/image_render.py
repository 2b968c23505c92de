"""What people see of a picture: made anew from its pixels, upright, in sRGB, with nothing else in the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil
from typing import Literal, cast

from PIL import Image, ImageCms

from labeling.images import ImageFacts, is_see_through, naming_damage, open_image, read_facts, read_orientation

RenderSize = Literal["thumb", "screen", "full"]
LONG_SIDE: dict[RenderSize, int | None] = {"thumb": 320, "screen": 1_600, "full": None}
JPEG_QUALITY = 88
# A thumbnail is looked at in passing, and the finer filter takes more than twice as long.
FILTER: dict[RenderSize, Image.Resampling] = {"thumb": Image.Resampling.HAMMING, "screen": Image.Resampling.LANCZOS}
# How much larger than the result the first, coarse step of shrinking may leave a picture. Thumbnails of common sizes are made
# in a third of the time by it; where people look closely the step is finer.
REDUCING_GAP: dict[RenderSize, float] = {"thumb": 1.2, "screen": 2.0}
# 4:4:4 keeps coloured lettering sharp where people zoom in; the smaller sizes use 4:2:0.
SUBSAMPLING: dict[RenderSize, int] = {"thumb": 2, "screen": 2, "full": 0}
# A full picture is large and is looked at while it comes. The others are made for every picture of an import: packing them as well
# makes them a seventh smaller and takes five times as long.
PACKING: dict[RenderSize, dict[str, bool]] = {"thumb": {}, "screen": {}, "full": {"progressive": True, "optimize": True}}
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


def render_image(data: bytes, size: RenderSize) -> tuple[bytes, str]:
    """A new file of the picture in `data` and its content type: PNG where it can be seen through, else JPEG.

    The long side is at most 320 (thumb) or 1,600 pixels (screen), never more than the picture has; full keeps its size.
    Raises ImportProblem as `check_image` does.
    """
    return render_images(data, [size])[size]


def render_images(data: bytes, sizes: Sequence[RenderSize]) -> dict[RenderSize, tuple[bytes, str]]:
    """`render_image` in several sizes for one decoding; the largest comes first, and each is made from the one before."""
    with naming_damage(data), open_image(data) as image:
        largest = LONG_SIDE[sizes[0]]
        if largest:
            # A JPEG decodes at a half, a quarter or an eighth in a fraction of the time.
            share = REDUCING_GAP[sizes[0]] * largest / max(image.size)
            image.draft(None, (ceil(share * image.width), ceil(share * image.height)))
        image.load()
        return _render(image, sizes)


def check_and_render(data: bytes, sizes: Sequence[RenderSize]) -> tuple[ImageFacts, dict[RenderSize, tuple[bytes, str]]]:
    """`check_image` and `render_images` for one decoding, which is most of the work of both."""
    with naming_damage(data), open_image(data) as image:
        image.load()
        return read_facts(image, data), _render(image, sizes)


def _render(image: Image.Image, sizes: Sequence[RenderSize]) -> dict[RenderSize, tuple[bytes, str]]:
    orientation, profile = read_orientation(image), image.info.get("icc_profile")
    pixels = _to_plain_mode(image)
    made: dict[RenderSize, tuple[bytes, str]] = {}
    for size in sizes:
        if long_side := LONG_SIDE[size]:
            pixels.thumbnail((long_side, long_side), FILTER[size], reducing_gap=REDUCING_GAP[size])
        pixels, profile = _to_srgb(pixels, profile), None
        made[size] = _encode(pixels.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else pixels, size)
    return made


def _to_plain_mode(image: Image.Image) -> Image.Image:
    """`image` as L, RGB, RGBA or CMYK with 8 bits a channel, the modes that can be resampled and saved."""
    if is_see_through(image):
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        # Pillow would cut 16-bit grey off at 255 instead of scaling it.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("L", "CMYK"):
        return image.copy()
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` as L, RGB or RGBA with sRGB values; a profile that is damaged or of other channels is ignored."""
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


def _encode(pixels: Image.Image, size: RenderSize) -> tuple[bytes, str]:
    # A new image: an old one carries its comment, profile and EXIF into whatever it is saved as.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    stream = io.BytesIO()
    if clean.mode == "RGBA":
        clean.save(stream, "PNG", compress_level=6)
        return stream.getvalue(), "image/png"
    clean.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=SUBSAMPLING[size], **PACKING[size])
    return stream.getvalue(), "image/jpeg"

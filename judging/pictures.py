"""The bytes a backend sends: upright RGB JPEGs of modest size, or one sheet of numbered cells."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from PIL import Image, ImageDraw, ImageFont

from judging.material import Picture, PictureLost
from judging.rubrics.base import Ask
from judging.rubrics.layouts import MARGIN_PX, cell_px, count_columns
from labeling.data_in.problem import ImportProblem
from labeling.image_render import LONG_SIDE, RenderSize, render_image
from labeling.images import open_image

JPEG_QUALITY = 92
# 4:4:4 keeps the edges of coloured lettering.
SUBSAMPLING = 0
NUMBER_PX = 20
CACHE_BYTES = 64 * 1024**2


class ByteCache:
    """The files made last, at most `limit` bytes of them; several threads may use it."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self._files: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: tuple[str, int], make: Callable[[], bytes]) -> bytes:
        """The file of `key`, made where it is not there. Two threads may make the same one; both get theirs."""
        with self._lock:
            if (found := self._files.get(key)) is not None:
                self._files.move_to_end(key)
                return found
        made = make()
        self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, int], made: bytes) -> None:
        with self._lock:
            self.size += len(made) - len(self._files.pop(key, b""))
            self._files[key] = made
            while self.size > self.limit:
                self.size -= len(self._files.popitem(last=False)[1])


CACHE = ByteCache(CACHE_BYTES)


def encode_pictures(ask: Ask) -> list[bytes]:
    """The JPEG files to send with `ask`, in order: one for each picture, or a single sheet.

    A picture has at most `ask.side_px` on its longer side and is never enlarged; so has a sheet. Raises PictureLost where a picture is
    gone or can no longer be decoded.
    """
    if ask.layout == "sheet":
        return [_encode(draw_sheet(ask.pictures, ask.side_px))]
    return [encode_picture(picture, ask.side_px) for picture in ask.pictures]


def encode_picture(picture: Picture, side_px: int) -> bytes:
    """One picture as JPEG, kept for the next question that shows it at this size."""
    return CACHE.get_or_make((picture.sha256, side_px), lambda: _make_file(picture, side_px))


def shrink(picture: Picture, side_px: int) -> Image.Image:
    """The picture upright, in sRGB, on white where it can be seen through, at most `side_px` on its longer side.

    It starts from what people are shown, so that a judge sees the same and nothing else that the file carries. Raises PictureLost.
    """
    return _shrink(_render(picture, side_px), side_px)


def _make_file(picture: Picture, side_px: int) -> bytes:
    rendered = _render(picture, side_px)
    with open_image(rendered) as image:
        if image.format == "JPEG" and image.mode == "RGB" and max(image.size) <= side_px:
            # As people see it already: packing it again would take time and blur it a little more.
            return rendered
    return _encode(_shrink(rendered, side_px))


def _render(picture: Picture, side_px: int) -> bytes:
    """The smallest of the files made for people that is not smaller than `side_px`. Raises PictureLost."""
    screen = LONG_SIDE["screen"]
    size: RenderSize = "screen" if screen and side_px <= screen else "full"
    try:
        return render_image(picture.read(), size)[0]
    except ImportProblem as problem:
        raise PictureLost(f"{picture.sha256}: {problem}") from problem


def _shrink(rendered: bytes, side_px: int) -> Image.Image:
    with open_image(rendered) as image:
        pixels = _on_white(image)
    pixels.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    return pixels


def draw_sheet(pictures: tuple[Picture, ...], side_px: int) -> Image.Image:
    """The pictures in rows on one sheet, each with its number, from 1, in the strip above it.

    No larger than its pictures need, nor than `side_px` on its longer side.
    """
    columns = count_columns(len(pictures))
    most = max(max(picture.width, picture.height) for picture in pictures)
    cell = min(cell_px(len(pictures), side_px), most)
    step = cell + MARGIN_PX
    sheet = Image.new("RGB", (columns * step, -(-len(pictures) // columns) * step), "white")
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        _draw_cell(sheet, (column * step, row * step), str(place + 1), shrink(picture, cell))
    return sheet


def _draw_cell(sheet: Image.Image, corner: tuple[int, int], number: str, pixels: Image.Image) -> None:
    left, top = corner
    font = ImageFont.load_default(NUMBER_PX)
    ImageDraw.Draw(sheet).text((left + MARGIN_PX // 2, top + MARGIN_PX // 2), number, fill="black", font=font, anchor="lm")
    sheet.paste(pixels, (left + MARGIN_PX // 2, top + MARGIN_PX))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _encode(pixels: Image.Image) -> bytes:
    stream = io.BytesIO()
    pixels.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=SUBSAMPLING)
    return stream.getvalue()

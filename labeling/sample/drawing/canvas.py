"""A drawing surface whose unit is a thousandth of the picture's width, so that a scene fits every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from labeling.sample.drawing.fonts import chinese_font_file, load_font

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Stencil = Callable[[ImageDraw.ImageDraw, Callable[[float, float], tuple[float, float]]], None]

# Shapes are drawn at twice the size and halved at the end, which smooths every edge at once.
OVERSIZE = 2
BLUR_SCALE = 8
PAPER_SIDE = 640
SHADE: Colour = (20, 16, 24)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of `other` in `one`, from 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def colour(text: str) -> Colour:
    """The colour of six hexadecimal digits."""
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


class Canvas:
    """The surface: 1,000 units wide and `height` units high, y downward."""

    def __init__(self, size: tuple[int, int], background: Colour) -> None:
        self.size = size
        self.height = 1000 * size[1] / size[0]
        self.unit = OVERSIZE * size[0] / 1000
        self.image = Image.new("RGB", (OVERSIZE * size[0], OVERSIZE * size[1]), background)
        self.draw = ImageDraw.Draw(self.image)

    def place(self, x: float, y: float) -> Point:
        """A point in pixels."""
        return x * self.unit, y * self.unit

    def pixels(self, box: Box) -> tuple[int, int, int, int]:
        """A box in whole pixels."""
        left, top, right, bottom = (round(value * self.unit) for value in box)
        return left, top, right, bottom

    def fade(self, *stops: Colour, top: float = 0, bottom: float | None = None) -> None:
        """Fill from `top` to `bottom` with colours that run into each other downward."""
        first, last = round(top * self.unit), round((self.height if bottom is None else bottom) * self.unit)
        self.image.paste(ramp(stops, (self.image.width, max(1, last - first)), across=False), (0, first))

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse around a point."""
        self.draw.ellipse(self.pixels((x - rx, y - ry, x + rx, y + ry)), fill=fill)

    def ring(self, x: float, y: float, radius: float, width: float, fill: Colour) -> None:
        """A circle's line."""
        self.draw.ellipse(self.pixels((x - radius, y - radius, x + radius, y + radius)), outline=fill, width=round(width * self.unit))

    def arc(self, x: float, y: float, radius: float, start: float, end: float, width: float, fill: Colour) -> None:
        """A part of a circle's line, in degrees clockwise from the right."""
        self.draw.arc(self.pixels((x - radius, y - radius, x + radius, y + radius)), start, end, fill=fill, width=round(width * self.unit))

    def box(self, box: Box, fill: Colour, radius: float = 0) -> None:
        """A rectangle, with round corners if `radius` says so."""
        self.draw.rounded_rectangle(self.pixels(box), radius * self.unit, fill=fill)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon([self.place(*point) for point in points], fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """A line through points."""
        self.draw.line([self.place(*point) for point in points], fill=fill, width=max(1, round(width * self.unit)), joint="curve")

    def shade(self, box: Box, stencil: Stencil, stops: Sequence[Colour], across: bool = True) -> None:
        """Fill what `stencil` draws inside `box` with colours that run into each other, across or downward."""
        left, top, right, bottom = self.pixels(box)
        mask = Image.new("L", (right - left, bottom - top))
        stencil(ImageDraw.Draw(mask), lambda x, y: (x * self.unit - left, y * self.unit - top))
        self.image.paste(ramp(stops, mask.size, across), (left, top), mask)

    def haze(self, box: Box, stencil: Stencil, fill: Colour, strength: float, blur: float) -> None:
        """Lay `fill` softly over what `stencil` draws inside `box`: a shadow or a glow; `blur` is its edge in units."""
        left, top, right, bottom = self.pixels(box)
        small = Image.new("L", ((right - left) // BLUR_SCALE + 1, (bottom - top) // BLUR_SCALE + 1))
        brush = ImageDraw.Draw(small)
        stencil(brush, lambda x, y: ((x * self.unit - left) / BLUR_SCALE, (y * self.unit - top) / BLUR_SCALE))
        soft = small.filter(ImageFilter.GaussianBlur(blur * self.unit / BLUR_SCALE)).point(lambda value: value * strength)
        mask = soft.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        self.image.paste(fill, (left, top, right, bottom), mask)

    def glow(self, x: float, y: float, radius: float, fill: Colour, strength: float) -> None:
        """A soft round light."""
        box = (x - radius, y - radius, x + radius, y + radius)
        inner = radius * 0.45
        self.haze(box, round_stencil(x, y, inner, inner), fill, strength, radius * 0.25)

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.45) -> None:
        """The soft shadow of a thing that stands at a point."""
        box = (x - rx * 1.6, y - ry * 3, x + rx * 1.6, y + ry * 3)
        self.haze(box, round_stencil(x, y, rx, ry), (20, 16, 24), strength, ry * 0.8)

    def text(
        self, x: float, y: float, words: str, size: float, fill: Colour, *, anchor: str = "mm", bold: float = 0, width: float = 0
    ) -> None:
        """One line of letters, made smaller until it fits `width`; Chinese ones only where the machine has a font for them."""
        chinese = any(ord(letter) > 0x2E80 for letter in words)
        if chinese and chinese_font_file() is None:
            words, chinese = "· · ·", False
        font = load_font(max(8, round(size * self.unit)), chinese)
        if width and (found := font.getlength(words)) > width * self.unit:
            font = load_font(max(8, int(size * self.unit * width * self.unit / found)), chinese)
        stroke = 0 if chinese else round(bold * size * self.unit / 100)
        self.draw.text(self.place(x, y), words, fill=fill, font=font, anchor=anchor, stroke_width=stroke, stroke_fill=fill)

    def finish(self) -> Image.Image:
        """The picture in its real size, a little darker towards the lower right, with the grain of paper."""
        picture = self.image.reduce(OVERSIZE)
        picture.paste(SHADE, mask=shade_field(self.size))
        return picture


def ramp(stops: Sequence[Colour], size: tuple[int, int], across: bool) -> Image.Image:
    """A picture of evenly spaced colours that run into each other, across or downward."""
    line = Image.new("RGB", (len(stops), 1) if across else (1, len(stops)))
    line.putdata(list(stops))
    long = line.resize((size[0], 1) if across else (1, size[1]), Image.Resampling.BILINEAR)
    return long.resize(size, Image.Resampling.NEAREST)


def round_stencil(x: float, y: float, rx: float, ry: float) -> Stencil:
    """An ellipse for `shade` and `haze`."""

    def stencil(draw: ImageDraw.ImageDraw, place: Callable[[float, float], Point]) -> None:
        draw.ellipse((*place(x - rx, y - ry), *place(x + rx, y + ry)), fill=255)

    return stencil


def box_stencil(box: Box, radius: float = 0) -> Stencil:
    """A rectangle with round corners for `shade` and `haze`; `radius` in units."""

    def stencil(draw: ImageDraw.ImageDraw, place: Callable[[float, float], Point]) -> None:
        left, top = place(box[0], box[1])
        right, bottom = place(box[2], box[3])
        scale = (right - left) / (box[2] - box[0])
        draw.rounded_rectangle((left, top, right, bottom), radius * scale, fill=255)

    return stencil


def polygon_stencil(points: Sequence[Point]) -> Stencil:
    """A polygon for `shade` and `haze`."""

    def stencil(draw: ImageDraw.ImageDraw, place: Callable[[float, float], Point]) -> None:
        draw.polygon([place(*point) for point in points], fill=255)

    return stencil


@lru_cache(maxsize=32)
def shade_field(size: tuple[int, int]) -> Image.Image:
    """How much darker a picture of this size is where, of 255: nothing at the upper left, and everywhere a little grain."""
    field = Image.new("L", (16, 16))
    field.putdata([round(1.3 * max(0, x + y - 8)) for y in range(16) for x in range(16)])
    return ImageChops.add(field.resize(size, Image.Resampling.BICUBIC), paper().resize(size, Image.Resampling.NEAREST))


@lru_cache(maxsize=1)
def paper() -> Image.Image:
    """The sheet that every grain is cut from: nearly nothing."""
    return Image.effect_noise((PAPER_SIDE, PAPER_SIDE), 40).point(lambda value: value // 14)

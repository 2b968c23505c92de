"""From a scene to the bytes of a picture file, with what goes wrong after the drawing."""

from __future__ import annotations

import io

from PIL import Image

from labeling.sample.drawing.canvas import Canvas
from labeling.sample.drawing.hand import Hand, Scene

QUALITY, BLOCKS_QUALITY = 90, 14
DPI = 300
PAPER = (255, 255, 255)
LEVELS = range(256)
# What `tint` does to red, green and blue: a factor and an offset.
TINT = ((0.84, 0), (1.0, 4), (0.93, 30))


def draw_picture(scene: Scene, hand: Hand, size: tuple[int, int]) -> bytes:
    """A JPEG file of `scene` as `hand` draws it. `size` is in pixels; the flaw `size` makes it a sixth lower than asked for."""
    width, height = size
    canvas = Canvas((width, height * 5 // 6) if "size" in hand.flaws else size, PAPER)
    scene(canvas, hand)
    picture = develop(canvas.finish(), hand)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=BLOCKS_QUALITY if "blocks" in hand.flaws else QUALITY, dpi=(DPI, DPI))
    return stream.getvalue()


def develop(picture: Image.Image, hand: Hand) -> Image.Image:
    """`picture` with the tone of its hand, so that no two hands make the same file, and `soft`, `tint` or `dull` if they say so."""
    if "soft" in hand.flaws:
        picture = picture.reduce(4).resize(picture.size, Image.Resampling.BICUBIC)
    rng = hand.draw_style()
    changes = [(rng.uniform(0.97, 1.0), 0.0) for _ in range(3)]
    if "tint" in hand.flaws:
        changes = [(gain * share, add) for (gain, _none), (share, add) in zip(changes, TINT, strict=True)]
    if "dull" in hand.flaws:
        changes = [(gain * 0.6, add + 62) for gain, add in changes]
    return picture.point([min(255, int(value * gain + add)) for gain, add in changes for value in LEVELS])

"""Which pictures stand beside a candidate's own, and sheets that show several of them in one.

Packing of the paper: the candidate whole, at most one source whole, the other pictures of its set and the references on at most two
sheets each, at most six pictures in all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from modeling.net.records import Example, Picture

Part = Literal["candidate", "source", "siblings", "references"]
# Up to so many pictures share a sheet before a second one is begun.
PER_SHEET = 4
SHEETS = 2
GROUND = (128, 128, 128)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture of a prompt: a single one whole, several on a sheet."""

    part: Part
    pictures: tuple[Picture, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What two panels must have in common to look alike."""
        return tuple(picture.sha256 for picture in self.pictures)


def choose_panels(example: Example) -> list[Panel]:
    """The pictures of a prompt in their order, at most six. Sources after the first lie with the references."""
    order = example.order
    first, rest = order.sources[:1], order.sources[1:]
    return [
        Panel(part="candidate", pictures=(example.picture,)),
        *(Panel(part="source", pictures=(picture,)) for picture in first),
        *lay_out("siblings", example.siblings),
        *lay_out("references", (*rest, *order.references)),
    ]


def lay_out(part: Part, pictures: Sequence[Picture]) -> list[Panel]:
    """The pictures on as few sheets as hold four each, and on two halves of them where that would be more than two."""
    sheets = min(SHEETS, math.ceil(len(pictures) / PER_SHEET))
    if not sheets:
        return []
    size = math.ceil(len(pictures) / sheets)
    return [Panel(part=part, pictures=tuple(pictures[start : start + size])) for start in range(0, len(pictures), size)]


def make_sheet(images: Sequence[Image.Image], side: int) -> Image.Image:
    """One image as it is; several, each whole in its own cell of a square sheet of `side` pixels, row by row on grey."""
    if len(images) == 1:
        return images[0].convert("RGB")
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    cell_w, cell_h = side // columns, side // rows
    sheet = Image.new("RGB", (side, side), GROUND)
    for number, image in enumerate(images):
        fitted = fit(image, cell_w, cell_h)
        left, top = (number % columns) * cell_w, (number // columns) * cell_h
        sheet.paste(fitted, (left + (cell_w - fitted.width) // 2, top + (cell_h - fitted.height) // 2))
    return sheet


def fit(image: Image.Image, width: int, height: int) -> Image.Image:
    """The whole image, as large as it can be within so many pixels."""
    scale = min(width / image.width, height / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)

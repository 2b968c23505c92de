"""All that is measured of one picture by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from judging.material import Picture, PictureLost
from judging.rubrics.classical.blockiness import measure_evenness
from judging.rubrics.classical.colour import Palette, measure_colourfulness, read_palette
from judging.rubrics.classical.noise import measure_noise
from judging.rubrics.classical.pixels import read_pixels
from judging.rubrics.classical.planes import Pixels, read_luma
from judging.rubrics.classical.sharpness import measure_blur
from judging.rubrics.classical.tones import measure_contrast, measure_span


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one picture looks like, in numbers; units and ranges stand at the functions. None where it is too small or flat to tell."""

    blur: float | None
    noise: float | None
    evenness: float | None
    contrast: float
    span: float
    colourfulness: float
    palette: Palette = field(repr=False, compare=False)

    @property
    def numbers(self) -> dict[str, float | None]:
        """All but the palette, by name."""
        return {name: value for name, value in vars(self).items() if name != "palette"}


def look_at(pixels: Pixels) -> Look:
    """Everything that is measured of one picture."""
    luma = read_luma(pixels)
    return Look(
        blur=measure_blur(luma),
        noise=measure_noise(luma),
        evenness=measure_evenness(luma),
        contrast=measure_contrast(luma),
        span=measure_span(luma),
        colourfulness=measure_colourfulness(pixels),
        palette=read_palette(pixels),
    )


# The bundles of all generators for a task share its references; a look takes about two kilobytes.
@lru_cache(maxsize=2048)
def look_at_reference(picture: Picture) -> Look:
    """`look_at` for a picture that many bundles share. Raises PictureLost."""
    return look_at(read_pixels(picture))


def list_looks(pictures: Sequence[Picture]) -> list[Look]:
    """The looks of those `pictures` that can still be read."""
    looks = []
    for picture in pictures:
        try:
            looks.append(look_at_reference(picture))
        except PictureLost:
            continue
    return looks

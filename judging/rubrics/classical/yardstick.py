"""What counts as fine for a task: what is usual for pictures, or what its own references have, whichever asks for less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judging.rubrics.classical.look import Look

# Percentiles over the 261 reference pictures of ServImageBench, which are clean; benchmarks/classical_limits.py shows them. Nine in ten
# pass on each of blur, noise and evenness.
USUAL_BLUR, USUAL_NOISE, USUAL_EVENNESS = 0.31, 0.90, 0.54
# A quarter makes use of a smaller span of tones; a tenth is less colourful, one in twenty more colourful.
USUAL_SPAN, USUAL_COLOURFULNESS, STRONG_COLOURFULNESS = 0.725, 8.0, 93.0


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """The limits inside which nothing is held against a picture, in the units of the measures."""

    most_blur: float
    most_noise: float
    least_evenness: float
    least_span: float
    least_colourfulness: float
    most_colourfulness: float


def make_yardstick(references: Sequence[Look]) -> Yardstick:
    """The limits for a task with these references: no picture has to be better than the worst of them, nor than is usual."""
    return Yardstick(
        most_blur=max([USUAL_BLUR, *(look.blur for look in references if look.blur is not None)]),
        most_noise=max([USUAL_NOISE, *(look.noise for look in references if look.noise is not None)]),
        least_evenness=min([USUAL_EVENNESS, *(look.evenness for look in references if look.evenness is not None)]),
        least_span=min([USUAL_SPAN, *(look.span for look in references)]),
        least_colourfulness=min([USUAL_COLOURFULNESS, *(look.colourfulness for look in references)]),
        most_colourfulness=max([STRONG_COLOURFULNESS, *(look.colourfulness for look in references)]),
    )

"""From measures to scores of one picture, each share 1 where nothing is wrong and 0 where all is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import prod

from judging.material import Sample
from judging.rubrics.base import Value
from judging.rubrics.classical.colour import FAR_PALETTE, NEAR_PALETTE, compare_palettes
from judging.rubrics.classical.look import Look
from judging.rubrics.classical.ramp import fall
from judging.rubrics.classical.values import give
from judging.rubrics.classical.yardstick import Yardstick, make_yardstick

TOP = 5.0
QUALITIES = ("veq_clarity", "veq_realism", "veq_aesthetic")
Shares = dict[str, float | None]

# Where all is lost, found by damaging the reference pictures of ServImageBench (benchmarks/classical_limits.py); the median in each case.
LOST_BLUR = 0.81  # Gaussian blur of four pixels on a picture of 512: no detail is left
LOST_EVENNESS = 0.13  # enlarged from a quarter without smoothing
# A deviation of 25 grey levels is the middle one of the usual tests of denoising (15, 25, 50), where fine detail is gone.
LOST_NOISE = 25.0
# As much above the most that is fine as the strongest level of Hasler & Süsstrunk (109) is above "not colourful".
TOO_COLOURFUL = 109.0
# References are examples, so colours of one's own cost half of the score at most.
LEAST_PALETTE_SHARE = 0.5


def score_quality(sample: Sample, look: Look, references: Sequence[Look]) -> Iterator[Value]:
    """Clarity, realism and aesthetic of one candidate, each 0 to 5, with the measures, the limits and the shares they come from."""
    yardstick = make_yardstick(references)
    behind = {"measures": look.numbers, "limits": asdict(yardstick), "references": len(references)}
    rated = rate_clarity(look, yardstick), rate_realism(look, yardstick), rate_aesthetic(look, yardstick, references)
    for concept, shares in zip(QUALITIES, rated, strict=True):
        yield give(concept, sample, score_shares(shares), shares=shares, **behind)


def rate_clarity(look: Look, yardstick: Yardstick) -> Shares:
    """Sharp, free of noise, not made of blocks."""
    blur = None if look.blur is None else fall(look.blur, min(yardstick.most_blur, LOST_BLUR - 0.01), LOST_BLUR)
    return {"sharp": blur, **rate_realism(look, yardstick)}


def rate_realism(look: Look, yardstick: Yardstick) -> Shares:
    """Free of what neither a camera nor a brush leaves: noise and blocks. Whether the thing shown could exist is not measured."""
    noise = None if look.noise is None else fall(look.noise, min(yardstick.most_noise, LOST_NOISE - 1), LOST_NOISE)
    evenness = None if look.evenness is None else fall(look.evenness, max(yardstick.least_evenness, LOST_EVENNESS + 0.01), LOST_EVENNESS)
    return {"free_of_noise": noise, "free_of_blocks": evenness}


def rate_aesthetic(look: Look, yardstick: Yardstick, references: Sequence[Look]) -> Shares:
    """Enough contrast and colour, not too much of it, and colours like those of the nearest reference where there is one."""
    distance = find_nearest(look, references)
    most = yardstick.most_colourfulness
    # Without references there is nothing the colours have to be like.
    palette = {} if distance is None else {"palette": max(LEAST_PALETTE_SHARE, fall(distance, NEAR_PALETTE, FAR_PALETTE))}
    return {
        "contrast": fall(look.span, yardstick.least_span, 0) if yardstick.least_span else 1.0,
        "colour": fall(look.colourfulness, yardstick.least_colourfulness, 0) if yardstick.least_colourfulness else 1.0,
        "not_gaudy": fall(look.colourfulness, most, most + TOO_COLOURFUL),
        **palette,
    }


def find_nearest(look: Look, others: Sequence[Look]) -> float | None:
    """The distance of the palette of `look` to the nearest of `others`; None where there are none."""
    return min((compare_palettes(look.palette, other.palette) for other in others), default=None)


def score_shares(shares: Shares) -> float | None:
    """A score in [0, 5]: one fault that loses all decides, several small ones add up. None where a share is not known."""
    known = [share for share in shares.values() if share is not None]
    return TOP * prod(known) if len(known) == len(shares) else None

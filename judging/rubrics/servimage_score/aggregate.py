"""How single judgements become scores: plain arithmetic in code, never left to the judge.

None means that a component does not apply (no points, no text in the picture, neither edited nor one of several); it is left out of
every mean and is not a low score. Where something applies but could not be read there is no score either, and nothing here is called.
Source: ServImage (arXiv 2604.24023) section 3.3 and appendix E; where the paper is silent the choice is named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

Bits = Sequence[Sequence[int]]


def points_met(rows: Bits, of_every: Collection[int] = ()) -> list[int]:
    """For each point 1 where at least one image meets it, else 0. `rows` holds one row of 0 and 1 per image, one place per point.

    Points whose position (from 0) is in `of_every` must be met by every image: an extension, for points such as "each photo shows a
    couple", which otherwise pass on a single image. Raises ValueError for rows of different lengths.
    """
    columns = list(zip(*rows, strict=True))
    return [int(all(bits) if place in of_every else any(bits)) for place, bits in enumerate(columns)]


def brf_score(rows: Bits) -> float | None:
    """Brief following in [0, 5]: five times the share of points that at least one image meets; None without points.

    Two images, [1,0,0,1] and [0,0,1,1]: met [1,0,1,1], a share of .75, BRF 3.75.
    """
    met = points_met(rows)
    return 5 * sum(met) / len(met) if met else None


def technical_score(clarity: float, realism: float) -> float:
    """The technical part of VEQ in [0, 5]: the mean of both. A choice: section 3.3 has one score, appendix E asks for four."""
    return (clarity + realism) / 2


def veq_score(clarity: float, realism: float, aesthetic: float, text: float | None, *, flat: bool = False) -> float:
    """Visual quality in [0, 5]: the mean of technical part, aesthetic and, where there is text in the picture, text.

    `flat` takes clarity and realism as two parts of their own. Clarity 4, realism 5, aesthetic 3, no text: (4.5 + 3) / 2 = 3.75,
    flat 4.0; with text 2: (4.5 + 3 + 2) / 3 = 3.1667, flat 3.5.
    """
    technical = [clarity, realism] if flat else [technical_score(clarity, realism)]
    return fmean([*technical, aesthetic] if text is None else [*technical, aesthetic, text])


def cns_set_score(scores: Sequence[float]) -> float | None:
    """Consistency of a set in [1, 5]: the mean over its images, None without any.

    A choice: the paper defines one score of the set while its prompt returns one per image; its table 13 has a 2.5, so a mean was taken.
    """
    return fmean(scores) if scores else None


def cns_score(edit: float | None, of_set: float | None) -> float | None:
    """Consistency of an image in [1, 5]: the one that applies, the mean of both where both do (a choice), None where neither does."""
    return _mean_of([edit, of_set])


def composite(brf: float | None, veq: float | None, cns: float | None) -> float | None:
    """One number for an image: the mean of the components that apply, None where none does.

    A choice: the paper needs a scalar in its figure 3 and table 11 and defines none. It calls the scores a tuple, not a weighted sum.
    """
    return _mean_of([brf, veq, cns])


def sum_score(brf: float | None, veq: float | None, cns: float | None) -> float:
    """The sum of the components that apply. Fair only within a task, for what applies is a property of the task."""
    return sum(score for score in (brf, veq, cns) if score is not None)


def bundle_sum_score(images: Sequence[tuple[float | None, float | None, float | None]]) -> float | None:
    """What decides a tie in the competition: the mean over the images of a bundle of `sum_score`(BRF, VEQ, CNS); None without images."""
    return fmean(sum_score(*scores) for scores in images) if images else None


def _mean_of(scores: Sequence[float | None]) -> float | None:
    present = [score for score in scores if score is not None]
    return fmean(present) if present else None

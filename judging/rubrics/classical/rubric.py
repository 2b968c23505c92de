"""The rubric of the measures: what of a bundle can be seen, and which values come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from judging.material import Material, Picture, PictureLost, Sample
from judging.rubrics.base import MeasuringRubric, Value, Why
from judging.rubrics.classical.consistency import score_edit, score_set
from judging.rubrics.classical.look import Look, list_looks, look_at
from judging.rubrics.classical.pixels import read_pixels
from judging.rubrics.classical.planes import Pixels
from judging.rubrics.classical.quality import QUALITIES, score_quality
from judging.rubrics.classical.values import refuse

SPEECHLESS = ("brf", "veq_text")


class Classical(MeasuringRubric):
    """Measures of sharpness, noise, blocks, contrast, colour and likeness: a baseline, and what a machine without a model has."""

    name = "classical"
    version = 1
    concepts = ("brf", *QUALITIES, "veq_text", "cns_edit", "cns_set")

    def list_parts(self) -> tuple[str, ...]:
        """The one part there is."""
        return ("measures",)

    def measure(self, material: Material) -> Iterator[Value]:
        """Seven values for each candidate; those of a lost picture say so, and the others are scored without it."""
        pixels = {sample.key: read_or_none(sample.picture) for sample in material.samples}
        looks = {key: look_at(found) for key, found in pixels.items() if found is not None}
        references = list_looks(material.references)
        for sample in material.samples:
            look, others = looks.get(sample.key), [other for key, other in looks.items() if key != sample.key]
            yield from (refuse(concept, sample, Why.CANNOT_SPEAK) for concept in SPEECHLESS)
            yield from score_picture(sample, look, references)
            yield score_edit(material, sample, pixels[sample.key])
            yield score_set(material, sample, look, others, references)


def score_picture(sample: Sample, look: Look | None, references: Sequence[Look]) -> Iterator[Value]:
    """What is told of the candidate by itself; `look` is None where its picture is lost."""
    if look is None:
        return (refuse(concept, sample, Why.PICTURE_LOST) for concept in QUALITIES)
    return score_quality(sample, look, references)


def read_or_none(picture: Picture) -> Pixels | None:
    """The pixels of `picture`; None where it is lost."""
    try:
        return read_pixels(picture)
    except PictureLost:
        return None

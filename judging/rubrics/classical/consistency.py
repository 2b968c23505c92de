"""The scores of consistency: of an edit with its source, and of a picture with its bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from judging.material import Material, PictureLost, Sample
from judging.rubrics.base import Value, Why
from judging.rubrics.classical.bundle import fit_bundle
from judging.rubrics.classical.edit import compare_edit
from judging.rubrics.classical.look import Look
from judging.rubrics.classical.pixels import read_source
from judging.rubrics.classical.planes import Pixels
from judging.rubrics.classical.values import give, refuse

# The prompts of CNS ask for 1 to 5, never 0.
LEAST, TOP = 1.0, 5.0


def score_edit(material: Material, sample: Sample, pixels: Pixels | None) -> Value:
    """How much the edit has kept, 1 to 5, of the source that it is most like; `pixels` are those of the candidate, None if lost."""
    if not (material.is_editing and material.sources):
        return refuse("cns_edit", sample, Why.NOT_APPLICABLE)
    sources = list_sources(material)
    if pixels is None or not sources:
        return refuse("cns_edit", sample, Why.PICTURE_LOST, lost="candidate" if pixels is None else "source")
    found = [finding for source in sources if (finding := compare_edit(pixels, source))]
    best = max(found, key=lambda finding: finding.share, default=None)
    if best is None:
        return refuse("cns_edit", sample, Why.CANNOT_SPEAK)
    return give("cns_edit", sample, scale(best.share), measures=asdict(best), share=best.share, sources=len(sources))


def score_set(material: Material, sample: Sample, look: Look | None, others: Sequence[Look], references: Sequence[Look]) -> Value:
    """How well the candidate fits the `others` of its bundle that can be seen, 1 to 5."""
    if len(material.samples) < 2:
        return refuse("cns_set", sample, Why.NOT_APPLICABLE)
    if look is None:
        return refuse("cns_set", sample, Why.PICTURE_LOST)
    if not others:
        return refuse("cns_set", sample, Why.CANNOT_SPEAK)
    fit = fit_bundle(look, others, references)
    return give("cns_set", sample, scale(fit.share), measures=asdict(fit), others=len(others))


def list_sources(material: Material) -> list[Pixels]:
    """The source pictures that can still be read."""
    found = []
    for picture in material.sources:
        try:
            found.append(read_source(picture))
        except PictureLost:
            continue
    return found


def scale(share: float) -> float:
    """A share in [0, 1] as a score from 1 to 5."""
    return LEAST + (TOP - LEAST) * share

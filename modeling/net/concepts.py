"""The seven sub-scores of ServImageScore that the bottleneck predicts: their order, ranges and short names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ConceptRange:
    """The least and the highest value of a concept (paper section 4.3: BRF and VEQ from 0 to 5, CNS from 1 to 5)."""

    low: float
    high: float = 5.0


# In this order everywhere: in heads, checkpoints and files. The names are those of labeling.models.Concept.
RANGES: Mapping[str, ConceptRange] = {
    "brf": ConceptRange(low=0),
    "veq_clarity": ConceptRange(low=0),
    "veq_realism": ConceptRange(low=0),
    "veq_aesthetic": ConceptRange(low=0),
    "veq_text": ConceptRange(low=0),
    "cns_edit": ConceptRange(low=1),
    "cns_set": ConceptRange(low=1),
}
CONCEPTS: tuple[str, ...] = tuple(RANGES)
# With fewer labels in training a concept gets no head and nothing is told of it.
FEWEST_LABELS = 50

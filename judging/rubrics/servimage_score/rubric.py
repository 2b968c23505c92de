"""The rubric itself: its parts in order, and a score for each of their outcomes."""

from __future__ import annotations

from judging.material import Material
from judging.rubrics.base import Ask, AskingRubric, CannotAsk, Limits, Outcome, Value
from judging.rubrics.servimage_score import brf, cns_edit, cns_set, veq_aesthetic, veq_technical, veq_text

PARTS = {part.name: part for part in (brf.PART, veq_technical.PART, veq_aesthetic.PART, veq_text.PART, cns_edit.PART, cns_set.PART)}


class ServImageScore(AskingRubric):
    """Seven scores: BRF in [0, 5] per bundle, four of VEQ in [0, 5] and CNS edit in [1, 5] per candidate, CNS set in [1, 5] per bundle.

    The wording is our own; the rules are those of the ServImage paper (arXiv 2604.24023), section 3.3 and appendix E.
    """

    name = "servimage_score"
    version = 1
    concepts = tuple(concept for part in PARTS.values() for concept in part.concepts)
    of_bundle = frozenset({"brf", "cns_set"})

    def list_parts(self) -> tuple[str, ...]:
        """The parts in the order in which they are asked."""
        return tuple(PARTS)

    def concepts_of(self, part: str) -> tuple[str, ...]:
        """The concepts that a part gives."""
        return PARTS[part].concepts

    def ask(self, material: Material, limits: Limits) -> list[Ask | CannotAsk]:
        """The questions of every part, part by part, candidates in the order of their deliverables."""
        return [question for part in PARTS.values() for question in part.ask(material, limits)]

    def score(self, material: Material, part: str, sample: int | None, outcomes: list[Outcome]) -> list[Value]:
        """One value for each concept of the part; without one, for the reason of the first chunk that has none."""
        asked = PARTS[part]
        read = [outcome for outcome in outcomes if isinstance(outcome, dict)]
        for outcome in outcomes:
            if not isinstance(outcome, dict):
                return [Value(concept=concept, sample=sample, value=None, why=outcome) for concept in asked.concepts]
        return asked.score(material, sample, read)

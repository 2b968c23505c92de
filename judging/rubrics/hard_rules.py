"""The hard rules of a deliverable held against its picture: plain numbers, no model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judging.material import Material, Sample
from judging.rubrics.base import MeasuringRubric, Value, Why
from labeling.data_in.hard_rules import Finding, assess_rules
from labeling.data_in.hard_rules.values import rule_as_json

CONCEPT = "hard_rules"


class HardRules(MeasuringRubric):
    """Size, ratio, orientation, file type and dpi, as far as the facts of the picture tell; the picture itself is not read."""

    name = "hard_rules"
    version = 1
    concepts = (CONCEPT,)

    def list_parts(self) -> tuple[str, ...]:
        """The one part there is."""
        return ("rules",)

    def measure(self, material: Material) -> Iterator[Value]:
        """One value for each candidate."""
        for sample in material.samples:
            yield score_rules(sample)


def score_rules(sample: Sample) -> Value:
    """The share in [0, 1] of the rules of `sample` that are met, with the finding on each rule in `detail`.

    Counted are rules that can be assessed and do not only warn, met ones as well: a weak rule says nothing either way. None where there
    are no rules (not applicable) or none that counts (cannot speak).
    """
    if not sample.rules:
        return Value(concept=CONCEPT, sample=sample.key, value=None, why=Why.NOT_APPLICABLE, detail={"findings": []})
    picture = sample.picture
    findings = assess_rules(sample.rules, picture.width, picture.height, picture.format, picture.dpi)
    counted = [finding.status == "met" for finding in findings if finding.status != "not_assessable" and not finding.rule.weak]
    return Value(
        concept=CONCEPT,
        sample=sample.key,
        value=sum(counted) / len(counted) if counted else None,
        why=None if counted else Why.CANNOT_SPEAK,
        detail={"findings": [show_finding(finding) for finding in findings]},
    )


def show_finding(finding: Finding) -> dict[str, Any]:
    """`finding` as JSON: the rule, its status, the numbers that were compared, and whether it only warns."""
    return {
        "rule": rule_as_json(finding.rule),
        "status": finding.status,
        "numbers": dict(finding.numbers),
        "warns_only": finding.warns_only,
    }

"""The hard rules of a deliverable, and how many of them its picture meets."""

from __future__ import annotations

from math import log

import numpy as np

from labeling.data_in.hard_rules.assess import Finding, assess_rules
from labeling.data_in.hard_rules.values import RatioRule, SizeRule, rules_from_json
from modeling.net.features.values import Values
from modeling.net.records import Example

KINDS = ("size", "ratio", "orientation", "file_type", "dpi")


def measure_rules(example: Example) -> Values:
    """The size of the original, and for each kind of rule 1 (met), 0 (missed) or NaN (not asked, or cannot be told)."""
    picture = example.picture
    if not picture.width or not picture.height:
        return {}
    findings = assess_rules(rules_from_json(list(example.rules)), picture.width, picture.height, picture.format, picture.dpi)
    counted = [finding for finding in findings if finding.status != "not_assessable" and not finding.rule.weak]
    met = [finding.status == "met" for finding in counted]
    return {
        "megapixels": log(picture.width * picture.height / 1e6),
        "ratio": log(picture.width / picture.height),
        "rules": float(len(findings)),
        "rules_met": sum(met) / len(met) if met else np.nan,
        "rules_missed": float(len(met) - sum(met)),
        **{f"meets_{kind}": _tell_kind(counted, kind) for kind in KINDS},
        "ratio_off": _tell_distance(findings, picture.width / picture.height),
    }


def _tell_kind(findings: list[Finding], kind: str) -> float:
    met = [finding.status == "met" for finding in findings if finding.rule.kind == kind]
    return float(all(met)) if met else np.nan


def _tell_distance(findings: list[Finding], ratio: float) -> float:
    """How far the ratio of the sides is from the nearest one asked for (logarithm); NaN where none is asked for."""
    asked = [sides for finding in findings for sides in _list_sides(finding)]
    return min([abs(log(ratio * high / wide)) for wide, high in asked if wide > 0 and high > 0], default=np.nan)


def _list_sides(finding: Finding) -> list[tuple[float, float]]:
    match finding.rule:
        case RatioRule(width=width, height=height, either_way=either_way):
            sides = (float(width), float(height))
            return [sides, sides[::-1]] if either_way else [sides]
        case SizeRule(boxes=boxes):
            return [(float(box.sides[0]), float(box.sides[1])) for box in boxes if box.sides and not box.extra]
    return []

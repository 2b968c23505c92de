"""Hard rules of a deliverable: kept as typed values and held against a picture. Reading and showing them, which need Django, are apart."""

from labeling.data_in.hard_rules.assess import Finding, Status, assess_rules
from labeling.data_in.hard_rules.values import (
    Box,
    DpiRule,
    FileType,
    FileTypeRule,
    OrientationRule,
    RatioRule,
    Rule,
    SizeRule,
    TextRule,
    VerbatimRule,
    rules_as_json,
    rules_from_json,
)

__all__ = [
    "Box",
    "DpiRule",
    "FileType",
    "FileTypeRule",
    "Finding",
    "OrientationRule",
    "RatioRule",
    "Rule",
    "SizeRule",
    "Status",
    "TextRule",
    "VerbatimRule",
    "assess_rules",
    "rules_as_json",
    "rules_from_json",
]

"""Hard rules of a deliverable: read, kept as typed values, held against a picture, shown."""

from labeling.data_in.hard_rules.assess import Finding, Status, assess_rules
from labeling.data_in.hard_rules.describe import RuleText, describe_rule
from labeling.data_in.hard_rules.parse import parse_rules
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
    "RuleText",
    "SizeRule",
    "Status",
    "TextRule",
    "VerbatimRule",
    "assess_rules",
    "describe_rule",
    "parse_rules",
    "rules_as_json",
    "rules_from_json",
]

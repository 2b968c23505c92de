"""What a judge found on the hard rules, in the words of the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from judging.lead.cells import as_list
from judging.models import Score
from labeling.data_in.hard_rules import Finding
from labeling.data_in.hard_rules.values import rule_from_json
from labeling.rule_lines import RuleLine, make_line


def read_rules(score: Score) -> list[RuleLine]:
    """One line per rule that was looked at, in their order."""
    return [make_line(read_finding(found)) for found in as_list(score.detail.get("findings"))]


def read_finding(found: Mapping[str, Any]) -> Finding:
    """A finding as it was stored."""
    return Finding(rule=rule_from_json(found["rule"]), status=found["status"], numbers=found.get("numbers", {}))

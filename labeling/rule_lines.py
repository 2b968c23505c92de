"""The hard rules of a deliverable beside its candidate: what is asked, whether it is met, and what the picture has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from labeling.data_in.hard_rules import Finding, assess_rules, rules_from_json
from labeling.data_in.hard_rules.describe import describe_rule
from labeling.models import Image


@dataclass(frozen=True, kw_only=True)
class RuleLine:
    """One hard rule as shown; `status` is met, unmet, doubtful or open.

    Doubtful is not met by a rule that only warns; open is what a picture file cannot show.
    """

    status: str
    text: str
    note: str = ""


def list_rules(rules: list[Mapping[str, Any]], image: Image) -> list[RuleLine]:
    """One line per rule stored in `Deliverable.rules`, in their order, in the active language."""
    findings = assess_rules(rules_from_json(rules), image.width, image.height, image.format, image.dpi)
    return [make_line(finding) for finding in findings]


def make_line(finding: Finding) -> RuleLine:
    """The line of one finding; a rule that only warns is never shown as plainly unmet."""
    rule = describe_rule(finding.rule)
    is_unmet = finding.status == "unmet"
    status = "met" if finding.status == "met" else "open" if not is_unmet else "doubtful" if finding.warns_only else "unmet"
    # On a met rule a note about its weight would only raise doubt.
    notes = [tell_found(status, show_found(finding)) if is_unmet else "", rule.note if status != "met" else ""]
    return RuleLine(status=status, text=f"{rule.label}: {', '.join(rule.values)}", note=" ".join(filter(None, notes)))


def tell_found(status: str, found: str) -> str:
    """What the picture has instead, in words; a rule that only warns has no ✗ beside it, so that it does not fit is said."""
    if status == "doubtful":
        return _("Does not fit: this one has %(found)s.") % {"found": found} if found else _("Does not fit.")
    return _("This one: %(found)s") % {"found": found} if found else ""


def show_found(finding: Finding) -> str:
    """What the picture has instead, as far as the numbers of the finding say."""
    numbers = finding.numbers
    if "file_type" in numbers:
        return str(numbers["file_type"])
    if "dpi" in numbers:
        return _("%(dpi)s dpi") % {"dpi": numbers["dpi"]}
    if "width" in numbers:
        return _("%(size)s px") % {"size": f"{numbers['width']} × {numbers['height']}"}
    return ""

"""Compares what a judge proposes with what the tasks have, from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand

from judging.extraction_report import report_extraction
from judging.management.commands.extract import find_judge


class Command(BaseCommand):
    help = "Compares the rules and points that a judge proposes with those the tasks had when it read them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--judge", required=True, metavar="NAME", help="its newest version")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report."""
        report = report_extraction(find_judge(options["project"], options["judge"]))
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else tell(report))


def tell(report: Mapping[str, Any]) -> str:
    """The report in words."""
    rules, points = report["rules"], report["points"]
    lines = [report["note"], "", f"rules by {report['judge']}: {tell_counts(rules)}"]
    if rules["compared"]:
        equal, made = rules["quantity_equal"], rules["deliverables"]
        lines += [
            f"  deliverables: {made['proposed']} proposed, {made['there']} there",
            f"  same number of them: {equal['hits']} of {equal['count']} tasks, {tell_share(equal)}",
            *(tell_kind(kind, counts) for kind, counts in rules["kinds"].items()),
        ]
    lines.append(f"points by {report['judge']}: {tell_counts(points)}")
    return "\n".join([*lines, *([tell_kind("points", points)] if points["compared"] else [])])


def tell_counts(told: Mapping[str, Any]) -> str:
    """How many proposals there are."""
    return f"{told['total']} read, {told['unusable']} unusable, {told['compared']} tasks compared"


def tell_kind(name: str, counts: Mapping[str, Any]) -> str:
    """One kind of thing in words."""
    told = f"{counts['proposed']} proposed, {counts['there']} there, {counts['matched']} the same"
    return f"  {name}: {told}; precision {tell_share(counts['precision'])}, recall {tell_share(counts['recall'])}"


def tell_share(bounds: Mapping[str, float | None]) -> str:
    """A share with its interval."""
    value, low, high = (bounds[name] for name in ("value", "low", "high"))
    interval = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return "not defined" if value is None else f"{value:.3f}{interval}"

"""Reports from the command line; docs/agreement.md and docs/assistance.md say what the figures mean."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from labeling.jobs.run import run_here
from labeling.models import Job, Project, Report
from labeling.quality.advice import advise
from labeling.quality.effect_rows import describe_assistance, read_parts
from labeling.quality.figures import COEFFICIENTS, describe_figure, describe_report
from labeling.quality.job import KIND
from labeling.quality.report import newest_report


class Command(BaseCommand):
    help = "Measures a project as it is now and prints what was found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("report", choices=list(REPORTS))
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print everything as JSON, tasks included")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure as a job in this process."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        job = run_here(project, KIND, {})
        report = newest_report(project, Report.Kind(options["report"]))
        if job.state != Job.State.DONE or report is None:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        describe, tell = REPORTS[options["report"]]
        if options["json"]:
            self.stdout.write(json.dumps(describe(report), cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(tell(report)))


def describe_agreement(report: Report) -> dict[str, Any]:
    """Everything, tasks included."""
    return describe_report(report) | {"tasks": [describe_figure(row) for row in report.tasks]}


def tell_agreement(report: Report) -> Iterator[str]:
    """The headline in words."""
    overall = describe_figure(report.figures["overall"])
    yield f"{overall['pairs']} blind pairs of {overall['tasks']} tasks, {overall['equal']} of them equal"
    if overall["withheld"]:
        yield "Too few pairs for values."
        return
    for name in COEFFICIENTS:
        yield write_line(name, **overall["values"][name])


def tell_assistance(report: Report) -> Iterator[str]:
    """What there is to say of each version and policy, and the effects."""
    parts = read_parts(report.figures)
    if not parts:
        yield "No candidate that was drawn to show a suggestion or not has two answers."
    for part in parts:
        yield f"{part.version}, {part.policy}: {part.treated} treated pairs, {part.control} control pairs"
        yield advise(part)
        for row in part.rows:
            yield f"{row.name:<20} withheld" if row.is_withheld else write_line(row.name, row.value, row.low, row.high)


def write_line(name: str, value: float | None, low: float | None, high: float | None) -> str:
    """One figure with its interval."""
    interval = "" if low is None else f"  ({low:.3f} to {high:.3f})"
    return f"{name:<20} {'not defined' if value is None else f'{value:.3f}'}{interval}"


# How each report is written for programs, and told in words.
REPORTS: dict[str, tuple[Callable[[Report], dict[str, Any]], Callable[[Report], Iterator[str]]]] = {
    Report.Kind.AGREEMENT.value: (describe_agreement, tell_agreement),
    Report.Kind.ASSISTANCE.value: (describe_assistance, tell_assistance),
}

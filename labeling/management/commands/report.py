"""Reports from the command line; docs/agreement.md says what the figures mean."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from labeling.jobs.run import run_here
from labeling.models import Job, Project, Report
from labeling.quality.figures import COEFFICIENTS, describe_figure, describe_report
from labeling.quality.job import KIND
from labeling.quality.report import newest_report


class Command(BaseCommand):
    help = "Measures a project as it is now and prints what was found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("report", choices=[KIND])
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print everything as JSON, tasks included")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure as a job in this process."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        job = run_here(project, KIND, {})
        report = newest_report(project)
        if job.state != Job.State.DONE or report is None:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        self.stdout.write(self.write_json(report) if options["json"] else self.describe(report))

    def write_json(self, report: Report) -> str:
        """Everything."""
        found = describe_report(report) | {"tasks": [describe_figure(row) for row in report.tasks]}
        return json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False)

    def describe(self, report: Report) -> str:
        """The headline in words."""
        overall = describe_figure(report.figures["overall"])
        lines = [f"{overall['pairs']} blind pairs of {overall['tasks']} tasks, {overall['equal']} of them equal"]
        if overall["withheld"]:
            return "\n".join([*lines, "Too few pairs for values."])
        for name in COEFFICIENTS:
            value, low, high = (overall["values"][name][part] for part in ("value", "low", "high"))
            interval = "" if low is None else f"  ({low:.3f} to {high:.3f})"
            lines.append(f"{name:<20} {'not defined' if value is None else f'{value:.3f}'}{interval}")
        return "\n".join(lines)

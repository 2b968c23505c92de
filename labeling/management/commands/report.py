"""Reports from the command line; docs/agreement.md and docs/people.md say what the figures mean."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from labeling.jobs.run import run_here
from labeling.models import Job, Project, Report
from labeling.quality.figures import COEFFICIENTS, describe_figure, describe_report
from labeling.quality.job import KIND
from labeling.quality.people_figures import IN_TABLE, describe_people
from labeling.quality.report import newest_report


class Command(BaseCommand):
    help = "Measures a project as it is now and prints what was found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("report", choices=[Report.Kind.AGREEMENT.value, Report.Kind.PEOPLE.value])
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print everything as JSON, tasks included")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure as a job in this process; one job makes every report."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        job = run_here(project, KIND, {})
        report = newest_report(project, options["report"])
        if job.state != Job.State.DONE or report is None:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        if options["report"] == Report.Kind.PEOPLE:
            told = name_people(describe_people(report))
            self.stdout.write(write_json(told) if options["json"] else list_people(told))
        else:
            self.stdout.write(write_json(describe_agreement(report)) if options["json"] else list_agreement(report))


def write_json(found: Mapping[str, Any]) -> str:
    """Everything."""
    return json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False)


def describe_agreement(report: Report) -> dict[str, Any]:
    """All of an agreement report."""
    return describe_report(report) | {"tasks": [describe_figure(row) for row in report.tasks]}


def list_agreement(report: Report) -> str:
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


def name_people(told: dict[str, Any]) -> dict[str, Any]:
    """The same with account names for accounts."""
    return told | {"people": [person | {"person": person["person"].get_username()} for person in told["people"]]}


def list_people(told: Mapping[str, Any]) -> str:
    """The main figures of everybody in words."""
    lines = [] if told["identified"] else ["Sensitivity and specificity have no interval: too few candidates have a third label."]
    for person in told["people"]:
        lines.append(f"{person['person']}: {person['counts']['labels']} labels, {person['counts']['reviews']} reviews")
        lines += [f"  {name:<12} {write_figure(person['figures'][name])}" for name in IN_TABLE]
    return "\n".join(lines or ["Nobody has answered anything."])


def write_figure(figure: Mapping[str, Any]) -> str:
    """One figure in words."""
    if figure["value"] is None:
        return f"withheld ({figure['withheld']}), n {figure['n']}" if figure["withheld"] else "not defined"
    interval = "" if figure["low"] is None else f"  ({figure['low']:.1f} to {figure['high']:.1f})"
    return f"{figure['value']:.1f}{interval}, n {figure['n']}"

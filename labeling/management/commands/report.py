"""Reports from the command line; docs/agreement.md, docs/people.md and docs/control.md say what the figures mean."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from labeling.jobs.run import run_here
from labeling.models import Job, Project, Report
from labeling.quality.control_figures import describe_control
from labeling.quality.figures import COEFFICIENTS, describe_figure, describe_report
from labeling.quality.job import KIND
from labeling.quality.people_figures import IN_TABLE, describe_people
from labeling.quality.report import newest_report


class Telling(NamedTuple):
    """How one kind of report is printed: in words, and as everything there is."""

    in_words: Callable[[Report], str]
    in_full: Callable[[Report], dict[str, Any]]


class Command(BaseCommand):
    help = "Measures a project as it is now and prints what was found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("report", choices=list(KINDS))
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print everything as JSON, tasks included")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure as a job in this process; one job makes every report."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        job = run_here(project, KIND, {})
        kind = options["report"]
        report = newest_report(project, kind)
        if job.state != Job.State.DONE or report is None:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        telling = KINDS[kind]
        full = json.dumps(telling.in_full(report), cls=DjangoJSONEncoder, ensure_ascii=False) if options["json"] else None
        self.stdout.write(full or telling.in_words(report))


def list_agreement(report: Report) -> dict[str, Any]:
    """Everything of an agreement report."""
    return describe_report(report) | {"tasks": [describe_figure(row) for row in report.tasks]}


def tell_agreement(report: Report) -> str:
    """The headline in words."""
    overall = describe_figure(report.figures["overall"])
    lines = [f"{overall['pairs']} blind pairs of {overall['tasks']} tasks, {overall['equal']} of them equal"]
    if overall["withheld"]:
        return "\n".join([*lines, "Too few pairs for values."])
    return "\n".join([*lines, *(tell_value(name, overall["values"][name]) for name in COEFFICIENTS)])


def tell_control(report: Report) -> str:
    """What the checks came to, in words."""
    found = describe_control(report)
    audits, seconds, reveals = found["audits"]["overall"], found["second_adjudications"], found["reveals"]
    lines = [
        f"{audits['count']} audits of {audits['tasks']} tasks, {audits['hits']} of them contradict",
        tell_value("agreed but wrong, %", audits["percent"]),
        tell_value(f"of {audits['agreed']} agreed", audits["wrong"]),
        f"{seconds['overall']['count']} second adjudications, {seconds['overall']['hits']} of them as the first",
        tell_value("percent", seconds["overall"]["percent"]),
        *(tell_value(name, value) for name, value in (seconds["values"] or {}).items()),
        f"{reveals['count']} reveals, {reveals['hits']} of them changed the verdict",
        tell_value("percent", reveals["percent"]),
    ]
    return "\n".join(lines)


def tell_value(name: str, bounds: dict[str, float | None]) -> str:
    """One value with its interval."""
    value, low, high = (bounds[part] for part in ("value", "low", "high"))
    interval = "" if low is None else f"  ({low:.3f} to {high:.3f})"
    return f"{name:<20} {'not defined' if value is None else f'{value:.3f}'}{interval}"


def name_people(report: Report) -> dict[str, Any]:
    """Everything of a report of people, with account names for accounts."""
    told = describe_people(report)
    return told | {"people": [person | {"person": person["person"].get_username()} for person in told["people"]]}


def tell_people(report: Report) -> str:
    """The main figures of everybody in words."""
    told = name_people(report)
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


KINDS = {
    Report.Kind.AGREEMENT.value: Telling(in_words=tell_agreement, in_full=list_agreement),
    Report.Kind.PEOPLE.value: Telling(in_words=tell_people, in_full=name_people),
    Report.Kind.CONTROL.value: Telling(in_words=tell_control, in_full=describe_control),
}

"""The frame of the import commands: run the job in this process and print its report."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.data_in.units import plain_counts
from labeling.jobs.run import run_here
from labeling.models import Job, JobLine, Project
from labeling.protocol.outcome import ProtocolError

SHOWN, EXAMPLES = 50, 3
REFUSED = (JobLine.Outcome.REJECTED, JobLine.Outcome.CONFLICT)
CHANGED = (JobLine.Outcome.CREATED, JobLine.Outcome.UPDATED)
# As rsync has one for a part that could not be copied: the import went through, but somebody should look at its report.
PARTLY = 3


class ImportCommand(BaseCommand):
    """Runs one kind of import on what its first argument names.

    Exit status: 0 if everything is in, 3 if the import went through but something was rejected or is a conflict, 1 if it
    failed as a whole or was stopped.
    """

    kind = ""
    source_name = "source"
    source_help = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument(self.source_name, type=Path, help=self.source_help)
        parser.add_argument("--project", required=True, metavar="SLUG", help="the project to import into")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print the whole report as one JSON object")

    def handle(self, *_args: Any, project: str, dry_run: bool, **options: Any) -> None:
        """Run the import; raises CommandError unless everything is in."""
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"there is no project {project!r}; the projects are: {', '.join(list_slugs()) or 'none yet'}")
        path = str(options[self.source_name].expanduser().resolve())
        try:
            job = run_here(found, self.kind, {"source": {"path": path}, "dry_run": dry_run, **self.make_params(options)})
        except ProtocolError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(describe_job(job), ensure_ascii=False, indent=1))
        else:
            for line in describe_report(job):
                self.stdout.write(line)
        if job.state != Job.State.DONE:
            raise CommandError(f"the import is {job.state}: {job.error_text}" if job.error else f"the import is {job.state}")
        if job.lines.filter(outcome__in=REFUSED).exists():
            raise CommandError("the import is done, but not all of it is in: see what is rejected or a conflict above", returncode=PARTLY)

    def make_params(self, _options: dict[str, Any]) -> dict[str, Any]:
        """What the job is told besides its source."""
        return {}


def list_slugs() -> list[str]:
    """The slugs of all projects in alphabetical order."""
    return list(Project.objects.order_by("slug").values_list("slug", flat=True))


def describe_job(job: Job) -> dict[str, Any]:
    """The whole report of an import as a JSON object."""
    about = {"job": str(job.public_id), "project": job.project.slug, "kind": job.kind, "source": job.params["source"]["path"]}
    counts = {"counts": plain_counts(job.result)}
    return {
        **about,
        "state": job.state,
        "error": job.error_text,
        "dry_run": job.params["dry_run"],
        **job.result,
        **counts,
        "lines": list(map(describe_line, job.lines.order_by("pk"))),
    }


def describe_line(line: JobLine) -> dict[str, Any]:
    """One line as a flat JSON object; `reason` is its sentence, `params` what fills it."""
    fields = ("outcome", "file", "line", "record", "field", "code", "params", "reason")
    return {name: getattr(line, name) for name in fields}


def describe_report(job: Job) -> Iterator[str]:
    """The counts, and the lines a person should look at: each rejection and conflict, warnings by their kind.

    Of a cancelled import also what it has written, because running it again goes on from there.
    """
    heading = f"dry run, nothing is changed ({job.state})" if job.params["dry_run"] else job.state
    yield f"{heading}: " + ", ".join(f"{count} {outcome}" for outcome, count in plain_counts(job.result).items())
    if job.state == Job.State.CANCELLED:
        yield f"{job.result.get('units_done', 0)} of {job.result.get('units', 0)} tasks, bundles or lines are done, each of them whole:"
        yield from list_lines(job, CHANGED)
    yield from list_lines(job, REFUSED)
    yield from sum_up_warnings(job)


def list_lines(job: Job, outcomes: tuple[JobLine.Outcome, ...]) -> Iterator[str]:
    """The lines with one of these outcomes, at most `SHOWN` of them."""
    lines = job.lines.filter(outcome__in=outcomes).order_by("pk")
    for line in lines[:SHOWN]:
        where = ":".join(str(part) for part in (line.file, line.line) if part)
        yield " ".join(filter(None, [line.outcome, where, line.record, line.field, line.reason]))
    if (more := lines.count() - SHOWN) > 0:
        yield f"… and {more} more; --json prints all"


def sum_up_warnings(job: Job) -> Iterator[str]:
    """One line per kind of warning, the most frequent first: how often, where the first ones are, and what the first one says."""
    lines: dict[str, list[JobLine]] = {}
    for line in job.lines.filter(outcome=JobLine.Outcome.WARNING).order_by("pk"):
        lines.setdefault(line.code, []).append(line)
    for code, found in sorted(lines.items(), key=lambda item: -len(item[1])):
        places = list(dict.fromkeys(line.record or line.file for line in found))
        examples = ", ".join(places[:EXAMPLES]) + (", …" if len(places) > EXAMPLES else "")
        yield f"warning {code}, {len(found)} ({examples}): {found[0].reason}"

"""The frame of the import commands: run the job in this process and print its report."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.data_in.units import plain_counts
from labeling.jobs.run import run_here
from labeling.models import Job, JobLine, Project

SHOWN = 50
QUIET = (JobLine.Outcome.CREATED, JobLine.Outcome.UPDATED, JobLine.Outcome.UNCHANGED)


class ImportCommand(BaseCommand):
    """Runs one kind of import on what its first argument names; exits non-zero only if the import as a whole failed."""

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
        """Run the import; raises CommandError if there is no such project or the source cannot be read."""
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"there is no project {project!r}; the projects are: {', '.join(list_slugs()) or 'none yet'}")
        path = str(options[self.source_name].expanduser().resolve())
        job = run_here(found, self.kind, {"source": {"path": path}, "dry_run": dry_run})
        if options["json"]:
            self.stdout.write(json.dumps(describe_job(job), ensure_ascii=False, indent=1))
        else:
            self.print_report(job)
        if job.state != Job.State.DONE:
            raise CommandError(f"the import is {job.state}: {job.error}" if job.error else f"the import is {job.state}")

    def print_report(self, job: Job) -> None:
        """The counts, and the lines a person should look at."""
        heading = "dry run, nothing was changed" if job.params["dry_run"] else job.state
        self.stdout.write(f"{heading}: " + ", ".join(f"{count} {outcome}" for outcome, count in plain_counts(job.result).items()))
        lines = job.lines.exclude(outcome__in=QUIET).order_by("pk")
        for line in lines[:SHOWN]:
            where = ":".join(str(part) for part in (line.file, line.line) if part)
            self.stdout.write(" ".join(filter(None, [line.outcome, where, line.record, line.field, line.reason])))
        if (more := lines.count() - SHOWN) > 0:
            self.stdout.write(f"… and {more} more; --json prints all")


def list_slugs() -> list[str]:
    """The slugs of all projects in alphabetical order."""
    return list(Project.objects.order_by("slug").values_list("slug", flat=True))


def describe_job(job: Job) -> dict[str, Any]:
    """The whole report of an import as a JSON object."""
    fields = ("outcome", "file", "line", "record", "field", "code", "reason")
    return {"state": job.state, "error": job.error, **job.result, "lines": list(job.lines.order_by("pk").values(*fields))}

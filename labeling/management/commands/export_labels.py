"""Exporting from the command line; docs/exports.md describes the formats."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.data_out.formats import FORMATS
from labeling.data_out.job import KIND
from labeling.data_out.manifest import MANIFEST
from labeling.jobs.run import run_here
from labeling.models import Job, Project


class Command(BaseCommand):
    help = "Writes the labels of a project, as of its newest event, to DIR: a file in the format asked for, and its manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the files; made if it is missing")
        parser.add_argument("--as-of", type=int, metavar="EVENT", help="export as of this earlier event of the project")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the export as a job in this process."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        out: Path = options["out"].resolve()
        for name in (FORMATS[options["format"]].file, MANIFEST):
            if (out / name).exists():
                raise CommandError(f"{out / name} exists already. Exports are never overwritten; name another folder.")
        job = run_here(project, KIND, {"format": options["format"], "out": str(out), "cutoff": options["as_of"]})
        if job.state != Job.State.DONE:
            raise CommandError(job.error_text or f"The export was {job.get_state_display()}.")
        self.stdout.write(json.dumps(job.result) if options["json"] else self.describe(job.result))

    def describe(self, result: dict[str, Any]) -> str:
        """The result in words."""
        counts = ", ".join(f"{count} {name}" for name, count in result["counts"].items())
        return (
            f"{result['rows']} rows ({counts}) as of event {result['cutoff_event']}\n"
            f"{result['folder']}/{result['file']}\n{result['sha256']}  {result['file']}"
        )

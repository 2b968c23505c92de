"""Exports the split of a snapshot from the command line; docs/snapshots.md describes the files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.jobs.context import JobFailed
from labeling.models import Project
from modeling.models import Snapshot
from modeling.snapshots.split_files import write_split


class Command(BaseCommand):
    help = "Writes the split of a snapshot as ServImage's training files: cbm_split/<split>/ with scores and <split>_split/ with labels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--snapshot", required=True, type=int, metavar="N")
        parser.add_argument("out", type=Path, metavar="OUT", help="a folder to be made")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the files. Raises CommandError where there is no such snapshot, its files were altered, or the folder is there."""
        out: Path = options["out"]
        snapshot = find_snapshot(options["project"], options["snapshot"])
        try:
            rows = write_split(snapshot, out)
        except JobFailed as failure:
            raise CommandError(str(failure)) from failure
        except OSError as error:
            raise CommandError(str(error)) from error
        for name, count in rows.items():
            self.stdout.write(f"{count} rows in {out / name}")


def find_snapshot(slug: str, number: int) -> Snapshot:
    """A snapshot of a project. Raises CommandError with what there is instead."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project {slug!r}.")
    numbers = Snapshot.objects.filter(project=project).order_by("number")
    found = numbers.filter(number=number).first()
    if found is None:
        there = ", ".join(map(str, numbers.values_list("number", flat=True)))
        raise CommandError(f"The project has no snapshot {number}; there are: {there or 'none yet'}.")
    return found

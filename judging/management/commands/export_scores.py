"""Exports a judge's scores from the command line; docs/scores.md describes the formats."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from judging.data_out.scores import FORMATS, find_told
from judging.models import Judge
from labeling.data_out.lines import render_line
from labeling.models import Project


class Command(BaseCommand):
    help = "Writes what a version of a judge says about the candidates of a project, as JSONL."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser in which --version is that of the judge, not of Django."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--judge", required=True, metavar="NAME")
        parser.add_argument("--version", type=int, metavar="N", help="the version of the judge; the newest if it is left out")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--out", type=Path, metavar="FILE", help="a file to be made; the lines are printed if it is left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the lines of one judge version. Raises CommandError where there is none, or nothing that the format can hold."""
        judge = find_judge(options["project"], options["judge"], options["version"])
        lines = list_lines(judge, options["format"])
        out: Path | None = options["out"]
        if out is None:
            for line in lines:
                self.stdout.write(line.decode(), ending="")
        else:
            self.stdout.write(f"{write_file(out, lines)} lines of {judge} in {out}")


def find_judge(slug: str, name: str, version: int | None) -> Judge:
    """A version of a judge, the newest where `version` is None. Raises CommandError with what there is instead."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project {slug!r}.")
    versions = {judge.version: judge for judge in Judge.objects.filter(project=project, name=name).order_by("version")}
    if not versions:
        names = Judge.objects.filter(project=project).order_by("name").values_list("name", flat=True).distinct()
        raise CommandError(f"The project has no judge {name!r}; its judges are: {', '.join(names) or 'none yet'}.")
    chosen = max(versions) if version is None else version
    if chosen not in versions:
        raise CommandError(f"There is no version {version} of {name}; there are {', '.join(map(str, versions))}.")
    return versions[chosen]


def list_lines(judge: Judge, form: str) -> Iterator[bytes]:
    """The lines of an export. Raises CommandError where there is none."""
    rows = (row for told in find_told(judge) if (row := FORMATS[form](told)) is not None)
    first = next(rows, None)
    if first is None:
        raise CommandError(f"{judge} has no scores that the format “{form}” can hold.")
    yield render_line(first)
    yield from map(render_line, rows)


def write_file(path: Path, lines: Iterator[bytes]) -> int:
    """Write a new file, which gets its name when it is whole; returns how many lines. Raises CommandError where it is there already."""
    if path.exists():
        raise CommandError(f"{path} exists already. Exports are never overwritten; name another file.")
    part, count = path.with_name(f".{path.name}.part"), 0
    try:
        with part.open("wb") as file:
            for line in lines:
                file.write(line)
                count += 1
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count

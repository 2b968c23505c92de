"""Trains ServImageModel from the command line, on one process or, under `accelerate launch`, on several."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from labeling.jobs.run import run_here
from labeling.models import Job, Project
from labeling.protocol.outcome import ProtocolError
from modeling.card import HEADLINE, tell_figure
from modeling.many_processes import help_train, is_first
from modeling.models import Preset, Snapshot, Split, TrainingRun
from modeling.protocol.runs import create_run, end_orphan, kind_of, reopen_run
from modeling.snapshots.filters import AUTO, DROPS, Filters


class Command(BaseCommand):
    help = "Trains ServImageModel on the decisions of a project in this process; a killed run is finished by a worker, or with --resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--preset", choices=Preset.values, help="what is trained; not needed with --resume")
        parser.add_argument("--split", choices=Split.values, default=Split.STANDARD.value)
        parser.add_argument("--generator", default="", metavar="NAME", help="the one that the splits logo leave out")
        parser.add_argument("--stage", choices=TrainingRun.Stage.values, default=TrainingRun.Stage.BOTH.value)
        parser.add_argument("--stage1", type=int, metavar="RUN", help="with --stage 2: the number of the run whose first stage is used")
        parser.add_argument("--resume", type=int, metavar="RUN", help="the number of a cancelled or failed run to go on with")
        parser.add_argument("--snapshot", type=int, metavar="N", help="learn from this snapshot, with its filters and its split")
        parser.add_argument("--set", action="append", type=read_setting, default=[], metavar="KEY=VALUE", help="such as stage1.epochs=3")
        parser.add_argument("--blind-only", action="store_true", help="leave out decisions that a suggestion had part in")
        parser.add_argument("--assisted-weight", type=float, default=1.0, metavar="W", help="what those weigh otherwise, from 0 to 1")
        parser.add_argument("--drop", choices=DROPS, default=DROPS[0])
        parser.add_argument("--concepts", default=AUTO, metavar="SOURCE", help="auto, none, people, or judge: and the id of a judge")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Train. Raises CommandError where the run cannot begin or does not end well."""
        if not is_first():
            help_train()
            return
        run = begin(find_project(options["project"]), options)
        self.stderr.write(f"run {run.number} of {run.project.slug}: {run.preset}, in {run.folder} below SERVIMAGE_MODELS")
        with self.telling():
            job = run_here(run.project, kind_of(run), {"run": run.pk})
        end_orphan(run.pk)
        run.refresh_from_db()
        if run.state != TrainingRun.State.DONE:
            said = run.said_text or (job.error_text if job.state == Job.State.FAILED else "")
            raise CommandError(f"Run {run.number} is {run.get_state_display()}. {said}".strip())
        for line in tell(run):
            self.stdout.write(line)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Show on stderr what the run reports."""
        handler, reports = logging.StreamHandler(self.stderr), logging.getLogger("modeling.watch_rows")
        level = reports.level
        handler.terminator = ""  # the stream of a command ends its lines by itself
        reports.addHandler(handler)
        reports.setLevel(logging.DEBUG)
        # Once, to whoever watches: the site's own log would say all of it again.
        reports.propagate = False
        try:
            yield
        finally:
            reports.removeHandler(handler)
            reports.setLevel(level)
            reports.propagate = True


def read_setting(text: str) -> tuple[str, Any]:
    """KEY=VALUE, the value as JSON where it is any, else as text. Raises ArgumentTypeError."""
    name, is_there, value = text.partition("=")
    if not is_there or not name:
        raise ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def find_project(slug: str) -> Project:
    """The project; raises CommandError."""
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no project {slug!r}.")
    return found


def find_run(project: Project, number: int | None) -> TrainingRun | None:
    """A run of the project by its number, None where none is asked for; raises CommandError where there is none of it."""
    found = None if number is None else TrainingRun.objects.filter(project=project, number=number).select_related("project").first()
    if found is None and number is not None:
        raise CommandError(f"The project has no run {number}.")
    return found


def find_snapshot(project: Project, number: int | None) -> Snapshot | None:
    """A snapshot of the project by its number, None where none is asked for; raises CommandError where there is none of it."""
    found = None if number is None else Snapshot.objects.filter(project=project, number=number).first()
    if found is None and number is not None:
        raise CommandError(f"The project has no snapshot {number}.")
    return found


def begin(project: Project, options: dict[str, Any]) -> TrainingRun:
    """The run that is trained here. Raises CommandError."""
    try:
        with transaction.atomic():
            if (resumed := find_run(project, options["resume"])) is not None:
                reopen_run(resumed, None)
                return resumed
            if options["preset"] is None:
                raise CommandError(f"Name a preset: {', '.join(Preset.values)}.")
            snapshot = find_snapshot(project, options["snapshot"])
            return create_run(
                project,
                None,
                options["preset"],
                Filters.from_json(snapshot.filters) if snapshot else read_filters(options),
                options["stage"],
                find_run(project, options["stage1"]),
                dict(options["set"]),
                snapshot,
                TrainingRun.Why.PERSON,
            )
    except ProtocolError as refusal:
        raise CommandError(str(refusal)) from refusal


def read_filters(options: dict[str, Any]) -> Filters:
    """What the run learns from; raises CommandError."""
    names = ("blind_only", "assisted_weight", "drop", "concepts", "split", "generator")
    try:
        return Filters(**{name: options[name] for name in names})
    except ValueError as problem:
        raise CommandError(str(problem)) from problem


def tell(run: TrainingRun) -> Iterator[str]:
    """What a finished run came to."""
    for row in run.metrics.get("rows", []):
        if row["slice"] == "all":
            figures = ", ".join(f"{name} {tell_figure(row['figures'].get(name))}" for name in HEADLINE)
            yield f"{row['method']}, {row['n']} test candidates: {figures}"
    version = getattr(run, "version", None)
    if version is not None:
        yield f"version {version.name}: gate {version.gate['verdict']}"

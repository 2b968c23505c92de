"""Computes what a version says about the candidates of a project, in this process."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.jobs.run import run_here
from labeling.models import Job
from modeling.management.commands.train import find_project
from modeling.protocol.registry import find_used, kind_of, list_versions


class Command(BaseCommand):
    help = "Computes the suggestions that a version has not made yet. It puts no version to use: a lead promotes one in the browser."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser in which --version is that of the model, not of Django."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--version", metavar="NAME", help="a version of the registry; the one in use if it is left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compute them as a job. Raises CommandError."""
        project = find_project(options["project"])
        name = options["version"]
        version = find_used(project) if name is None else list_versions(project).filter(name=name).first()
        if version is None:
            known = ", ".join(list_versions(project).values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no such version here; the versions are: {known}.")
        job = run_here(project, kind_of(version), {"version": version.pk})
        if job.state != Job.State.DONE:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        self.stdout.write(f"{job.result['made']} suggestions of {version.name}")

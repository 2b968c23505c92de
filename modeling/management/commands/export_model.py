"""Exports a version as a folder that loads outside this site."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modeling.export import export_version
from modeling.models import ModelVersion


class Command(BaseCommand):
    help = "Writes a version of the registry as a folder with its files, the code it needs and ten lines that load it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("name", metavar="NAME", help="a version of the registry")
        parser.add_argument("out", type=Path, metavar="OUT", help="a folder that is to be made")
        parser.add_argument("--project", metavar="SLUG", help="whose version is meant where several have the name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the folder. Raises CommandError."""
        try:
            export_version(find_version(options["name"], options["project"]), options["out"])
        except (ValueError, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{options['name']} is in {options['out']}; README.md says how it is loaded.")


def find_version(name: str, project: str | None) -> ModelVersion:
    """The version of that name; raises CommandError where there is none, or several."""
    found = ModelVersion.objects.filter(name=name, **({"project__slug": project} if project else {}))
    versions = list(found.select_related("project", "run", "run__snapshot").order_by("pk"))
    if not versions:
        raise CommandError(f"There is no version {name!r}.")
    if len(versions) > 1:
        raise CommandError(
            f"Several projects have a version {name}: name one with --project ({', '.join(v.project.slug for v in versions)})."
        )
    return versions[0]

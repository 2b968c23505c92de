"""Imports a model's suggestions from the command line."""

from argparse import ArgumentParser
from typing import Any

from labeling.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports suggestions into a project; what a version has said once is never overwritten."
    kind = "import_suggestions"
    source_help = "JSONL of {model_version, generator, task_id, deliverable, p_accept, concepts?, sample?}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        super().add_arguments(parser)
        parser.add_argument("--use", action="store_true", help="show these suggestions from now on, whatever version is in use")

    def make_params(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the job is told besides its source."""
        return {"use": options["use"]}

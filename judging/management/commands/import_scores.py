"""Imports a judge's scores from the command line."""

from argparse import ArgumentParser
from typing import Any

from labeling.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports what a judge elsewhere said into a project; what its version has said once is never overwritten."
    kind = "import_scores"
    source_name = "file"
    source_help = "JSONL of {model, task_id, deliverable, scores, flags?, points?, sample?}, or rows of ServImage's cbm_split"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        super().add_arguments(parser)
        parser.add_argument(
            "--judge", required=True, metavar="NAME", help="the judge that speaks; made if the project has none of this name"
        )
        parser.add_argument(
            "--new-version", action="store_true", help="begin the next version of the judge instead of adding to its newest"
        )

    def make_params(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the job is told besides its source."""
        return {"judge": options["judge"], "new_version": options["new_version"]}

"""Imports candidates from the command line."""

from labeling.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports candidates into a project; running it again changes only what changed."
    kind = "import_candidates"
    source_help = "folders <generator>/<task_id>/<k>.<ext> (or a zip of them), or a JSONL manifest"

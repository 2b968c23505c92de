"""Imports labels from the command line."""

from labeling.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports labels into a project; running it again changes only what changed."
    kind = "import_labels"
    source_help = "ServImage's annotation JSONL"

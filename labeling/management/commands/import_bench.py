"""Imports bench from the command line."""

from labeling.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports bench into a project; running it again changes only what changed."
    kind = "import_bench"
    source_help = "a copy of ServImageBench: folder or zip"

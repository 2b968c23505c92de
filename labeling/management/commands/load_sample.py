"""The sample project."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.sample.load import SlugTaken, load_sample


class Command(BaseCommand):
    help = "Draws the sample project with its accounts and first answers, unless it is there already."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make or complete it."""
        try:
            project, is_new = load_sample()
        except SlugTaken as error:
            raise CommandError(str(error)) from error
        tasks, candidates = project.tasks.count(), project.candidates.count()
        state = "is ready" if is_new else "was there already"
        self.stdout.write(f"{project.name} {state}: {tasks} tasks, {candidates} candidates")

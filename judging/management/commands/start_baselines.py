"""Lets the judges of plain code judge a project."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from judging.models import Judge
from judging.protocol.baselines import start_baselines
from labeling.models import Project
from labeling.protocol.outcome import ProtocolError


class Command(BaseCommand):
    help = "Makes the judges that need no model and lets them judge what they have not; a worker does the work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--project", metavar="SLUG", help="the project to judge")
        chosen.add_argument("--sample", action="store_true", help="the sample project, where no judge has been there yet")

    def handle(self, *_args: Any, project: str | None, sample: bool, **_options: Any) -> None:
        """Start the runs. Raises CommandError for an unknown or archived project."""
        if sample:
            judged = Judge.objects.values("project")
            for found in Project.objects.filter(is_sample=True, archived_at=None).exclude(pk__in=judged):
                start_baselines(found, None)
            return
        try:
            runs = start_baselines(Project.objects.get(slug=project), None)
        except Project.DoesNotExist:
            raise CommandError(f"there is no project {project}") from None
        except ProtocolError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{len(runs)} runs begun: {', '.join(str(run.judge) for run in runs)}" if runs else "the baselines are at work already"
        )

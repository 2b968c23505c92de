"""Lets a judge read the orders of a project from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from judging.extractors.registry import EXTRACTORS
from judging.models import Judge
from judging.protocol.extractions import ASKABLE, Wish, check_wish
from labeling.jobs.run import run_here
from labeling.models import Job, Project
from labeling.protocol.outcome import ProtocolError


class Command(BaseCommand):
    help = "Lets a judge's model propose hard rules or evaluation points for the tasks that have none; a lead decides about each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--judge", required=True, metavar="NAME", help="a judge of the project that asks a model; its newest version")
        parser.add_argument("--what", required=True, choices=list(EXTRACTORS))
        parser.add_argument("--all", action="store_true", help="tasks that have rules or points, too")
        parser.add_argument("--retry", action="store_true", help="ask again what got an unusable reply")
        parser.add_argument("--json", action="store_true", help="print what came of it as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read as a job in this process."""
        judge = find_judge(options["project"], options["judge"])
        kind = options["what"]
        wish = Wish(judge=judge, kinds=[kind], all_tasks=options["all"], retries_unusable=options["retry"])
        try:
            check_wish(wish)
        except ProtocolError as error:
            raise CommandError(str(error)) from error
        job = run_here(judge.project, wish.job_kind, wish.as_params())
        if job.state != Job.State.DONE:
            raise CommandError(job.error_text or f"The job was {job.get_state_display()}.")
        counts = job.result.get(kind, {"proposed": 0, "unusable": 0})
        said = f"{counts['proposed']} proposals of {kind}, {counts['unusable']} unusable replies"
        self.stdout.write(json.dumps({"judge": str(judge), "what": kind, **counts}) if options["json"] else said)


def find_judge(slug: str, name: str) -> Judge:
    """The newest version of a judge that asks a model. Raises CommandError."""
    if not Project.objects.filter(slug=slug).exists():
        raise CommandError(f"There is no project {slug!r}.")
    found = Judge.objects.filter(project__slug=slug, name=name, backend__in=ASKABLE).select_related("project").order_by("-version").first()
    if found is None:
        raise CommandError(f"The project has no judge {name!r} that asks a model.")
    return found

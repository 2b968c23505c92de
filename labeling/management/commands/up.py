"""One command that brings the whole site up."""

from __future__ import annotations

import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from annotation_site.child import Child
from annotation_site.install import install_steps
from annotation_site.preparation import bring_up_to_date
from annotation_site.supervisor import Supervisor, format_address, wait_for_answer, web_command, why_not_listen, worker_command
from labeling.bench_project import BENCH_SLUG, prepare_bench_project
from labeling.models import Project, User
from labeling.sign_in_links import describe_links, find_project, note_site_url

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# The worker of the models has nothing to do in the first seconds, in which the web server needs the processor.
MODELS_AFTER_S = 5.0


class Command(BaseCommand):
    help = "Brings the site up: tables, static files, the sample project, web server, worker and reaper; stops all on Ctrl-C."
    # Bringing the site up to date checks more than this would: the database as well.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--host", default=settings.HOST, help="address to listen at (HOST, default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen at (PORT, default 8000)")
        parser.add_argument("--bench", metavar="DIR", help=f"import the tasks of ServImageBench from DIR into the project {BENCH_SLUG}")
        parser.add_argument("--candidates", metavar="DIR", help="import candidate images from DIR, after --bench")
        parser.add_argument("--no-sample", action="store_true", help="do not make the sample project when there is no project")

    def handle(
        self, *_args: Any, host: str, port: int, bench: str | None, candidates: str | None, no_sample: bool, **_options: Any
    ) -> None:
        """Prepare and serve until Ctrl-C or SIGTERM; raises CommandError if the address cannot be served at."""
        check_address(host, port)
        try:
            self.prepare(with_bench=bool(bench or candidates), with_sample=not no_sample)
        except KeyboardInterrupt:
            raise CommandError("stopped while preparing; the next start goes on from here", returncode=130) from None
        self.say("starting web server and worker")
        steps = bench_steps(bench, candidates)
        if steps:
            self.say("importing meanwhile: the project page shows how far it is, and labelling can begin as soon as candidates are in")
        later = install_steps()
        if later:
            self.say("installing meanwhile what models on this machine need: the Judges page shows how far it is")
        web = Child("web server", web_command(host, port, settings.WEB_PROCESSES, settings.WEB_THREADS))
        Supervisor([web, *make_workers()], [*steps, *later]).run(lambda stop: self.greet(host, port, stop))
        self.say("stopped")

    def prepare(self, *, with_bench: bool, with_sample: bool) -> None:
        """Bring tables and static files up to date and make the project to start with, saying each step."""
        bring_up_to_date(self.say)
        if with_bench:
            prepare_bench_project()
        elif with_sample and not settings.PRODUCTION and not Project.objects.filter(is_sample=False).exists():
            # Also where the sample is there: it may have been interrupted, and completing a whole one takes no time.
            call_command("load_sample", stdout=self.stdout)
            # So that a fresh machine shows scores; the worker makes them once it is up.
            call_command("start_baselines", sample=True)
        connection.close()

    def greet(self, host: str, port: int, stop: threading.Event) -> None:
        """Print the address, and a sign-in link per role, once the web server answers."""
        if not wait_for_answer(host, port, stop):
            return
        url = settings.SITE_URL if settings.PRODUCTION else f"http://{format_address(host, port)}"
        note_site_url(url)
        self.stdout.write(f"\nServImage annotation site: {url}")
        if not User.objects.exists():
            self.stdout.write("Nobody has an account yet: `./run manage create_lead NAME` makes the first one.")
        project = None if settings.PRODUCTION else find_project(None)
        if project is not None:
            self.stdout.write(f"Sign in to {project.name}; each link works once, `./run links` prints new ones:")
            self.stdout.write("\n".join(describe_links(project, url)))
        self.stdout.write("Ctrl-C stops it.\n")
        self.stdout.flush()
        connection.close()

    def say(self, what: str) -> None:
        """One line of progress."""
        self.stdout.write(f"- {what}")
        self.stdout.flush()


def make_workers() -> list[Child]:
    """The workers, to be started: one for what needs an accelerator elsewhere, so that no import waits for hours of training."""
    may_be_root = not settings.PRODUCTION
    # The checks have just passed here; the workers need not repeat them.
    unchecked = {"CELERY_SKIP_CHECKS": "1"}
    all_else = worker_command(settings.CELERY_TASK_DEFAULT_QUEUE, settings.WORKER_PROCESSES, may_be_root=may_be_root)
    models = worker_command(settings.GPU_QUEUE, 1, may_be_root=may_be_root)
    return [Child("worker", all_else, unchecked), Child("worker of models", models, unchecked, first_after_s=MODELS_AFTER_S)]


def check_address(host: str, port: int) -> None:
    """Raise CommandError, saying what to do, where the site cannot or must not be served."""
    if settings.DEBUG and host not in LOOPBACK:
        raise CommandError(
            f"DEBUG shows source and settings to visitors: with it only {', '.join(sorted(LOOPBACK))} can be served, not {host}"
        )
    reason = why_not_listen(host, port)
    if reason:
        raise CommandError(f"nothing can listen at {format_address(host, port)}: {reason}. Another address: PORT={port + 1} ./run")


def bench_steps(bench: str | None, candidates: str | None) -> list[list[str]]:
    """The import commands that `--bench` and `--candidates` ask for, in their order."""
    asked = {"import_bench": bench, "import_candidates": candidates}
    return [[sys.executable, "manage.py", command, folder, "--project", BENCH_SLUG] for command, folder in asked.items() if folder]

"""How long the pages of a lead take in a project of any size.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.pages [--candidates 500000]

on an empty scratch database, half of whose candidates get finished first. Prints milliseconds, the middle one of some requests through
the test client; signing in, the network and pictures are not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Mapping

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks.seed import seed  # noqa: E402
from labeling.models import Project, Task, User  # noqa: E402
from labeling.protocol.projects import set_member  # noqa: E402
from tests.crowd.seed import SLUG  # noqa: E402

PEOPLE = 16
REQUESTS = 5
PAGES = ("project", "inbox", "candidates", "leases", "batches", "hours", "members", "jobs", "agreement")
FILTERS = {
    "settled": "state=settled",
    "disputed": "state=disputed",
    "generator": "generator=generator-3",
    "person": "person=crowd03",
    "accepted": "decision=accept",
    "flag": "flag=on",
    "price": "price=high",
    "pairs": "pair=any",
    "different": "pair=different",
}


def sign_in_a_lead(project: Project) -> Client:
    """A client of somebody who leads the project."""
    lead = User(username="lead-of-benchmark")
    lead.set_unusable_password()
    lead.save()
    set_member(project, lead, None, can_label=False, can_adjudicate=False, is_lead=True)
    # What the site's own settings allow as a host.
    client = Client(SERVER_NAME="localhost")
    client.force_login(lead)
    return client


def time_pages(client: Client, pages: Mapping[str, str]) -> dict[str, int]:
    """The middle time of each page, in milliseconds; raises SystemExit for a page that fails."""
    found = {}
    for name, address in pages.items():
        took = []
        for _ in range(REQUESTS):
            began = time.monotonic()
            reply = client.get(address)
            if reply.streaming:
                b"".join(reply)
            took.append(time.monotonic() - began)
            if reply.status_code != 200:
                raise SystemExit(f"{address} answers {reply.status_code}")
        found[name] = round(1000 * statistics.median(took))
    return found


def prepare() -> None:
    """Tables and static files, as every benchmark that asks for pages needs them."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def main() -> None:
    """Read the command line, fill the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=500_000)
    options = parser.parse_args()
    prepare()
    seed(options.candidates, PEOPLE)
    project = Project.objects.get(slug=SLUG)
    client = sign_in_a_lead(project)
    browse, task = reverse("labeling:candidates", args=[SLUG]), Task.objects.filter(project=project).latest("pk")
    pages = {name: reverse(f"labeling:{name}", args=[SLUG]) for name in PAGES}
    filters = {name: f"{browse}?{query}" for name, query in {**FILTERS, "task": f"task={task.external_id}"}.items()}
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"database": connection.vendor, "candidates": project.candidates.count(), "load": load}))
    print(json.dumps({"pages_ms": time_pages(client, pages), "filters_ms": time_pages(client, filters)}))


if __name__ == "__main__":
    main()

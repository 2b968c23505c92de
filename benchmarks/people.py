"""How long the figures of people take to measure and to show, on as many candidates as asked for.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.people [--candidates 33000]

on an empty scratch database. Prints the seconds and the memory of one whole measurement, of its parts, and the seconds of each page
(benchmarks/pages.py).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.agreement import PEOPLE, disagree, timed  # noqa: E402
from benchmarks.pages import prepare, sign_in_a_lead, time_pages  # noqa: E402
from benchmarks.seed import seed  # noqa: E402
from labeling.models import Assignment, Candidate, Project  # noqa: E402
from labeling.quality.labels import read_labels  # noqa: E402
from labeling.quality.people import make_people_report  # noqa: E402
from labeling.quality.report import keep  # noqa: E402
from labeling.quality.skills import estimate_people  # noqa: E402
from tests.crowd.seed import SLUG  # noqa: E402


def list_pages() -> dict[str, str]:
    """The addresses of the pages about people, and of a candidate with its posterior."""
    busy = Assignment.objects.filter(project__slug=SLUG).earliest("pk").person
    candidate = Candidate.objects.filter(project__slug=SLUG, state="settled").earliest("pk")
    return {
        "people": reverse("labeling:people", args=[SLUG]),
        "person": reverse("labeling:person", args=[SLUG, busy.public_id]),
        "people_csv": reverse("labeling:people_figures_table", args=[SLUG]),
        "candidate": reverse("labeling:candidate", args=[SLUG, candidate.public_id]),
        "api": reverse("api:people", args=[SLUG]),
    }


def main() -> None:
    """Read the command line, fill the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=33_000)
    parser.add_argument("--people", type=int, default=PEOPLE)
    options = parser.parse_args()
    prepare()
    seed(options.candidates, options.people, finished=1.0)
    disagree()
    project = Project.objects.get(slug=SLUG)
    began = time.monotonic()
    labels = read_labels(project, timezone.now())
    print(json.dumps({"labels": len(labels), "read_seconds": round(time.monotonic() - began, 2)}))
    print(json.dumps({"skills_seconds": round(timed(lambda: estimate_people(labels, 1)), 2)}))
    report = keep(make_people_report(project))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {"people": options.people, "seconds": report.seconds, "peak_mib": peak, "json_kib": len(json.dumps(report.figures)) >> 10}
        )
    )
    for name, milliseconds in time_pages(sign_in_a_lead(project), list_pages()).items():
        print(json.dumps({"page": name, "milliseconds": milliseconds}))


if __name__ == "__main__":
    main()

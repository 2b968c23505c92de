"""What a trip asks the database.

    python -m benchmarks.trips SLUG PERSON TRIPS

on a database that benchmarks.seed has filled. Prints statements per trip, mean and most.
"""

from __future__ import annotations

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.test import override_settings  # noqa: E402

from labeling.models import User  # noqa: E402
from tests.labeling.trips import Annotator  # noqa: E402


def count_statements(slug: str, name: str, trips: int) -> dict[str, float]:
    """The statements of so many trips of one person."""
    with override_settings(ALLOWED_HOSTS=["*"]):
        annotator = Annotator(slug, User.objects.get(username=name))
        counts = []
        for number in range(trips):
            annotator.trip("accept" if number % 3 else "reject")
            counts.append(annotator.count)
    return {"mean": round(sum(counts) / trips, 1), "most": max(counts)}


if __name__ == "__main__":
    json.dump(count_statements(sys.argv[1], sys.argv[2], int(sys.argv[3])), sys.stdout)

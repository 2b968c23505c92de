"""Fills the empty database of a crowd run; a process of its own, because the run's database is not the one of the test suite."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import transaction  # noqa: E402

from labeling.models import Candidate, User  # noqa: E402
from labeling.protocol.intake import enter_queue  # noqa: E402
from tests.factories import make_bundle, make_generator, make_person, make_project, make_task  # noqa: E402

SLUG = "crowd"
PASSWORD = "one-password-for-the-whole-crowd"
SIZES = (1, 1, 2, 3, 5)
GENERATORS = 5


def seed(people: int, candidates: int) -> list[str]:
    """Make a project with exactly `candidates` open candidates and that many people who may label and adjudicate; return their names."""
    with transaction.atomic():
        project = make_project(slug=SLUG, name="Crowd", undo_minutes=15, lease_minutes=15)
        generators = [make_generator() for _ in range(GENERATORS)]
        made = 0
        while made < candidates:
            quantity = min(SIZES[made % len(SIZES)], candidates - made)
            task = make_task(project, quantity=quantity)
            for generator in generators[: max(1, (candidates - made) // quantity)]:
                made += make_bundle(task, generator).candidates.count()
        names = [make_person(project, username=f"crowd{number:02d}").username for number in range(people)]
        # One hash for all: making it is slow on purpose, and the site still checks it for everybody who signs in.
        User.objects.filter(username__in=names).update(password=make_password(PASSWORD))
    # As an import does it: the candidates are staged first and enter the queue together.
    Candidate.objects.filter(project=project).update(state="staged", q_state=6)
    enter_queue(list(Candidate.objects.filter(project=project).order_by("pk").values_list("pk", flat=True)), None)
    return names


if __name__ == "__main__":
    people, candidates = (int(text) for text in sys.argv[1:])
    json.dump(seed(people, candidates), sys.stdout)

"""How long agreement and the effect of assistance take to measure and to show, on half a million pairs and on as many as 33,000
candidates make.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.agreement [--candidates 33000]

on an empty scratch database. Prints seconds of 2,000 draws of tasks for all coefficients, of the whole measurement, and of each page
(benchmarks/pages.py).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.pages import prepare, sign_in_a_lead, time_pages  # noqa: E402
from benchmarks.seed import seed, unguarded  # noqa: E402
from labeling.agreement import estimate, sum_items  # noqa: E402
from labeling.days import monday_of  # noqa: E402
from labeling.models import Project  # noqa: E402
from labeling.quality.assistance import make_assistance_report  # noqa: E402
from labeling.quality.pairs import read_pairs  # noqa: E402
from labeling.quality.report import keep, measure_agreement  # noqa: E402
from labeling.triggers import restore_triggers  # noqa: E402
from tests.crowd.seed import SLUG  # noqa: E402

PEOPLE = 8
# Of a thousand candidates so many are worth accepting, and of a thousand answers so many say what is true.
ACCEPTABLE, RIGHT = 300, 800
DAYS = 60
# The times that pages look at: table, column, and by which candidate they are spread.
MOMENTS = (
    ("labeling_assignment", "submitted_at", "candidate_id"),
    ("labeling_candidate", "state_changed_at", "id"),
    ("labeling_decision", "decided_at", "candidate_id"),
)


def disagree() -> None:
    """Let the seeded answers, which all accept, be those of people who are right in four of five cases, and settle the others' disputes."""
    true = f"(a.candidate_id * 2654435761 % 1000003) % 1000 < {ACCEPTABLE}"
    right = f"(a.id * 2246822519 % 1000033) % 1000 < {RIGHT}"
    verdict = f"CASE WHEN ({true}) = ({right}) THEN 'accept' ELSE 'reject' END"
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE labeling_assignment AS a SET verdict = {verdict}")
        cursor.execute("UPDATE labeling_answer SET verdict = (SELECT verdict FROM labeling_assignment a WHERE a.id = assignment_id)")
        differ = "SELECT candidate_id FROM labeling_assignment GROUP BY candidate_id HAVING MIN(verdict) < MAX(verdict)"
        cursor.execute(f"UPDATE labeling_decision SET how = 'adjudication' WHERE candidate_id IN ({differ})")
    restore_triggers(connection)


def spread() -> None:
    """Let the seeded answers be those of the last `DAYS` days, as many on each."""
    now = f"{timezone.now():%Y-%m-%d %H:%M:%S}"
    with unguarded(), connection.cursor() as cursor:
        for table, column, key in MOMENTS:
            in_sqlite = f"strftime('%Y-%m-%d %H:%M:%S', '{now}', '-' || ({key} % {DAYS}) || ' days')"
            in_postgresql = f"timestamptz '{now}+00' - ({key} % {DAYS}) * interval '1 day'"
            cursor.execute(f"UPDATE {table} SET {column} = {in_sqlite if connection.vendor == 'sqlite' else in_postgresql}")
    restore_triggers(connection)


def suggest() -> None:
    """Let a model have said something about every candidate, to be seen by one of two seats but of every fifth one."""
    now = "CURRENT_TIMESTAMP"
    treated = "c.id % 5 > 0"
    statements = (
        "INSERT INTO labeling_suggestion (project_id, candidate_id, image_id, model_version, p_accept, concepts, created_at)"
        f" SELECT c.project_id, c.id, c.image_id, 'tiny-1', (c.id % 97) / 97.0, '{{}}', {now} FROM labeling_candidate c",
        "INSERT INTO labeling_draw"
        " (project_id, candidate_id, round, policy, control_share, is_control, assisted_seat, suggestion_id, drawn_at)"
        f" SELECT c.project_id, c.id, 1, 'measured', 20, NOT ({treated}), CASE WHEN {treated} THEN 1 + c.id % 2 END, s.id, {now}"
        " FROM labeling_candidate c JOIN labeling_suggestion s ON s.candidate_id = c.id",
        "UPDATE labeling_assignment SET arm = 'assisted', suggestion_id = (SELECT d.suggestion_id FROM labeling_draw d"
        " WHERE d.candidate_id = labeling_assignment.candidate_id) WHERE purpose = 'primary' AND candidate_id % 5 > 0"
        " AND seat = 1 + candidate_id % 2",
        "UPDATE labeling_answer SET exposure = 'prefilled', model_version = 'tiny-1', probability = 0.5"
        " WHERE assignment_id IN (SELECT id FROM labeling_assignment WHERE arm = 'assisted')",
        "UPDATE labeling_project SET model_version = 'tiny-1'",
    )
    with unguarded(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    restore_triggers(connection)


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


def list_pages() -> dict[str, str]:
    """The addresses of the agreement page, and of the candidates behind some of its figures."""
    page, browse = reverse("labeling:agreement", args=[SLUG]), reverse("labeling:candidates", args=[SLUG])
    return {
        "page": page,
        "tasks_csv": f"{page}task.csv",
        "api": reverse("api:agreement", args=[SLUG]),
        "all_pairs": f"{browse}?pair=any",
        "different": f"{browse}?pair=different",
        "assistance": reverse("labeling:assistance", args=[SLUG]),
        "treated_different": f"{browse}?arm=treated&pair=different",
        "two_people": f"{browse}?pair=different&person=crowd00&other=crowd04",
        "one_week": f"{browse}?pair=any&week={monday_of(timezone.localdate() - timedelta(days=DAYS // 2))}",
        "mixed": f"{browse}?pair=any&exposure=mixed",
        "overview": reverse("labeling:project", args=[SLUG]),
    }


def main() -> None:
    """Read the command line, fill the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=33_000)
    options = parser.parse_args()
    prepare()
    seed(options.candidates, PEOPLE, finished=1.0)
    disagree()
    project = Project.objects.get(slug=SLUG)
    pairs = read_pairs(project)
    suggest()
    spread()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    project.refresh_from_db()
    sums = sum_items(pairs.labels, pairs.tasks)
    row = {
        "database": connection.vendor,
        "pairs": len(pairs),
        "tasks": len(sums.items),
        "bootstrap_s": round(timed(lambda: estimate(sums, 1)), 2),
        "measurement_s": round(timed(lambda: measure_agreement(project)), 1),
        "assistance_s": round(timed(lambda: keep(make_assistance_report(project))), 1),
        **{f"{name}_ms": value for name, value in time_pages(sign_in_a_lead(project), list_pages()).items()},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()

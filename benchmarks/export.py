"""How long an export takes and how much memory: as many candidates as 16 generators make for ServImageBench, two answers each.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.export [--labels 1000000] [--formats full ...]

on an empty scratch database. Prints, for each format, seconds of the command and of the job in it (a worker is started already), peak
memory of the process, rows and bytes. With `--labels` there are so many answers, written by a few statements, and no pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.command import run_command  # noqa: E402
from benchmarks.pictures import DIFFERENT, make_picture  # noqa: E402
from benchmarks.seed import insert, reset_sequences, seed, unguarded  # noqa: E402
from benchmarks.shape import GENERATORS, QUANTITIES  # noqa: E402
from labeling.data_out.formats import FORMATS  # noqa: E402
from labeling.image_store import derived_name  # noqa: E402
from labeling.models import (  # noqa: E402
    Answer,
    Assignment,
    Bundle,
    Candidate,
    Decision,
    Deliverable,
    Event,
    Generator,
    Image,
    Project,
    Task,
    TaskVersion,
    User,
    lane_of,
)
from labeling.protocol.projects import create_project  # noqa: E402
from labeling.triggers import restore_triggers  # noqa: E402
from tests.crowd.seed import SLUG  # noqa: E402

CHUNK = 2000
NOTE = "The logo is cut off at the left edge, 文字不清楚"


def fill() -> Project:
    """A project whose candidates all have two answers: two thirds agree, the rest is disputed."""
    project = create_project("export-benchmark", "Export benchmark", None)
    people = User.objects.bulk_create(User(username=f"benchmark-{number}", password="!") for number in range(8))
    generators = Generator.objects.bulk_create(Generator(slug=f"generator-{n}", display_name=f"Generator {n}") for n in range(GENERATORS))
    quantities = [quantity for quantity, count in QUANTITIES.items() for _ in range(count)]
    tasks = Task.objects.bulk_create(
        Task(project=project, external_id=f"digital-{n:04d}", category="Digital", name="海报设计", price_usd=Decimal("138.89"), quantity=q)
        for n, q in enumerate(quantities)
    )
    TaskVersion.objects.bulk_create(TaskVersion(task=task, number=1, document={}) for task in tasks)
    Deliverable.objects.bulk_create(
        Deliverable(task=task, number=number, name=f"Image {number}") for task in tasks for number in range(1, task.quantity + 1)
    )
    bundles = Bundle.objects.bulk_create(
        Bundle(task=task, generator=generator, place=place * GENERATORS + number)
        for number, generator in enumerate(generators)
        for place, task in enumerate(tasks)
    )
    deliverables: dict[int, list[Deliverable]] = {}
    for deliverable in Deliverable.objects.order_by("number"):
        deliverables.setdefault(deliverable.task_id, []).append(deliverable)
    rows = [(bundle, deliverable) for bundle in bundles for deliverable in deliverables[bundle.task_id]]
    for start in range(0, len(rows), CHUNK):
        fill_chunk(project, people, rows[start : start + CHUNK], start)
        with connection.cursor() as cursor:
            # PostgreSQL would go on checking foreign keys with the plans it made for empty tables.
            cursor.execute("ANALYZE")
    return project


def fill_chunk(project: Project, people: list[User], rows: list[tuple[Bundle, Deliverable]], start: int) -> None:
    """The candidates of `rows`, each answered by two people."""
    numbers = range(start, start + len(rows))
    images = Image.objects.bulk_create(Image(sha256=f"{n:064x}", format="JPEG", width=1024, height=1024, byte_size=1) for n in numbers)
    agreed = [number % 3 != 0 for number in numbers]
    candidates = Candidate.objects.bulk_create(
        Candidate(
            project=project,
            bundle=bundle,
            deliverable=deliverable,
            image=image,
            state="settled" if settled else "disputed",
            q_state=5 if settled else 2,
            sort=(bundle.place << 8) | deliverable.number,
            lane=lane_of(0, bundle.task.category),
        )
        for (bundle, deliverable), image, settled in zip(rows, images, agreed, strict=True)
    )
    log(project, "queued", [(candidate, None, "open", "") for candidate in candidates])
    for seat in (1, 2):
        now = timezone.now()
        verdicts = ["accept" if number % 2 or (seat == 2 and not same) else "reject" for number, same in zip(numbers, agreed, strict=True)]
        assignments = Assignment.objects.bulk_create(
            Assignment(
                project=project,
                candidate=candidate,
                person=people[(number + seat) % len(people)],
                seat=seat,
                status="submitted",
                verdict=verdict,
                submitted_at=now,
                editable_until=now,
                image_id=candidate.image_id,
                task_version=1,
            )
            for number, candidate, verdict in zip(numbers, candidates, verdicts, strict=True)
        )
        log(project, "leased", [(row.candidate, row, "open", "leased") for row in assignments])
        states = ["open" if seat == 1 else candidate.state for candidate in candidates]
        submitted = [(row.candidate, row, state, "submitted") for row, state in zip(assignments, states, strict=True)]
        events = log(project, "submitted", submitted)
        Answer.objects.bulk_create(
            Answer(
                assignment=row,
                number=1,
                kind="first",
                verdict=row.verdict,
                reasons=[] if row.verdict == "accept" else ["bad_text"],
                note=NOTE if row.pk % 10 == 0 else "",
                shown_at=now,
                active_ms=4200,
                event=event,
            )
            for row, event in zip(assignments, events, strict=True)
        )
    Decision.objects.bulk_create(
        Decision(candidate=candidate, round=1, verdict=verdict, how="consensus", event=event)
        for candidate, verdict, event, same in zip(candidates, verdicts, events, agreed, strict=True)
        if same
    )


def log(project: Project, kind: str, rows: list[tuple[Candidate, Assignment | None, str, str]]) -> list[Event]:
    """One event per row of (candidate, assignment, state, status)."""
    return Event.objects.bulk_create(
        Event(
            project=project,
            kind=kind,
            candidate=candidate,
            assignment=assignment,
            candidate_state=state,
            round=1,
            assignment_status=status,
        )
        for candidate, assignment, state, status in rows
    )


def fill_large(labels: int) -> Project:
    """A project whose candidates all have two equal answers, and five events each."""
    seed(labels // 2, 16, finished=1.0)
    project = Project.objects.get(slug=SLUG)
    # Leases and the queue leave three events more. These come late, so they say what stands.
    told = {"project_id": str(project.pk), "candidate_state": "'settled'", "round": "1"}
    with unguarded():
        leased = {"kind": "'leased'", "candidate_id": "a.candidate_id", "assignment_id": "a.id", "assignment_status": "'submitted'"}
        for source, columns in (("labeling_assignment a", leased), ("labeling_candidate c", {"kind": "'queued'", "candidate_id": "c.id"})):
            reset_sequences()
            insert(Event, source, **told, **columns)
    restore_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return project


def store_pictures(root: Path) -> None:
    """What people see of every image, so that archives have something to hold: a few pictures under many names."""
    pictures = []
    for number in range(DIFFERENT):
        pictures.append(root / f"picture-{number}.jpg")
        pictures[-1].write_bytes(make_picture(512, "JPEG", number))
    for number, image in enumerate(Image.objects.iterator()):
        path = root / derived_name(image, "screen")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.link(pictures[number % DIFFERENT], path)


def measure(project: Project, formats: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run the command for each format in a process of its own."""
    for name in formats:
        with tempfile.TemporaryDirectory() as folder:
            ran = run_command("export_labels", "--project", project.slug, "--format", name, "--out", folder, "--json")
            size = Path(folder, FORMATS[name].file).stat().st_size
        yield {"format": name, **ran.describe(), "rows": ran.said["rows"], "mib": round(size / 2**20, 1)}


def main() -> None:
    """Fill the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, help="so many answers instead of two for every candidate of 16 generators")
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), metavar="FORMAT")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    project = Project.objects.filter(slug=SLUG if options.labels else "export-benchmark").first()
    if project is None:
        if Candidate.objects.exists():
            raise SystemExit("This database holds candidates; name an empty one in DATABASE_URL.")
        started = time.monotonic()
        project = fill_large(options.labels) if options.labels else fill()
        print(f"{connection.vendor}: filled in {time.monotonic() - started:.0f} s, {Candidate.objects.count():,} candidates", flush=True)
    formats = options.formats or [name for name in FORMATS if not (options.labels and FORMATS[name].archive)]
    if any(FORMATS[name].archive for name in formats):
        store_pictures(Path(settings.MEDIA_ROOT))
    for result in measure(project, formats):
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()

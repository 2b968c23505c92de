"""Projects with drawn pictures for tests of snapshots, and snapshots of them."""

from __future__ import annotations

import itertools
from typing import Any

from labeling.data_in.bench_values import BenchImage
from labeling.data_in.write_task import write_task
from labeling.image_store import keep_image
from labeling.models import Bundle, Candidate, Generator, Image, Project, Task
from labeling.protocol.intake import import_decision
from modeling.models import Snapshot
from modeling.net.records import Record
from modeling.snapshots.filters import Filters
from modeling.snapshots.make import make_snapshot
from modeling.snapshots.read import read_records
from tests.factories import make_bundle, make_generator
from tests.labeling.material import make_picture
from tests.labeling.raw_rows import update
from tests.labeling.test_groups import make_content

_numbers = itertools.count(1)


def draw_image() -> Image:
    """A picture of a colour that no other test picture has, in the storage."""
    number = next(_numbers)
    return keep_image(make_picture(32, 24, color=(number % 256, number // 256 % 256, number * 7 % 256)))


def write_order(project: Project, *references: Image, is_test_side: bool = False, **changes: Any) -> Task:
    """An order of its own brief with these references, on the side that the test wants."""
    number = next(_numbers)
    named = {f"{place}.png": image for place, image in enumerate(references, start=1)}
    shown = tuple(BenchImage(number=place, name=name) for place, name in enumerate(named, start=1))
    content = make_content(f"product-{number:03d}", references=shown, **{"quantity": 1} | changes)
    task = write_task(project, content, named)
    update(task, is_test_side=is_test_side)
    return Task.objects.select_related("project").get(pk=task.pk)


def write_pictured(task: Task, generator: Generator | None = None) -> Bundle:
    """A bundle of the task whose candidates have pictures in the storage."""
    bundle = make_bundle(task, generator or make_generator())
    for candidate in bundle.candidates.all():
        update(candidate, image=draw_image())
    return bundle


def write_candidate(task: Task, generator: Generator | None = None) -> Candidate:
    """The first candidate of such a bundle."""
    return write_pictured(task, generator).candidates.select_related("project", "image").order_by("pk")[0]


def decide(candidate: Candidate, verdict: str = "accept") -> Candidate:
    """The candidate with a decision from elsewhere."""
    import_decision(candidate.pk, verdict, None)
    return candidate


def freeze(project: Project, **filters: Any) -> tuple[Snapshot, dict[str, Record]]:
    """A snapshot of the project, and its records by key."""
    snapshot = make_snapshot(project, Filters(**filters), None)
    return snapshot, {record.example.key: record for record in read_records(snapshot)}


def key_of(candidate: Candidate) -> str:
    """The key of a candidate's record."""
    return str(candidate.public_id)

"""A small project with drawn pictures and decisions, from which a model can be trained in seconds; and a version of it, trained once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from PIL import Image as Pillow

from labeling.image_store import keep_image
from labeling.jobs.run import run_job
from labeling.models import Asset, Candidate, Generator, Project, Task, User
from labeling.protocol.intake import import_decision
from modeling.models import ModelVersion, TrainingRun
from modeling.net.records import Record
from modeling.protocol.runs import start_run
from modeling.snapshots.filters import Filters
from tests.factories import make_bundle, make_generator, make_lead, make_project, make_task
from tests.modeling.made_records import make_records

# Few epochs and one thread: the tests look at what is stored, not at how good it is.
QUICK = {"stage1": {"epochs": 3, "patience": 0}, "stage2": {"epochs": 3, "patience": 0}, "members": 1, "threads": 1, "fusion": "concepts"}


@transaction.atomic
def make_labelled_project(
    tasks: int = 21, per_task: int = 3, *, test_every: int = 6, open_tasks: int = 2, seed: int = 0, **fields: Any
) -> Project:
    """A project of `tasks` tasks with `per_task` candidates each, of which the last `open_tasks` are open and the others decided.

    Every `test_every`-th task is on the test side.
    """
    # Fixed, so that the same tasks validate every time: of so few another choice may have one answer alone.
    project = make_project(**{"seed": 10} | fields)
    generators = [make_generator() for _ in range(per_task)]
    records = make_records(tasks, per_task, seed=seed, side=64, concepts=False)
    for number in range(tasks):
        of_task = records[number * per_task : (number + 1) * per_task]
        task = make_drawn_task(project, of_task[0], is_test_side=number % test_every == 0)
        make_drawn_candidates(task, of_task, generators, is_decided=number < tasks - open_tasks)
    return project


def make_drawn_task(project: Project, record: Record, *, is_test_side: bool) -> Task:
    """The task of a record's order, with its reference."""
    order = record.example.order
    said = {
        "external_id": order.task,
        "name": order.name,
        "brief": f"{order.brief} {order.task}",
        "price_usd": f"{order.price_usd:.2f}",
        "category": order.category,
    }
    task = make_task(project, points=0, is_test_side=is_test_side, **said)
    for number, reference in enumerate(order.references, 1):
        Asset.objects.create(task=task, role=Asset.Role.REFERENCE, number=number, image=keep_image(reference.read()), file=f"r{number}.png")
    return task


def make_drawn_candidates(task: Task, records: Sequence[Record], generators: Sequence[Generator], *, is_decided: bool) -> None:
    """A candidate of each generator with the picture of its record, and its decision."""
    for record, generator in zip(records, generators, strict=True):
        candidate = make_bundle(task, generator).candidates.get()
        Candidate.objects.filter(pk=candidate.pk).update(image=keep_image(record.example.picture.read()))
        if is_decided:
            import_decision(candidate.pk, "accept" if record.accepts else "reject", None)


def start_quick_run(project: Project, lead: User | None = None, **fields: Any) -> TrainingRun:
    """A queued run of `stats` with few epochs."""
    return start_run(project, lead, **{"preset": "stats", "filters": Filters(), "settings": QUICK} | fields)


def train_version(project: Project, lead: User | None = None, **fields: Any) -> ModelVersion:
    """A version that a run made here."""
    run = start_quick_run(project, lead, **fields)
    assert run.job_id is not None
    run_job(run.job_id)
    run.refresh_from_db()
    assert run.state == "done", run.job.error_text if run.job else ""
    return ModelVersion.objects.get(run=run)


def make_led_project(**fields: Any) -> tuple[Project, User]:
    """The project with its lead."""
    project = make_labelled_project(**fields)
    return project, make_lead(project)


def make_drawing(colour: str = "red", size: tuple[int, int] = (90, 60), form: str = "PNG") -> bytes:
    """The bytes of a picture that is of no candidate."""
    stream = io.BytesIO()
    Pillow.new("RGB", size, colour).save(stream, form)
    return stream.getvalue()

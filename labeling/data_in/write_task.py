"""Writing tasks: from what a reader found to the rows of a task and the version that keeps its whole content."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling.data_in.bench_values import BenchImage, BenchTask
from labeling.data_in.hard_rules import rules_as_json
from labeling.groups import assign_side, keys_of_task, write_keys
from labeling.models import (
    Asset,
    Candidate,
    Category,
    Deliverable,
    EvaluationPoint,
    Event,
    GroupKey,
    Image,
    Project,
    Task,
    TaskVersion,
    User,
)
from labeling.protocol.record import lock_candidates_of

# Stored images by their name in the source tree; a name that is not there could not be stored and counts as missing.
Images = Mapping[str, Image]


def describe_task(content: BenchTask, images: Images) -> dict[str, Any]:
    """The whole content of a task as one JSON document, its images by SHA-256: what a `TaskVersion` keeps."""
    return {
        "task_id": content.task_id,
        "category": content.category,
        "name": content.name,
        "brief": content.brief,
        "price_usd": str(content.price_usd),
        "quantity": content.quantity,
        "is_editing": content.editing,
        "source_missing": content.source_missing,
        "deliverables": [
            {
                "number": item.number,
                "name": item.name,
                "listed_price_usd": None if item.price_usd is None else str(item.price_usd),
                "rules": rules_as_json(item.rules),
                "raw_rules": plain_json(item.raw_rules),
            }
            for item in content.deliverables
        ],
        "points": [{"number": point.number, "point_id": point.point_id, "text": point.text} for point in content.points],
        "references": describe_images(content.references, images),
        "sources": describe_images(content.sources, images),
    }


def describe_images(wanted: Sequence[BenchImage], images: Images) -> list[dict[str, Any]]:
    """The images of one role by number: file name and SHA-256, each None where the copy at hand lacks it."""
    found = [(image, images.get(image.name) if image.name else None) for image in wanted]
    return [{"number": image.number, "file": image.name, "sha256": row.sha256 if row else None} for image, row in found]


def changed_parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The parts in which two documents of a task differ: `brief`, `price_usd`, `deliverables`, ... in the order of `new`."""
    return [part for part, value in new.items() if old.get(part) != value]


@transaction.atomic
def write_task(project: Project, content: BenchTask, images: Images) -> Task:
    """Write a task that `project` does not have yet, as its version 1; its images are stored already.

    Whether models are tested on it is decided here, once and for good.
    """
    task = Task(project=project, external_id=content.task_id)
    assign_side(task, list_keys(content, images))
    write_order(task, content)
    write_deliverables(task, content)
    return write_parts(task, content, images)


@transaction.atomic
def rewrite_task(task: Task, content: BenchTask, images: Images, actor: User | None) -> Task:
    """Give `task` new content as its next version; the old version stays readable.

    Whether work in progress allows that is for the caller to decide, and so is what becomes of the candidates of a deliverable
    that goes: its row stays as long as there are any.
    """
    locked = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    before = TaskVersion.objects.get(task=locked, number=locked.version)
    locked.version += 1
    parts = changed_parts(before.document, describe_task(content, images))
    event = Event.objects.create(
        project_id=locked.project_id,
        actor=actor,
        kind=Event.Kind.TASK_CHANGED,
        data={"task": locked.external_id, "version": locked.version, "changed": parts},
    )
    if locked.category != content.category:
        move_lanes(locked, content.category)
    write_order(locked, content)
    write_deliverables(locked, content)
    Deliverable.objects.filter(task=locked, number__gt=content.quantity, candidates=None).delete()
    EvaluationPoint.objects.filter(task=locked).delete()
    Asset.objects.filter(task=locked).delete()
    GroupKey.objects.filter(task=locked).delete()
    return write_parts(locked, content, images, event)


def move_lanes(task: Task, category: str) -> None:
    """Let the candidates of `task` wait where its new category is worked on. A batch for another category keeps those it has."""
    Candidate.objects.filter(pk__in=lock_candidates_of(task)).update(lane=F("batch") * 4 + Category(category).code)


def write_order(task: Task, content: BenchTask) -> None:
    """Make the row of `task` say what `content` says."""
    task.category, task.name, task.brief = content.category, content.name, content.brief
    task.price_usd, task.quantity = content.price_usd, content.quantity
    task.is_editing, task.source_missing = content.editing, content.source_missing
    task.save()


def write_parts(task: Task, content: BenchTask, images: Images, event: Event | None = None) -> Task:
    """Write points, images and keys of `task`, and keep `content` as the version it has now; `event` is what changed it."""
    write_keys(task, list_keys(content, images))
    EvaluationPoint.objects.bulk_create(
        EvaluationPoint(task=task, number=point.number, point_id=point.point_id, text=point.text) for point in content.points
    )
    Asset.objects.bulk_create(
        [
            *make_assets(task, Asset.Role.REFERENCE, content.references, images),
            *make_assets(task, Asset.Role.SOURCE, content.sources, images),
        ]
    )
    TaskVersion.objects.create(task=task, number=task.version, document=describe_task(content, images), event=event)
    return task


def list_keys(content: BenchTask, images: Images) -> frozenset[str]:
    """What the task may share with others of its group."""
    stored = (images.get(image.name or "") for image in (*content.references, *content.sources))
    return keys_of_task(content.name, content.brief, (row.sha256 for row in stored if row))


def write_deliverables(task: Task, content: BenchTask) -> None:
    """Write the deliverables by number: candidates point at them, so those that stay keep their rows."""
    Deliverable.objects.bulk_create(
        [
            Deliverable(
                task=task,
                number=item.number,
                name=item.name,
                listed_price_usd=item.price_usd,
                rules=rules_as_json(item.rules),
                raw_rules=plain_json(item.raw_rules),
            )
            for item in content.deliverables
        ],
        update_conflicts=True,
        unique_fields=["task", "number"],
        update_fields=["name", "listed_price_usd", "rules", "raw_rules"],
    )


def make_assets(task: Task, role: Asset.Role, wanted: Sequence[BenchImage], images: Images) -> list[Asset]:
    """The unsaved assets of one role; without an image where the copy at hand lacks it."""
    return [Asset(task=task, role=role, number=image.number, image=images.get(image.name or ""), file=image.name or "") for image in wanted]


def plain_json(value: object) -> Any:
    """`value` with its exact decimals as the numbers that JSON columns hold; one too large for them becomes its text."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list) else value

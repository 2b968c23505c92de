"""What the rows of some bundles say now.

Table by table and by row id: joined, PostgreSQL reads whole tables of pictures and bundles anew for every page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Subquery

from labeling.among import Ids
from labeling.data_out.task_content import TaskContent
from labeling.models import Bundle, Candidate, Deliverable, Image, Project, Task


class BundleRow(NamedTuple):
    """The row of a bundle, and how many candidates it has."""

    pk: int
    task_id: int
    generator__slug: str
    size: int | None


class CandidateRow(NamedTuple):
    """The row of a candidate."""

    pk: int
    public_id: UUID
    bundle_id: int
    deliverable_id: int
    sample: int
    is_submitted_sample: bool
    image_id: int | None
    state: str
    round: int


class DeliverableRow(NamedTuple):
    """The row of a deliverable, with that of its task."""

    pk: int
    number: int
    name: str
    task_id: int
    task__external_id: str
    task__version: int
    task__category: str
    task__name: str
    task__price_usd: Decimal
    task__quantity: int
    task__is_editing: bool


@dataclass(frozen=True, kw_only=True)
class PageRows:
    """The candidates of some bundles by bundle, deliverable and sample, and what their rows point at, by row id.

    `numbers` are those of deliverables, `images` SHA-256, `tasks` what their rows say.
    """

    candidates: Sequence[CandidateRow]
    bundles: Mapping[int, BundleRow]
    numbers: Mapping[int, int]
    images: Mapping[int, str]
    tasks: Mapping[int, TaskContent]


def next_bundles(project: Project, after: int, most: int) -> list[BundleRow]:
    """The bundles of the next page, by row id: at most `most` candidates together, at least one bundle."""
    # Not a join: it would begin with all tasks of the project, page after page.
    own = Task.objects.filter(pk=OuterRef("task"), project=project)
    sizes = Candidate.objects.filter(bundle=OuterRef("pk")).order_by().values("bundle").annotate(size=Count("pk")).values("size")
    rows = Bundle.objects.filter(Exists(own), pk__gt=after).order_by("pk")
    found: list[BundleRow] = []
    total = 0
    for values in rows.values_list("pk", "task_id", "generator__slug", Subquery(sizes))[:most]:
        bundle = BundleRow._make(values)
        total += bundle.size or 0
        if found and total > most:
            break
        found.append(bundle)
    return found


def read_page_rows(bundles: Sequence[BundleRow]) -> PageRows:
    """The candidates of these bundles, and what they point at."""
    found = Candidate.objects.filter(bundle__among=Ids(row.pk for row in bundles)).order_by().values_list(*CandidateRow._fields)
    candidates = [CandidateRow._make(row) for row in found]
    deliverables = read_deliverables({row.task_id for row in bundles})
    numbers = {row.pk: row.number for row in deliverables}
    return PageRows(
        candidates=sorted(candidates, key=lambda row: (row.bundle_id, numbers[row.deliverable_id], row.sample)),
        bundles={row.pk: row for row in bundles},
        numbers=numbers,
        images=read_images({row.image_id for row in candidates if row.image_id is not None}),
        tasks=make_contents(deliverables),
    )


def read_images(image_ids: Collection[int]) -> dict[int, str]:
    """The SHA-256 of these pictures by row id."""
    return dict(Image.objects.filter(pk__among=Ids(image_ids)).order_by().values_list("pk", "sha256"))


def read_deliverables(task_ids: Collection[int]) -> list[DeliverableRow]:
    """The deliverables of these tasks; one statement reads them with the tasks, so that they fit together."""
    rows = Deliverable.objects.filter(task__among=Ids(task_ids)).order_by().values_list(*DeliverableRow._fields)
    return [DeliverableRow._make(row) for row in rows]


def make_contents(deliverables: Sequence[DeliverableRow]) -> dict[int, TaskContent]:
    """What the rows of the tasks of these deliverables say, by row id."""
    names: dict[int, dict[int, str]] = {}
    for row in deliverables:
        names.setdefault(row.task_id, {})[row.number] = row.name
    one_each = {row.task_id: row for row in deliverables}
    return {
        task_id: TaskContent(
            task_id=row.task__external_id,
            version=row.task__version,
            category=row.task__category,
            name=row.task__name,
            price_usd=row.task__price_usd,
            quantity=row.task__quantity,
            is_editing=row.task__is_editing,
            deliverables=names[task_id],
        )
        for task_id, row in one_each.items()
    }

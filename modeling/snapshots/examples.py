"""Candidates as a model sees them, from the orders and pictures that there are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from judging.load_material import JUDGED
from labeling.among import Ids
from labeling.models import Candidate, Image
from modeling.net.records import Example, Picture
from modeling.snapshots.orders import Asked, Line, list_pictures, parse_task, read_tasks
from modeling.snapshots.pictures import FACTS, read_facts, show


class Row(NamedTuple):
    """The row of a candidate that has a picture."""

    pk: int
    public_id: UUID
    bundle_id: int
    bundle__task_id: int
    deliverable__number: int
    image_id: int
    image__sha256: str
    is_submitted_sample: bool
    state: str


def load_examples(candidate_ids: Sequence[int]) -> list[Example]:
    """These candidates in the order given, those without a picture left out; the key of each is its public id as text."""
    bundles = Candidate.objects.filter(pk__among=Ids(candidate_ids)).order_by().values_list("bundle_id", flat=True)
    rows = read_rows(set(bundles))
    lines = read_tasks({row.bundle__task_id for row in rows})
    pictures = read_pictures(rows, lines.values())
    orders = {pk: parse_task(line, pictures) for pk, line in lines.items()}
    by_bundle: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_bundle[row.bundle_id].append(row)
    known = {row.pk: row for row in rows}
    found = (known[pk] for pk in candidate_ids if pk in known)
    return [make_example(row, orders[row.bundle__task_id], find_siblings(row, by_bundle[row.bundle_id]), pictures) for row in found]


def read_rows(bundle_ids: Iterable[int]) -> list[Row]:
    """The candidates of these bundles that have a picture, by deliverable."""
    rows = Candidate.objects.filter(bundle__among=Ids(bundle_ids), image__isnull=False).order_by()
    return sorted(map(Row._make, rows.values_list(*Row._fields)), key=lambda row: (row.bundle_id, row.deliverable__number, row.pk))


def read_pictures(rows: Sequence[Row], lines: Iterable[Line]) -> dict[str, Picture]:
    """The pictures of these candidates, and of these tasks, by SHA-256."""
    own = Image.objects.filter(pk__among=Ids({row.image_id for row in rows})).order_by().values(*FACTS)
    assets = read_facts(sha256 for line in lines for sha256 in list_pictures(line))
    return {facts["sha256"]: show(facts) for facts in (*own, *assets)}


def find_siblings(row: Row, bundle: Sequence[Row]) -> list[str]:
    """The SHA-256 of what is delivered beside a candidate: the submitted samples of the other deliverables of its bundle."""
    delivered = (other for other in bundle if other.is_submitted_sample and other.state in JUDGED)
    return [other.image__sha256 for other in delivered if other.deliverable__number != row.deliverable__number]


def make_example(row: Row, asked: Asked, siblings: Sequence[str], pictures: Mapping[str, Picture]) -> Example:
    """One candidate."""
    name, rules = asked.deliverables[row.deliverable__number]
    return Example(
        key=str(row.public_id),
        order=asked.order,
        number=row.deliverable__number,
        deliverable=name,
        rules=rules,
        picture=pictures[row.image__sha256],
        siblings=tuple(pictures[sha256] for sha256 in siblings),
    )

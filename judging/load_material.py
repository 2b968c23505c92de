"""What a judge sees of bundles, read from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from django.db.models import Prefetch

from judging.material import Material, PictureLost, Sample
from judging.material import Picture as ShownPicture
from judging.rubrics.base import hash_of
from labeling.data_in.hard_rules import rules_from_json
from labeling.image_store import ImageLost, open_original
from labeling.models import Asset, Bundle, Candidate, Image

# Withdrawn ones and those still being imported are judged by nobody.
JUDGED = ["open", "disputed", "settled", "held"]


def load_materials(ids: Sequence[int]) -> list[Material]:
    """The material of these bundles, in the order of their ids; those without a candidate to judge are left out."""
    samples = Candidate.objects.filter(is_submitted_sample=True, image__isnull=False, state__in=JUDGED)
    own = Prefetch("candidates", samples.select_related("deliverable", "image").order_by("deliverable__number"), to_attr="judged")
    task = ("task__points", "task__deliverables", Prefetch("task__assets", Asset.objects.select_related("image")))
    rows = Bundle.objects.filter(pk__in=ids).select_related("task").prefetch_related(own, *task).order_by("pk")
    return [make_material(row) for row in rows if row.judged]


def hash_pictures(pictures: Iterable[tuple[int, str]]) -> str:
    """The hash of the pictures of a bundle: the candidate of each, by row id, and its SHA-256."""
    return hash_of(sorted(pictures))


def make_material(bundle: Bundle) -> Material:
    """The material of one bundle whose rows are prefetched; a picture is read when it is asked for."""
    task = bundle.task
    assets = [asset for asset in task.assets.all() if asset.image is not None]
    return Material(
        key=bundle.pk,
        task_id=task.external_id,
        task_version=task.version,
        category=task.category,
        name=task.name,
        brief=task.brief,
        price_usd=float(task.price_usd),
        quantity=task.quantity,
        is_editing=task.is_editing,
        points=tuple(point.text for point in task.points.all()),
        references=tuple(show(asset.image) for asset in assets if asset.role == Asset.Role.REFERENCE and asset.image),
        sources=tuple(show(asset.image) for asset in assets if asset.role == Asset.Role.SOURCE and asset.image),
        samples=tuple(make_sample(row) for row in bundle.judged),  # type: ignore[attr-defined]
    )


def make_sample(row: Candidate) -> Sample:
    """One candidate with the hard rules of its deliverable."""
    assert row.image is not None
    return Sample(
        key=row.pk,
        number=row.deliverable.number,
        sample=row.sample,
        deliverable=row.deliverable.name,
        rules=rules_from_json(row.deliverable.rules),
        picture=show(row.image),
    )


def show(image: Image) -> ShownPicture:
    """A picture of the storage."""
    return ShownPicture(
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        format=image.format,
        dpi=image.dpi,
        read=partial(read_original, image),
    )


def read_original(image: Image) -> bytes:
    """The original bytes; raises PictureLost."""
    try:
        with open_original(image) as file:
            data: bytes = file.read()
    except ImageLost as lost:
        raise PictureLost(str(lost)) from lost
    return data

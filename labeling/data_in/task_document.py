"""The document of a task version read back: the inverse of `describe_task`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from labeling.data_in.bench_values import CATEGORIES, BenchDeliverable, BenchImage, BenchPoint, BenchTask
from labeling.data_in.hard_rules import rules_from_json
from labeling.models import Image


def read_document(document: Mapping[str, Any]) -> tuple[BenchTask, dict[str, Image]]:
    """The content that `document` describes, and its stored images by their file name. Raises ValueError for an unknown category."""
    category = next((name for name in CATEGORIES if name == document["category"]), None)
    if category is None:
        raise ValueError(f"{document['category']!r} is no category; they are {', '.join(CATEGORIES)}")
    content = BenchTask(
        task_id=document["task_id"],
        category=category,
        name=document["name"],
        brief=document["brief"],
        price_usd=Decimal(document["price_usd"]),
        quantity=document["quantity"],
        deliverables=tuple(read_deliverable(item) for item in document["deliverables"]),
        points=tuple(BenchPoint(**item) for item in document["points"]),
        references=read_images(document["references"]),
        sources=read_images(document["sources"]),
        source_missing=document["source_missing"],
        editing=document["is_editing"],
    )
    return content, find_images([*document["references"], *document["sources"]])


def read_deliverable(item: Mapping[str, Any]) -> BenchDeliverable:
    """One deliverable of a document."""
    price = item["listed_price_usd"]
    return BenchDeliverable(
        number=item["number"],
        name=item["name"],
        price_usd=None if price is None else Decimal(price),
        rules=tuple(rules_from_json(item["rules"])),
        raw_rules=item["raw_rules"],
    )


def read_images(items: Sequence[Mapping[str, Any]]) -> tuple[BenchImage, ...]:
    """The images of one role."""
    return tuple(BenchImage(number=item["number"], name=item["file"]) for item in items)


def find_images(items: Sequence[Mapping[str, Any]]) -> dict[str, Image]:
    """The stored images of a document by file name; one that could not be stored is left out."""
    hashes = {item["file"]: item["sha256"] for item in items if item["file"] and item["sha256"]}
    stored = {image.sha256: image for image in Image.objects.filter(sha256__in=hashes.values())}
    return {file: stored[sha256] for file, sha256 in hashes.items() if sha256 in stored}

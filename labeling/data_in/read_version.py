"""From the version of a task back to its content: the inverse of `describe_task`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from labeling.data_in.bench_values import BenchDeliverable, BenchImage, BenchPoint, BenchTask
from labeling.data_in.hard_rules import rules_from_json
from labeling.models import Image


def parse_document(document: Mapping[str, Any]) -> BenchTask:
    """The content that a version's `document` keeps."""
    return BenchTask(
        task_id=document["task_id"],
        category=document["category"],
        name=document["name"],
        brief=document["brief"],
        price_usd=Decimal(document["price_usd"]),
        quantity=document["quantity"],
        deliverables=tuple(parse_deliverable(item) for item in document["deliverables"]),
        points=tuple(BenchPoint(**point) for point in document["points"]),
        references=parse_images(document["references"]),
        sources=parse_images(document["sources"]),
        source_missing=document["source_missing"],
        editing=document["is_editing"],
    )


def parse_deliverable(item: Mapping[str, Any]) -> BenchDeliverable:
    """One deliverable of a document."""
    price = item["listed_price_usd"]
    return BenchDeliverable(
        number=item["number"],
        name=item["name"],
        price_usd=None if price is None else Decimal(price),
        rules=rules_from_json(item["rules"]),
        raw_rules=item["raw_rules"],
    )


def parse_images(items: Sequence[Mapping[str, Any]]) -> tuple[BenchImage, ...]:
    """The images of one role of a document."""
    return tuple(BenchImage(number=item["number"], name=item["file"]) for item in items)


def find_images(document: Mapping[str, Any]) -> dict[str, Image]:
    """The stored images that a document names, by their file name."""
    named = {item["file"]: item["sha256"] for role in ("references", "sources") for item in document[role] if item["sha256"]}
    rows = {image.sha256: image for image in Image.objects.filter(sha256__in=named.values())}
    return {file: rows[sha256] for file, sha256 in named.items() if sha256 in rows}

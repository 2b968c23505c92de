"""Which images a task has after an import: a copy that lacks one does not take it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from labeling.data_in.bench_values import BenchImage, BenchTask
from labeling.data_in.read_version import find_images
from labeling.data_in.write_task import Images
from labeling.models import Image


def settle_images(
    content: BenchTask, images: Images, old: Mapping[str, Any] | None = None, waiting: Mapping[str, Any] | None = None
) -> tuple[BenchTask, dict[str, Image]]:
    """`content` with the images that `old`, the document of the task's present version, has and this copy lacks.

    Source images also come from beside candidates, so those of `waiting`, a document the lead has not decided on, stay as well.
    An image that is the same under another name keeps the name it has: where a copy lies is no change of the task. Whether a
    source image is missing is decided by what could be stored, not by what was listed.
    """
    references, sources = content.references, content.sources
    known: dict[str, Image] = {}
    if old is not None:
        newest = waiting or old
        known = {**find_images(old), **find_images(newest)}
        references = merge_role(references, images, old["references"])
        sources = merge_role(sources, images, newest["sources"])
    stored = {**known, **images}
    has_source = any(image.name in stored for image in sources)
    editing = content.editing or has_source
    return replace(content, references=references, sources=sources, editing=editing, source_missing=editing and not has_source), stored


def merge_role(new: Sequence[BenchImage], images: Images, old: Sequence[Mapping[str, Any]]) -> tuple[BenchImage, ...]:
    """The images of one role by number, from `new` where it has another image, from the document `old` otherwise."""
    listed = {image.number: image for image in new}
    there = {item["number"]: item for item in old}
    merged = []
    for number in sorted({*listed, *there}):
        row = images.get(listed[number].name or "") if number in listed else None
        item = there.get(number)
        if item is not None and (row.sha256 == item["sha256"] if row else number in listed or item["sha256"]):
            merged.append(BenchImage(number=number, name=item["file"]))
        elif number in listed:
            merged.append(listed[number])
    return tuple(merged)

"""Tasks that belong together because they share their brief or a picture: whoever splits tasks keeps these on one side."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from labeling.data_in.bench_values import BenchTask
from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, warn
from labeling.data_in.sources import SourceTree, read_file
from labeling.images import MAX_BYTES


def find_same_briefs(tasks: Iterable[BenchTask]) -> list[Line]:
    """A line for each name and brief that several tasks have, at the first of them."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for task in tasks:
        groups[task.name, task.brief].append(task.task_id)
    return [warn(Code.SAME_BRIEF, Place(record=first), tasks=", ".join(others)) for first, *others in groups.values() if others]


def find_shared_images(tree: SourceTree, tasks: Iterable[BenchTask]) -> list[Line]:
    """A line for each picture that several tasks have as a reference or source, at the first of them; equal is equal byte for byte."""
    groups: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for task_id, file, sha256 in digest_alike(tree, tasks):
        groups[sha256].setdefault(task_id, file)
    shared = [list(files.items()) for files in groups.values() if len(files) > 1]
    return [
        warn(Code.SHARED_IMAGE, Place(file=file, record=first), tasks=", ".join(task_id for task_id, _file in others))
        for (first, file), *others in shared
    ]


def digest_alike(tree: SourceTree, tasks: Iterable[BenchTask]) -> Iterable[tuple[str, str, str]]:
    """(task, file, SHA-256) of the pictures that are as long as that of another task; only those need to be read."""
    by_size: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for task in tasks:
        for image in (*task.references, *task.sources):
            if image.name:
                by_size[tree.size(image.name)].append((task.task_id, image.name))
    for alike in by_size.values():
        if len({task_id for task_id, _file in alike}) > 1:
            for task_id, file in alike:
                try:
                    yield task_id, file, hashlib.sha256(read_file(tree, file, MAX_BYTES)).hexdigest()
                except ImportProblem:
                    # The import of its task says what is wrong with the file.
                    continue

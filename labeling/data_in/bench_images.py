"""Which image files of a ServImageBench tree belong to which task, and which of them are missing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from labeling.data_in.bench_values import BenchImage, CategoryName
from labeling.data_in.codes import Code
from labeling.data_in.problem import Line, Place, reject, warn
from labeling.data_in.sources import SourceTree

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
PLACE = re.compile(r"[1-9]\d{0,3}")
# Two folders of the published data hold names like 2012071015203477804.png: a number far beyond the count of the files
# is no place in a row, and must not make a thousand missing images.
MOST_GAPS = 20
FOLDER = re.compile(r"task_0*([1-9]\d{0,6})")


@dataclass(frozen=True, kw_only=True)
class TaskImages:
    """The images of one folder kind (`refs` or `inputs`) of one category by task id."""

    by_task: dict[str, tuple[BenchImage, ...]]
    lines: list[Line]
    has_folder: bool


def find_images(tree: SourceTree, folder: str, category: CategoryName, task_ids: Collection[str]) -> TaskImages:
    """The images below `folder` (`.../C-Portrait/refs`) by task; padding of the folder names does not matter."""
    files: dict[str, list[str]] = defaultdict(list)
    lines: list[Line] = []
    has_folder = False
    for name in tree.names:
        if not name.startswith(f"{folder}/"):
            continue
        has_folder = True
        parts = PurePosixPath(name[len(folder) + 1 :]).parts
        match = FOLDER.fullmatch(parts[0]) if len(parts) == 2 else None
        if match is None or PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES:
            lines.append(reject(Code.UNUSABLE_NAME, Place(file=name)))
            continue
        task_id = f"{category.lower()}-{int(match[1]):03d}"
        if task_id in task_ids:
            files[task_id].append(name)
        else:
            lines.append(reject(Code.NO_SUCH_TASK, Place(file=name, record=task_id)))
    by_task = {task_id: _order_images(names, Place(record=task_id), lines) for task_id, names in files.items()}
    return TaskImages(by_task=by_task, lines=lines, has_folder=has_folder)


def _order_images(names: list[str], place: Place, lines: list[Line]) -> tuple[BenchImage, ...]:
    """The images in numeric order, with a nameless one for every gap; other names follow, shorter numbers first."""
    numbered: dict[int, str] = {}
    others = []
    for name in names:
        stem = PurePosixPath(name).stem
        if not PLACE.fullmatch(stem) or int(stem) > len(names) + MOST_GAPS:
            others.append(name)
            lines.append(warn(Code.UNNUMBERED_IMAGE, place.at(file=name)))
        elif int(stem) in numbered:
            others.append(name)
            lines.append(warn(Code.DUPLICATE_NUMBER, place.at(file=name), number=int(stem)))
        else:
            numbered[int(stem)] = name
    last = max(numbered, default=0)
    images = [BenchImage(number=number, name=numbered.get(number)) for number in range(1, last + 1)]
    folder = str(PurePosixPath(names[0]).parent)
    lines += [warn(Code.IMAGE_GAP, place.at(file=folder), number=image.number) for image in images if image.name is None]
    others.sort(key=lambda name: (len(PurePosixPath(name).stem), name))
    return (*images, *(BenchImage(number=last + index, name=name) for index, name in enumerate(others, start=1)))

"""Which image files are candidates: from folders `<generator>/<task_id>/<k>.<ext>` or from a JSONL manifest."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from labeling.data_in.bench_images import IMAGE_SUFFIXES
from labeling.data_in.candidate_list import Announced, CandidateList, TaskKey, group_candidates
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_object, read_int, read_text
from labeling.data_in.json_text import read_json_lines
from labeling.data_in.problem import ImportProblem, Line, Place, reject, warn
from labeling.data_in.sources import SourceTree

NUMBER = re.compile(r"[1-9]\d{0,3}")
SHA256 = re.compile(r"[0-9a-f]{64}")
# Folders of tasks and of the benchmark, which hold no candidates.
RESERVED = frozenset({"inputs", "refs"})
# Files that may lie beside the folders without a word.
TEXT_SUFFIXES = frozenset({".json", ".jsonl", ".csv", ".md", ".txt"})
MAX_SAMPLE = 10_000
MAX_DELIVERABLE = 255


def read_candidate_folders(tree: SourceTree, tasks: Mapping[str, TaskKey]) -> CandidateList:
    """The candidates of a tree of folders; the last three parts of a name count, so the tree may begin at any level."""
    lines: list[Line] = list(tree.problems)
    announced = [(Place(file=name), entry) for name in tree.names if (entry := _read_path(name, lines))]
    bundles = group_candidates(announced, tasks, lines)
    return CandidateList(bundles=bundles, lines=tuple(lines), sources=find_sources(tree, tasks))


def read_candidate_manifest(tree: SourceTree, name: str, tasks: Mapping[str, TaskKey]) -> CandidateList:
    """The candidates that the JSONL file `name` lists: {model, task_id, deliverable, image, sample?, sha256?}.

    `image` is relative to the folder of the manifest and must lie in the tree. Further keys are ignored.
    Raises ImportProblem if the manifest itself cannot be read.
    """
    lines: list[Line] = list(tree.problems)
    announced = list(_read_manifest(tree, name, lines))
    bundles = group_candidates(announced, tasks, lines)
    return CandidateList(bundles=bundles, lines=tuple(lines), sources=find_sources(tree, tasks))


def find_sources(tree: SourceTree, tasks: Mapping[str, TaskKey]) -> dict[str, tuple[str, ...]]:
    """Source images by task id, from `inputs/<task_id>/<k>.<ext>` anywhere in the tree, in numeric order."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in tree.names:
        path = PurePosixPath(name)
        if path.parts[-3:-2] == ("inputs",) and path.parts[-2] in tasks and is_numbered_image(path):
            found.setdefault(path.parts[-2], []).append((int(path.stem), name))
    return {task_id: tuple(name for _, name in sorted(images)) for task_id, images in found.items()}


def _read_path(name: str, lines: list[Line]) -> Announced | None:
    path = PurePosixPath(name)
    place = Place(file=name)
    if path.suffix.lower() in TEXT_SUFFIXES or path.parts[-3:-2] == ("inputs",):
        return None
    if len(path.parts) >= 3 and path.parts[-3] in RESERVED:
        lines.append(warn(Code.RESERVED_FOLDER, place))
        return None
    if len(path.parts) < 3 or not is_numbered_image(path):
        lines.append(reject(Code.UNUSABLE_NAME, place))
        return None
    generator, task_id = path.parts[-3:-1]
    return Announced(generator=generator, task_id=task_id, deliverable=int(path.stem), sample=1, image=name)


def is_numbered_image(path: PurePosixPath) -> bool:
    """Whether a file is the image of a deliverable by its name."""
    return path.suffix.lower() in IMAGE_SUFFIXES and NUMBER.fullmatch(path.stem) is not None


def _read_manifest(tree: SourceTree, name: str, lines: list[Line]) -> Iterator[tuple[Place, Announced]]:
    with tree.open(name) as stream:
        for place, value in read_json_lines(stream, Place(file=name)):
            try:
                if isinstance(value, ImportProblem):
                    raise value
                yield place, _read_entry(value, tree, place)
            except ImportProblem as problem:
                lines.append(problem.as_line())


def _read_entry(value: object, tree: SourceTree, place: Place) -> Announced:
    record = check_object(value, place)
    task_id = read_text(record, "task_id", place, 200)
    place = place.at(record=task_id)
    image = read_text(record, "image", place, 1_000)
    found = posixpath.normpath(posixpath.join(posixpath.dirname(place.file), image))
    if posixpath.isabs(image) or ".." in PurePosixPath(image).parts or "\\" in image:
        raise ImportProblem(Code.UNSAFE_NAME, place.inside("image"))
    if found not in tree:
        raise ImportProblem(Code.MISSING_FILE, place.inside("image"))
    return Announced(
        generator=read_text(record, "model", place, 200),
        task_id=task_id,
        deliverable=read_int(record, "deliverable", place, 1, MAX_DELIVERABLE),
        sample=read_int(record, "sample", place, 1, MAX_SAMPLE) if "sample" in record else 1,
        image=found,
        sha256=_read_hash(record, place) if "sha256" in record else None,
    )


def _read_hash(record: Mapping[str, object], place: Place) -> str:
    stated = read_text(record, "sha256", place, 200).lower()
    if not SHA256.fullmatch(stated):
        raise ImportProblem(Code.BAD_HASH, place.inside("sha256"))
    return stated

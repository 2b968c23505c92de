"""What a file is that was given for something else, so that a lead is told where it belongs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import BinaryIO

from labeling.data_in.bench_values import CATEGORIES
from labeling.data_in.codes import Code
from labeling.data_in.import_source import MANIFEST
from labeling.data_in.json_text import MAX_LINE_BYTES, parse_json
from labeling.data_in.manifest import RESERVED, is_numbered_image
from labeling.data_in.problem import ImportProblem, Place
from labeling.data_in.sources import SourceTree

ZIP = b"PK\x03\x04"
# The keys that tell what a record is, the more telling ones first.
RECORDS: list[tuple[set[str], Code, str]] = [
    ({"candidate", "assignments"}, Code.LOOKS_LIKE_EXPORT, "full"),
    ({"candidate", "file_name"}, Code.LOOKS_LIKE_EXPORT, "dataset"),
    ({"data", "annotations"}, Code.LOOKS_LIKE_EXPORT, "label-studio"),
    ({"original_task_data"}, Code.LOOKS_LIKE_TASKS, ""),
    ({"model_version", "p_accept"}, Code.LOOKS_LIKE_SUGGESTIONS, ""),
    ({"model", "task_id", "annotations"}, Code.LOOKS_LIKE_LABELS, ""),
    ({"model", "task_id", "image"}, Code.LOOKS_LIKE_MANIFEST, ""),
]


def check_tree(tree: SourceTree, wanted: Code) -> None:
    """Raise the problem that says what the files of `tree` are, unless they are `wanted`, or like nothing that is known."""
    found = name_tree(tree)
    if found is not None and found.code != wanted:
        raise found


def name_tree(tree: SourceTree) -> ImportProblem | None:
    """What the files of `tree` look like; None if like nothing that is known."""
    if has_tasks(tree.names):
        return ImportProblem(Code.LOOKS_LIKE_TASKS)
    texts = [name for name in tree.names if PurePosixPath(name).suffix.lower() in (".jsonl", ".json")]
    for name in texts[:3]:
        found = name_file(tree, name)
        if found is not None and found.code not in (Code.LOOKS_LIKE_MANIFEST, Code.LOOKS_LIKE_TASKS):
            return found
    return ImportProblem(Code.LOOKS_LIKE_CANDIDATES) if has_candidates(tree.names) else None


def name_file(tree: SourceTree, name: str) -> ImportProblem | None:
    """What one file of JSON looks like; None if like nothing that is known, or damaged, which is for the import to report."""
    try:
        with tree.open(name) as stream:
            return name_lines(stream)
    except ImportProblem:
        return None


def has_tasks(names: Iterable[str]) -> bool:
    """Whether one of the benchmark's files of tasks is there, at any level."""
    wanted = tuple(f"/C-{category}/{category}.json" for category in CATEGORIES)
    return any(f"/{name}".endswith(wanted) for name in names)


def has_candidates(names: Iterable[str]) -> bool:
    """Whether a manifest or `<generator>/<task>/<number>.<ext>` is there, at any level."""
    return any(name.rpartition("/")[2] == MANIFEST or is_candidate(PurePosixPath(name)) for name in names)


def is_candidate(path: PurePosixPath) -> bool:
    """Whether a file lies where a candidate would."""
    return len(path.parts) >= 3 and path.parts[-3] not in RESERVED and is_numbered_image(path)


def name_lines(stream: BinaryIO) -> ImportProblem | None:
    """What a file of JSON looks like by its beginning; None if like nothing that is known."""
    start = stream.readline(MAX_LINE_BYTES)
    if start.startswith(ZIP):
        return ImportProblem(Code.LOOKS_LIKE_ZIP)
    if start.strip().startswith(b"["):
        # A list over many lines, as the tasks and the projects for Label Studio are: its first keys tell.
        start += stream.read(MAX_LINE_BYTES)
        keys = {key for keys, _code, _form in RECORDS for key in keys if f'"{key}"'.encode() in start}
    else:
        keys = read_keys(start)
    found = next(((code, form) for wanted, code, form in RECORDS if wanted <= keys), None)
    if found is None:
        return None
    code, form = found
    return ImportProblem(code, format=form) if form else ImportProblem(code)


def read_keys(line: bytes) -> set[str]:
    """The keys of the object in a line; empty for anything else."""
    try:
        value = parse_json(line, Place())
    except ImportProblem:
        return set()
    return set(value) if isinstance(value, dict) else set()

"""ServImage's annotation JSONL: one line per generator and task, true or false per deliverable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from labeling.data_in.candidate_list import TaskKey
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_object, read_object, read_text
from labeling.data_in.json_text import JsonObject, name_type, read_json_lines
from labeling.data_in.problem import ImportProblem, Line, Place, reject, warn
from labeling.generators import KnownGenerator, read_generator

SUBTASK = re.compile(r"subtask_([1-9]\d{0,5})")


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """The labels of one generator's images for one task by deliverable number; `complete` where every one has its label."""

    generator: KnownGenerator
    task_id: str
    labels: Mapping[int, bool]
    complete: bool
    place: Place


@dataclass(frozen=True, kw_only=True)
class LabelList:
    """The usable rows in the order of the file, and a line for each thing wrong with it."""

    rows: tuple[LabelRow, ...]
    lines: tuple[Line, ...]


def read_labels(stream: BinaryIO, file: str, tasks: Mapping[str, TaskKey]) -> LabelList:
    """The labels in `stream`; each line is read by itself, and the first of two lines about the same images counts.

    A deliverable without a usable label has none: a missing label is never a rejection.
    """
    rows: dict[tuple[str, str], LabelRow] = {}
    lines: list[Line] = []
    for place, value in read_json_lines(stream, Place(file=file)):
        try:
            if isinstance(value, ImportProblem):
                raise value
            row, more = _read_row(value, tasks, place)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        first = rows.setdefault((row.generator.slug, row.task_id), row)
        if first is row:
            lines += more
        elif first.labels == row.labels:
            lines.append(warn(Code.DUPLICATE_LABELS, row.place, other=first.place.line or 0))
        else:
            lines.append(reject(Code.CONFLICTING_LABELS, row.place, other=first.place.line or 0))
    return LabelList(rows=tuple(rows.values()), lines=tuple(lines))


def _read_row(value: object, tasks: Mapping[str, TaskKey], place: Place) -> tuple[LabelRow, list[Line]]:
    record = check_object(value, place)
    model, task_id = read_text(record, "model", place, 200), read_text(record, "task_id", place, 200)
    place = place.at(record=f"{model}/{task_id}")
    generator = read_generator(model, place.inside("model"))
    if task_id not in tasks:
        raise ImportProblem(Code.UNKNOWN_TASK, place.inside("task_id"))
    task = tasks[task_id]
    category = read_text(record, "category", place, 200)
    if category != f"C-{task.category}":
        raise ImportProblem(Code.WRONG_CATEGORY, place.inside("category"), found=category, wanted=f"C-{task.category}")
    labels, lines = _read_annotations(read_object(record, "annotations", place), task.quantity, place.inside("annotations"))
    complete = len(labels) == task.quantity
    return LabelRow(generator=generator, task_id=task_id, labels=labels, complete=complete, place=place), lines


def _read_annotations(annotations: Mapping[str, object], quantity: int, place: Place) -> tuple[dict[int, bool], list[Line]]:
    labels: dict[int, bool] = {}
    lines: list[Line] = []
    spoken_for: set[int] = set()
    contradicted = annotations.contradicted if isinstance(annotations, JsonObject) else frozenset()
    for key, value in annotations.items():
        here = place.inside(key)
        match = SUBTASK.fullmatch(key)
        if not match:
            lines.append(warn(Code.BAD_SUBTASK_KEY, here))
        elif int(match[1]) > quantity:
            lines.append(warn(Code.EXTRA_SUBTASK, here, quantity=quantity))
        elif key in contradicted:
            spoken_for.add(int(match[1]))
            lines.append(reject(Code.REPEATED_SUBTASK, here))
        else:
            spoken_for.add(int(match[1]))
            label, more = _read_label(value, here)
            lines += more
            if label is not None:
                labels[int(match[1])] = label
    missing = [number for number in range(1, quantity + 1) if number not in spoken_for]
    lines += [warn(Code.MISSING_SUBTASK, place.inside(f"subtask_{number}")) for number in missing]
    return labels, lines


def _read_label(value: object, place: Place) -> tuple[bool | None, list[Line]]:
    """The label that `value` means, None where it means none."""
    if isinstance(value, bool):
        return value, []
    if value is None:
        return None, [warn(Code.NULL_LABEL, place)]
    if isinstance(value, int) and value in (0, 1):
        return bool(value), [warn(Code.NUMBER_LABEL, place, found=value)]
    return None, [reject(Code.NON_BOOLEAN_LABEL, place, found=str(value)[:40] if isinstance(value, int) else name_type(value))]

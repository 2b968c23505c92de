"""Importing ServImage's annotation JSONL as decisions made elsewhere; the unit is one line: a generator and a task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.data_in.codes import Code
from labeling.data_in.import_source import open_label_file
from labeling.data_in.label_file import LabelRow, read_labels
from labeling.data_in.load_candidates import list_tasks
from labeling.data_in.looks_like import name_lines
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line
from labeling.data_in.units import Import, Unit
from labeling.data_in.write_bundle import write_bundle, write_generator
from labeling.models import Candidate, Image, Task, Verdict
from labeling.protocol.intake import import_decision
from labeling.protocol.outcome import ProtocolError


def load_labels(work: Import) -> None:
    """Settle candidates by labels made elsewhere, with or without their images at hand; never over a decision made here."""
    with open_label_file(work.context.params["source"]) as (name, stream):
        looks_like = name_lines(stream)
        if looks_like is not None and looks_like.code != Code.LOOKS_LIKE_LABELS:
            raise looks_like.at(Place(file=name))
        stream.seek(0)
        found = read_labels(stream, name, list_tasks(work.project))
    work.report_read(found.lines)
    if not found.rows:
        raise ImportProblem(Code.NO_LABELS)
    work.run_units([Unit(name=name_row(row), write=partial(write_labels, work, row)) for row in found.rows])


def name_row(row: LabelRow) -> str:
    """How the report names one line."""
    return f"{row.generator.slug}/{row.task_id}"


def write_labels(work: Import, row: LabelRow, _images: Mapping[str, Image]) -> list[Line]:
    """Write the decisions of one line; candidates that are not there yet are made without an image."""
    task = Task.objects.get(project=work.project, external_id=row.task_id)
    expected = task.bundles.count() + 1
    written = write_bundle(task, write_generator(row.generator), {(number, 1): None for number in row.labels}, expected)
    return [
        write_label(work, item.candidate, row.labels[number], row.place.at(record=f"{name_row(row)}/{number}"))
        for number, item in zip(sorted(row.labels), written.candidates, strict=True)
    ]


def write_label(work: Import, candidate: Candidate, label: bool, place: Place) -> Line:
    """Settle one candidate; a line says what became of it."""
    try:
        outcome = import_decision(candidate.pk, Verdict.ACCEPT if label else Verdict.REJECT, work.actor)
    except ProtocolError as error:
        return make_line(Outcome.CONFLICT, Code(error.code), place)
    return make_line(Outcome(outcome), None, place)

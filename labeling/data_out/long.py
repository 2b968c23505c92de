"""The format `long`: CSV with one line per answer that agreement may be computed from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from labeling.blind_answer import find_blind_answer
from labeling.data_out.as_of import BundleAsOf, CandidateAsOf, Page
from labeling.data_out.assignments import read_assignments
from labeling.data_out.framing import Framing
from labeling.data_out.lines import Lines
from labeling.lead.tables import neutralize
from labeling.models import Purpose

COLUMNS = (
    "annotator",
    "item",
    "label",
    "seat",
    "round",
    "purpose",
    "state",
    "category",
    "task_id",
    "deliverable",
    "generator",
    "sample",
    "answered_at",
    "active_ms",
)


def render_long(page: Page) -> Lines:
    """The counted primary answers of a page that were given without seeing a suggestion, whatever state their candidate is in."""
    lines = Lines()
    assignments = read_assignments(page.project, [candidate for bundle in page.bundles for candidate in bundle.candidates], page.cutoff)
    for bundle in page.bundles:
        for candidate in bundle.candidates:
            for assignment in assignments[candidate.pk]:
                answer = find_blind_answer(assignment["answers"]) if is_counted(assignment) else None
                if answer is None:
                    continue
                lines.rows.append(render_row(list_cells(bundle, candidate, assignment, answer)))
                lines.counts[answer["verdict"]] += 1
    return lines


def is_counted(assignment: Mapping[str, Any]) -> bool:
    """Whether agreement may be computed from its answer."""
    return bool(assignment["counted"] and assignment["purpose"] == Purpose.PRIMARY)


def list_cells(bundle: BundleAsOf, candidate: CandidateAsOf, assignment: Mapping[str, Any], answer: Mapping[str, Any]) -> list[Any]:
    """The cells of one line, in the order of `COLUMNS`."""
    return [
        assignment["person"],
        candidate.public_id,
        answer["verdict"],
        assignment["seat"],
        assignment["round"],
        assignment["purpose"],
        candidate.history.state,
        bundle.task.category,
        bundle.task.task_id,
        candidate.number,
        bundle.generator,
        candidate.sample,
        answer["answered_at"].isoformat().replace("+00:00", "Z"),
        answer["active_ms"],
    ]


def render_row(cells: Sequence[Any]) -> bytes:
    """One line of RFC 4180, ended by CR LF; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    line = io.StringIO()
    csv.writer(line).writerow([neutralize(cell) for cell in cells])
    return line.getvalue().encode()


CSV = Framing(head=render_row(COLUMNS))

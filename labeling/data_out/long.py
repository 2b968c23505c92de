"""The format `long`: CSV with one line per answer that agreement may be computed from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from labeling.data_out.as_of import BundleAsOf, CandidateAsOf, Page
from labeling.data_out.assignments import read_assignments
from labeling.data_out.framing import Framing
from labeling.data_out.lines import Lines
from labeling.lead.tables import neutralize
from labeling.models import Answer, Purpose

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
                answer = find_blind_answer(assignment) if assignment["counted"] else None
                if answer is None:
                    continue
                lines.rows.append(render_row(list_cells(bundle, candidate, assignment, answer)))
                lines.counts[answer["verdict"]] += 1
    return lines


def find_blind_answer(assignment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The last answer of a primary assignment before any suggestion was seen; None if there is none, or it is no primary."""
    found = None
    for answer in assignment["answers"] if assignment["purpose"] == Purpose.PRIMARY else []:
        if answer["kind"] == Answer.Kind.UNDO:
            found = None
        elif answer["exposure"] == Answer.Exposure.NONE:
            found = answer
    return found


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

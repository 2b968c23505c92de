"""The format `full`: one line per candidate with everything anybody did to it."""

from __future__ import annotations

from typing import Any

from labeling.data_out.as_of import BundleAsOf, CandidateAsOf, Page
from labeling.data_out.assignments import read_assignments
from labeling.data_out.decisions import DecisionAsOf, read_earlier
from labeling.data_out.lines import Lines, render_line
from labeling.models import State


def render_full(page: Page) -> Lines:
    """The lines of a page, also those of open, disputed, held and withdrawn candidates; one being imported has none."""
    lines = Lines()
    candidates = [candidate for bundle in page.bundles for candidate in bundle.candidates]
    assignments = read_assignments(page.project, candidates, page.cutoff)
    earlier = read_earlier([candidate.pk for candidate in candidates], page.cutoff)
    for bundle in page.bundles:
        for candidate in bundle.candidates:
            if candidate.history.state == State.STAGED:
                continue
            line = describe_candidate(bundle, candidate)
            line["earlier_decisions"] = [describe_decision(decision) for decision in earlier.get(candidate.pk, [])]
            line["assignments"] = assignments.get(candidate.pk, [])
            lines.rows.append(render_line(line))
            lines.counts[candidate.history.state] += 1
    return lines


def describe_candidate(bundle: BundleAsOf, candidate: CandidateAsOf) -> dict[str, Any]:
    """What is known of a candidate but for what people did."""
    task = bundle.task
    return {
        "candidate": candidate.public_id,
        "task": {
            "task_id": task.task_id,
            "version": task.version,
            "category": task.category,
            "name": task.name,
            "price_usd": str(task.price_usd),
            "quantity": task.quantity,
            "is_editing": task.is_editing,
        },
        "deliverable": {
            "number": candidate.number,
            "name": task.deliverables.get(candidate.number),
            "unit_price_exact": str(task.unit_price),
            "unit_price_usd": str(task.unit_price_usd),
        },
        "generator": bundle.generator,
        "sample": candidate.sample,
        "is_submitted_sample": candidate.is_submitted_sample,
        "image_sha256": candidate.image_sha256,
        "state": candidate.history.state,
        "reason": candidate.history.reason,
        "round": candidate.history.round,
        "example_rounds": candidate.history.example_rounds,
        "decision": describe_decision(candidate.decision),
    }


def describe_decision(decision: DecisionAsOf | None) -> dict[str, Any] | None:
    """A decision and how it was reached."""
    if decision is None:
        return None
    return decision._asdict()

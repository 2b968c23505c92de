"""The format `dataset`: pictures with their decisions, as the folder that Hugging Face's `imagefolder` loads."""

from __future__ import annotations

from typing import Any

from labeling.data_out.as_of import Page
from labeling.data_out.decisions import DecisionAsOf
from labeling.data_out.lines import Lines, render_line
from labeling.data_out.pictures import Pictured, read_pictured
from labeling.data_out.task_content import read_briefs
from labeling.models import State

# The name that `imagefolder` looks for.
METADATA = "metadata.jsonl"


def render_dataset(page: Page) -> Lines:
    """The settled candidates of a page that have a picture; those with a decision alone are only counted."""
    lines = Lines()
    briefs = read_briefs(page.project, [bundle.task for bundle in page.bundles])
    for pictured in read_pictured(page, [State.SETTLED], lines):
        decision = pictured.candidate.decision
        if decision is None:
            raise ValueError(f"candidate {pictured.candidate.pk} is settled without a decision")
        lines.rows.append(render_line(describe_picture(pictured, briefs) | describe_outcome(decision)))
        lines.counts[decision.verdict] += 1
    return lines


def describe_picture(pictured: Pictured, briefs: dict[str, str]) -> dict[str, Any]:
    """One picture and what was ordered, as the flat columns of a table; `briefs` by task."""
    task, candidate = pictured.bundle.task, pictured.candidate
    return {
        "file_name": pictured.picture.name,
        "candidate": candidate.public_id,
        "task_id": task.task_id,
        "category": task.category,
        "task_name": task.name,
        "brief": briefs[task.task_id],
        "price_usd": str(task.price_usd),
        "quantity": task.quantity,
        "deliverable": candidate.number,
        "deliverable_name": task.deliverables.get(candidate.number),
        "unit_price_exact": str(task.unit_price),
        "unit_price_usd": str(task.unit_price_usd),
        "generator": pictured.bundle.generator,
        "sample": candidate.sample,
        "is_submitted_sample": candidate.is_submitted_sample,
        "image_sha256": candidate.image_sha256,
    }


def describe_outcome(decision: DecisionAsOf | None) -> dict[str, str | None]:
    """The verdict of a decision and how it was reached; None for both without one."""
    return {"decision": decision.verdict if decision else None, "how": decision.how if decision else None}

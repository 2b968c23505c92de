"""The format `servimage`: ServImage's annotation JSONL, one line per generator and task, complete ones only."""

from __future__ import annotations

from typing import Any

from labeling.data_out.as_of import CandidateAsOf, Page
from labeling.data_out.lines import Lines, render_line
from labeling.models import State, Verdict


def render_servimage(page: Page) -> Lines:
    """The lines of a page; generators and tasks without a decision for every deliverable are listed instead, with what is missing."""
    lines = Lines()
    for bundle in page.bundles:
        submitted = {candidate.number: candidate for candidate in bundle.candidates if candidate.is_submitted_sample}
        numbers = range(1, bundle.task.quantity + 1)
        missing = [say_missing(number, submitted.get(number)) for number in numbers if not is_decided(submitted.get(number))]
        who = {"model": bundle.generator, "task_id": bundle.task.task_id, "category": f"C-{bundle.task.category}"}
        if missing:
            lines.incomplete.append(render_line({**who, "missing": missing}))
            lines.counts["incomplete"] += 1
            continue
        annotations = {f"subtask_{number}": accepted(submitted[number]) for number in numbers}
        lines.rows.append(render_line({**who, "annotations": annotations}))
        lines.counts["complete"] += 1
        lines.counts["accepted"] += sum(annotations.values())
        lines.counts["rejected"] += len(annotations) - sum(annotations.values())
    return lines


def is_decided(candidate: CandidateAsOf | None) -> bool:
    """Whether the submitted sample of a deliverable is there and decided."""
    return candidate is not None and candidate.history.state == State.SETTLED and candidate.decision is not None


def accepted(candidate: CandidateAsOf) -> bool:
    """Whether a decided candidate was accepted."""
    return candidate.decision is not None and candidate.decision.verdict == Verdict.ACCEPT


def say_missing(number: int, candidate: CandidateAsOf | None) -> dict[str, Any]:
    """Why deliverable `number` has no decision: `no_candidate`, or the state of its submitted sample and the reason for that."""
    if candidate is None:
        return {"subtask": number, "why": "no_candidate", "reason": ""}
    return {"subtask": number, "why": candidate.history.state, "reason": candidate.history.reason}

"""The tables of judges, of what one says, of its runs and of their plans, as files; codes and not names, so that programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from judging.lead.judge_concepts import ConceptRow
from judging.lead.judges import JudgeRow
from judging.lead.plan import PartRow
from judging.models import JudgeRun

COLUMNS = (
    "judge",
    "version",
    "backend",
    "model",
    "revision",
    "rubric",
    "rubric_version",
    "parts",
    "since",
    "candidates",
    "covered",
    "calls",
    "unusable",
    "scores",
    "not_applicable",
    "cost_usd",
    "last_run",
    "last_run_state",
)

CONCEPT_COLUMNS = ("concept", "scored", "mean", "least", "most", "not_applicable", "missing")
RUN_COLUMNS = (
    "run",
    "state",
    "created_at",
    "started_at",
    "finished_at",
    "calls",
    "unusable",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "bundles",
)
PLAN_COLUMNS = ("part", "questions", "count", "remark")


def list_cells(rows: Iterable[JudgeRow]) -> Iterator[list[Any]]:
    """A line for each judge; what nobody can tell is empty."""
    for row in rows:
        judge, run = row.judge, row.last_run
        yield [
            judge.name,
            judge.version,
            judge.backend,
            judge.model,
            judge.revision,
            judge.rubric,
            judge.rubric_version,
            " ".join(judge.parts),
            judge.created_at.isoformat(),
            row.covered.total,
            row.covered.count,
            row.unusable.total,
            row.unusable.count,
            row.not_applicable.total,
            row.not_applicable.count,
            row.cost_usd,
            run.public_id if run else None,
            run.state if run else None,
        ]


def list_concept_cells(rows: Iterable[ConceptRow]) -> Iterator[list[Any]]:
    """A line for each concept."""
    for row in rows:
        yield [row.concept, row.scored, row.mean, row.least, row.most, row.inapplicable, row.missing]


def list_run_cells(runs: QuerySet[JudgeRun]) -> Iterator[list[Any]]:
    """A line for each run."""
    for run in runs:
        times = [at.isoformat() if at else None for at in (run.created_at, run.started_at, run.finished_at)]
        yield [run.public_id, run.state, *times, run.calls, run.unusable, run.tokens_in, run.tokens_out, run.cost_usd, run.bundles]


def list_plan_cells(rows: Iterable[PartRow]) -> Iterator[list[Any]]:
    """A line for each part, or for each remark about it where there are any."""
    for row in rows:
        for count, text, _is_left_out in row.remarks:
            yield [row.part, row.questions, count, text]
        if not row.remarks:
            yield [row.part, row.questions, None, ""]

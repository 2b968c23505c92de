"""The report of a job: its lines, filtered, counted, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from labeling.data_in.codes import Code
from labeling.models import Candidate, Job, JobLine
from labeling.models.job import describe_code
from labeling.models.voiding import Voiding
from labeling.refusals import Refusal

EXAMPLES = 5
# What a report may have against a record, the worst first; other lines may have a code too, but nothing is wrong with them.
PROBLEMS = ["rejected", "conflict", "warning"]
# Jobs that do something to what is there, and take in no records.
ACTS = ("many", "void_answers")
COLUMNS = ("outcome", "code", "file", "line", "record", "field", "reason")


def name_outcome(job: Job, outcome: str) -> str:
    """An outcome in words: a record is rejected, but an act is refused, as its preview says."""
    return _("refused") if job.kind in ACTS and outcome == JobLine.Outcome.REJECTED else str(JobLine.Outcome(outcome).label)


def count_outcomes(job: Job) -> list[tuple[str, str, int]]:
    """(outcome, its name, lines) for each outcome the report has, in their usual order."""
    counts = dict(JobLine.objects.filter(job=job).order_by().values_list("outcome").annotate(count=Count("pk")))
    return [(outcome.value, name_outcome(job, outcome), counts[outcome]) for outcome in JobLine.Outcome if outcome in counts]


def count_codes(job: Job) -> list[tuple[str, int]]:
    """(code, lines) for each problem the report names, most frequent first."""
    counts = JobLine.objects.filter(job=job).exclude(code="").order_by().values_list("code").annotate(count=Count("pk"))
    return sorted(counts, key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True, kw_only=True)
class ProblemGroup:
    """The lines of a report with one outcome that have one problem: how many they are, and the first few."""

    outcome: JobLine.Outcome
    code: str
    sentence: str
    count: int
    examples: list[JobLine]


def group_problems(job: Job) -> list[ProblemGroup]:
    """The problems of the report, what was left out before what was only noticed, in each the most frequent first."""
    lines = JobLine.objects.filter(job=job, outcome__in=PROBLEMS).exclude(code="").order_by()
    counts = lines.values_list("outcome", "code").annotate(count=Count("pk"))
    ordered = sorted(counts, key=lambda row: (PROBLEMS.index(row[0]), -row[2], row[1]))
    return [
        ProblemGroup(
            outcome=JobLine.Outcome(outcome),
            code=code,
            sentence=describe_code(code),
            count=count,
            examples=list(filter_lines(job, {"outcome": outcome, "code": code})[:EXAMPLES]),
        )
        for outcome, code, count in ordered
    ]


def filter_lines(job: Job, wanted: Mapping[str, str]) -> QuerySet[JobLine]:
    """The lines with this `outcome` and `code`, whose place or reason holds `text`; each may be empty.

    The reason is put together when it is read, so the sentences of the codes are searched here, in the reader's language.
    """
    lines = JobLine.objects.filter(job=job).order_by("pk")
    for column in ("outcome", "code"):
        if wanted.get(column):
            lines = lines.filter(**{column: wanted[column]})
    if text := wanted.get("text", "").strip():
        told = [code.value for code in (*Code, *Refusal, *Voiding) if text.casefold() in str(code.label).casefold()]
        in_place = Q(file__icontains=text) | Q(record__icontains=text) | Q(field__icontains=text)
        lines = lines.filter(in_place | Q(code__icontains=text) | Q(code__in=told))
    return lines


def find_subjects(job: Job, lines: Iterable[JobLine]) -> dict[str, UUID]:
    """The candidates that these lines are about, by the key of the line; jobs that take in records name none."""
    if job.kind not in ACTS:
        return {}
    found = Candidate.objects.filter(project_id=job.project_id, pk__in=[line.key for line in lines]).order_by()
    return {str(pk): public_id for pk, public_id in found.values_list("pk", "public_id")}


def list_cells(lines: QuerySet[JobLine]) -> Iterator[tuple[Any, ...]]:
    """The lines as rows of `COLUMNS`, read in pages."""
    for line in lines.iterator(chunk_size=2000):
        yield tuple(getattr(line, column) for column in COLUMNS)


def render_json(job: Job, lines: QuerySet[JobLine]) -> Iterator[str]:
    """The report as one JSON document, written line by line: the job, its counts, and the lines."""
    about = {
        "job": str(job.public_id),
        "kind": job.kind,
        "state": job.state,
        "dry_run": bool(job.params.get("dry_run")),
        "counts": {outcome: count for outcome, _name, count in count_outcomes(job)},
        "result": job.result,
    }
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "lines": [\n'
    separator = ""
    for row in list_cells(lines):
        yield separator + json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"

"""Reading bundles as of an event, page by page.

What decides a row points at its event and never changes: answers, decisions, states, task versions. The few things that are kept in
place (a task's content, a candidate's image) are read first and what happened to them after the cut-off is read second, so that a
change between the two statements is seen and taken back. So no transaction has to stay open, neither over the export nor over a page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count

from labeling.data_out.history import History, images_replaced_since, read_histories
from labeling.data_out.task_content import TaskContent, contents_as_of
from labeling.models import Bundle, Candidate, Decision, Project, State

PAGE_CANDIDATES = 500
COLUMNS = (
    "pk",
    "public_id",
    "bundle_id",
    "sample",
    "is_submitted_sample",
    "image__sha256",
    "deliverable__number",
    "deliverable__name",
    "bundle__generator__slug",
    "bundle__task_id",
    "bundle__task__external_id",
    "bundle__task__version",
    "bundle__task__category",
    "bundle__task__name",
    "bundle__task__price_usd",
    "bundle__task__quantity",
    "bundle__task__is_editing",
)


@dataclass(frozen=True, kw_only=True)
class CandidateAsOf:
    """One candidate as it stood; `number` is that of its deliverable, `decision` the one that stood, None without one."""

    pk: int
    public_id: UUID
    number: int
    sample: int
    is_submitted_sample: bool
    image_sha256: str | None
    history: History
    decision: Decision | None


@dataclass(frozen=True, kw_only=True)
class BundleAsOf:
    """The candidates of one generator for one task as they stood, by deliverable and sample; those being imported are among them."""

    generator: str
    task: TaskContent
    candidates: tuple[CandidateAsOf, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some bundles of a project as of event `cutoff`; `last` is the row id of the last one, `size` how many candidates were read."""

    project: Project
    cutoff: int
    last: int
    size: int
    bundles: tuple[BundleAsOf, ...]


def read_pages(project: Project, cutoff: int, after: int = 0) -> Iterator[Page]:
    """The bundles of `project` with a row id above `after` as of event `cutoff`, in the order of their row ids."""
    while ids := next_bundles(project, after):
        after = ids[-1]
        rows = list(Candidate.objects.filter(bundle__in=ids).order_by("bundle_id", "deliverable__number", "sample").values(*COLUMNS))
        bundles = tuple(read_bundles(rows, cutoff))
        yield Page(project=project, cutoff=cutoff, last=after, size=len(rows), bundles=bundles)


def next_bundles(project: Project, after: int) -> list[int]:
    """The row ids of the bundles of the next page: at most 500 candidates together, at least one bundle."""
    rows = Bundle.objects.filter(task__project=project, pk__gt=after).annotate(size=Count("candidates")).order_by("pk")
    ids: list[int] = []
    total = 0
    for pk, size in rows.values_list("pk", "size")[:PAGE_CANDIDATES]:
        total += size
        if ids and total > PAGE_CANDIDATES:
            break
        ids.append(pk)
    return ids


def read_bundles(rows: list[dict[str, Any]], cutoff: int) -> Iterator[BundleAsOf]:
    """The bundles of the candidates in `rows`, without those candidates and bundles that came after the cut-off."""
    ids = [row["pk"] for row in rows]
    images = images_replaced_since(ids, cutoff)
    tasks = contents_as_of(current_contents(rows), cutoff)
    histories = read_histories(ids, cutoff)
    decisions = read_decisions(ids, cutoff)
    known = [row for row in rows if row["pk"] in histories]
    for _bundle, group in groupby(known, key=lambda row: row["bundle_id"]):
        members = list(group)
        candidates = tuple(
            CandidateAsOf(
                pk=row["pk"],
                public_id=row["public_id"],
                number=row["deliverable__number"],
                sample=row["sample"],
                is_submitted_sample=row["is_submitted_sample"],
                image_sha256=images.get(row["pk"], row["image__sha256"]),
                history=histories[row["pk"]],
                decision=decisions.get(row["pk"]),
            )
            for row in members
        )
        if any(candidate.history.state != State.STAGED for candidate in candidates):
            task = tasks[members[0]["bundle__task_id"]]
            yield BundleAsOf(generator=members[0]["bundle__generator__slug"], task=task, candidates=candidates)


def current_contents(rows: list[dict[str, Any]]) -> dict[int, TaskContent]:
    """What the task rows say now, by row id; one statement read them with the names of the deliverables, so they fit together."""
    names: dict[int, dict[int, str]] = {}
    for row in rows:
        names.setdefault(row["bundle__task_id"], {})[row["deliverable__number"]] = row["deliverable__name"]
    return {
        row["bundle__task_id"]: TaskContent(
            task_id=row["bundle__task__external_id"],
            version=row["bundle__task__version"],
            category=row["bundle__task__category"],
            name=row["bundle__task__name"],
            price_usd=row["bundle__task__price_usd"],
            quantity=row["bundle__task__quantity"],
            is_editing=row["bundle__task__is_editing"],
            deliverables=names[row["bundle__task_id"]],
        )
        for row in rows
    }


def read_decisions(candidate_ids: Collection[int], cutoff: int) -> dict[int, Decision]:
    """The decision of each candidate that had one right after event `cutoff`."""
    return {decision.candidate_id: decision for decision in Decision.objects.as_of(cutoff).filter(candidate__in=candidate_ids)}

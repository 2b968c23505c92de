"""Reading bundles as of an event, page by page.

What decides a row points at its event and never changes: answers, decisions, task versions. The things that are kept in place (a
candidate's state and image, a task's content) are read first and what happened to them after the cut-off is read second, so that a
change between the two statements is seen and taken back. So no transaction has to stay open, neither over the export nor over a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from labeling.data_out.decisions import DecisionAsOf, read_decisions
from labeling.data_out.history import History, read_histories
from labeling.data_out.task_content import TaskContent, contents_as_of
from labeling.models import Candidate, Project, State

# Some megabytes of rows, and statements of tens of milliseconds.
PAGE_CANDIDATES = 2_000
# A hundred megabytes of pictures, and seconds to copy them.
PAGE_PICTURES = 500
COLUMNS = (
    "pk",
    "public_id",
    "bundle_id",
    "sample",
    "is_submitted_sample",
    "state",
    "round",
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
    decision: DecisionAsOf | None


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


def read_pages(project: Project, cutoff: int, after: int = 0, *, pictured: bool = False) -> Iterator[Page]:
    """The bundles of `project` with a row id above `after` as of event `cutoff`, in the order of their row ids.

    A page holds whole bundles, and at most 2,000 candidates unless a single bundle has more; 500 where pictures come with them.
    """
    most = min(PAGE_CANDIDATES, PAGE_PICTURES) if pictured else PAGE_CANDIDATES
    while rows := read_rows(project, after, most):
        after = rows[-1]["bundle_id"]
        bundles = tuple(read_bundles(rows, cutoff))
        yield Page(project=project, cutoff=cutoff, last=after, size=len(rows), bundles=bundles)


def read_rows(project: Project, after: int, most: int) -> list[dict[str, Any]]:
    """What the rows of the candidates of the next page say now, by bundle, deliverable and sample."""
    candidates = Candidate.objects.filter(project=project).order_by("bundle_id", "deliverable__number", "sample").values(*COLUMNS)
    rows = list(candidates.filter(bundle__gt=after)[: most + 1])
    if len(rows) <= most:
        return rows
    # The last bundle may have more candidates than were read.
    last = rows[-1]["bundle_id"]
    return [row for row in rows if row["bundle_id"] != last] or list(candidates.filter(bundle=last))


def read_bundles(rows: list[dict[str, Any]], cutoff: int) -> Iterator[BundleAsOf]:
    """The bundles of the candidates in `rows`, without those candidates and bundles that came after the cut-off."""
    histories = read_histories({row["pk"]: (row["state"], row["round"]) for row in rows}, cutoff)
    tasks = contents_as_of(current_contents(rows), cutoff)
    decisions = read_decisions(histories, cutoff)
    known = [row for row in rows if row["pk"] in histories]
    for _bundle, group in groupby(known, key=lambda row: row["bundle_id"]):
        members = list(group)
        candidates = tuple(make_candidate(row, histories[row["pk"]], decisions.get(row["pk"])) for row in members)
        if any(candidate.history.state != State.STAGED for candidate in candidates):
            task = tasks[members[0]["bundle__task_id"]]
            yield BundleAsOf(generator=members[0]["bundle__generator__slug"], task=task, candidates=candidates)


def make_candidate(row: dict[str, Any], history: History, decision: DecisionAsOf | None) -> CandidateAsOf:
    """One candidate, given what its row says now and what the log says of it."""
    return CandidateAsOf(
        pk=row["pk"],
        public_id=row["public_id"],
        number=row["deliverable__number"],
        sample=row["sample"],
        is_submitted_sample=row["is_submitted_sample"],
        image_sha256=history.old_image if history.image_replaced else row["image__sha256"],
        history=history,
        decision=decision,
    )


def current_contents(rows: list[dict[str, Any]]) -> dict[int, TaskContent]:
    """What the task rows say now, by row id; one statement read them with the names of the deliverables, so they fit together."""
    names: dict[int, dict[int, str]] = {}
    for row in rows:
        names.setdefault(row["bundle__task_id"], {})[row["deliverable__number"]] = row["deliverable__name"]
    one_each = {row["bundle__task_id"]: row for row in rows}
    return {
        task_id: TaskContent(
            task_id=row["bundle__task__external_id"],
            version=row["bundle__task__version"],
            category=row["bundle__task__category"],
            name=row["bundle__task__name"],
            price_usd=row["bundle__task__price_usd"],
            quantity=row["bundle__task__quantity"],
            is_editing=row["bundle__task__is_editing"],
            deliverables=names[task_id],
        )
        for task_id, row in one_each.items()
    }

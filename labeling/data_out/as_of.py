"""Reading bundles as of an event, page by page.

What decides a row points at its event and never changes: answers, decisions, task versions. The things that are kept in place (a
candidate's state and image, a task's content) are read first and what happened to them after the cut-off is read second, so that a
change between the two statements is seen and taken back. So no transaction has to stay open, neither over the export nor over a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from labeling.data_out.decisions import DecisionAsOf, read_decisions
from labeling.data_out.history import History, read_histories
from labeling.data_out.page_rows import CandidateRow, PageRows, next_bundles, read_page_rows
from labeling.data_out.task_content import TaskContent, contents_as_of
from labeling.models import Project, State

# Some megabytes of rows, and statements of tens of milliseconds.
PAGE_CANDIDATES = 2_000
# A hundred megabytes of pictures, and seconds to copy them.
PAGE_PICTURES = 500


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
    while chosen := next_bundles(project, after, most):
        after = chosen[-1].pk
        rows = read_page_rows(chosen)
        bundles = tuple(read_bundles(rows, cutoff))
        yield Page(project=project, cutoff=cutoff, last=after, size=len(rows.candidates), bundles=bundles)


def read_bundles(rows: PageRows, cutoff: int) -> Iterator[BundleAsOf]:
    """The bundles of these candidates, without those candidates and bundles that came after the cut-off."""
    histories = read_histories({row.pk: (row.state, row.round) for row in rows.candidates}, cutoff)
    tasks = contents_as_of(rows.tasks, cutoff)
    decisions = read_decisions(histories, cutoff)
    known = [row for row in rows.candidates if row.pk in histories]
    for bundle_id, group in groupby(known, key=lambda row: row.bundle_id):
        candidates = tuple(make_candidate(row, rows, histories[row.pk], decisions.get(row.pk)) for row in group)
        if any(candidate.history.state != State.STAGED for candidate in candidates):
            bundle = rows.bundles[bundle_id]
            yield BundleAsOf(generator=bundle.generator__slug, task=tasks[bundle.task_id], candidates=candidates)


def make_candidate(row: CandidateRow, rows: PageRows, history: History, decision: DecisionAsOf | None) -> CandidateAsOf:
    """One candidate, given what its row says now and what the log says of it."""
    now = rows.images[row.image_id] if row.image_id is not None else None
    return CandidateAsOf(
        pk=row.pk,
        public_id=row.public_id,
        number=rows.numbers[row.deliverable_id],
        sample=row.sample,
        is_submitted_sample=row.is_submitted_sample,
        image_sha256=history.old_image if history.image_replaced else now,
        history=history,
        decision=decision,
    )

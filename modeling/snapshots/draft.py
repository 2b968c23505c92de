"""The lines of a snapshot before it is known how its tasks divide: page by page, as of one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from judging.load_material import JUDGED
from labeling.among import Ids
from labeling.data_out.as_of import BundleAsOf, CandidateAsOf, Page, read_pages
from labeling.models import Candidate, Project, State, Task
from modeling.net.watch import Stopped
from modeling.snapshots.concepts import Said, Scores, Teacher, ask_people
from modeling.snapshots.filters import PEOPLE
from modeling.snapshots.labels import read_page_labels
from modeling.snapshots.orders import Line, list_pictures, read_versions


@dataclass(kw_only=True)
class Draft:
    """What the pages came to: the tasks by name and version, the SHA-256 of all pictures, and what was left out and why."""

    tasks: dict[tuple[str, int], Line] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)


def draft_lines(project: Project, cutoff: int, teacher: Teacher, draft: Draft, cancelled: Callable[[], bool]) -> Iterator[Line]:
    """A line for each candidate as it stood at event `cutoff`, in the order of bundles; fills `draft` on the way.

    Pages of at most 2,000 candidates, each read by statements of milliseconds: no transaction stays open. Raises Stopped.
    """
    scores = Scores(project, teacher)
    ids = dict(Task.objects.filter(project=project).values_list("external_id", "pk"))
    for page in read_pages(project, cutoff):
        if cancelled():
            raise Stopped("stopped while a snapshot was made")
        yield from draft_page(page, teacher, scores, ids, draft)


def draft_page(page: Page, teacher: Teacher, scores: Scores, ids: Mapping[str, int], draft: Draft) -> Iterator[Line]:
    """The lines of one page."""
    candidates = [candidate for bundle in page.bundles for candidate in bundle.candidates]
    labels = read_page_labels(page.project, candidates, page.cutoff)
    judged = scores.read(find_bundles(page))
    tasks = read_versions({ids[bundle.task.task_id]: bundle.task.version for bundle in page.bundles})
    for bundle in page.bundles:
        task = tasks[ids[bundle.task.task_id]]
        draft.tasks[task["task"], task["version"]] = task
        draft.pictures.update(list_pictures(task))
        for candidate in bundle.candidates:
            if why := find_reason(candidate):
                draft.left_out[why] += 1
                continue
            line = {**describe_candidate(bundle, candidate), **labels[candidate.pk]}
            said = judged.get(candidate.pk, Said())
            if teacher.kind == PEOPLE:
                people = ask_people(line["answers"], is_editing=task["is_editing"], quantity=task["quantity"])
                said.concepts, said.not_applicable = people.concepts, people.not_applicable
            draft.pictures.update([line["image"], *line["siblings"]])
            yield {**line, **describe_said(said)}


def find_bundles(page: Page) -> dict[int, BundleAsOf]:
    """The bundles of the page by row id."""
    ids = [candidate.pk for bundle in page.bundles for candidate in bundle.candidates]
    of = dict(Candidate.objects.filter(pk__among=Ids(ids)).values_list("pk", "bundle_id"))
    return {of[bundle.candidates[0].pk]: bundle for bundle in page.bundles}


def find_reason(candidate: CandidateAsOf) -> str:
    """Why a candidate is not in a snapshot; '' where it is."""
    if candidate.history.state in (State.WITHDRAWN, State.STAGED):
        return candidate.history.state
    return "" if candidate.image_sha256 else "no_image"


def describe_candidate(bundle: BundleAsOf, candidate: CandidateAsOf) -> dict[str, Any]:
    """What a candidate is; `siblings` are the submitted samples of the other deliverables, as far as they were shown to judges."""
    delivered = [row for row in bundle.candidates if row.is_submitted_sample and row.image_sha256 and row.history.state in JUDGED]
    return {
        "candidate": str(candidate.public_id),
        "row": candidate.pk,
        "task": bundle.task.task_id,
        "version": bundle.task.version,
        "deliverable": candidate.number,
        "sample": candidate.sample,
        "is_submitted_sample": candidate.is_submitted_sample,
        "generator": bundle.generator,
        "image": candidate.image_sha256,
        "siblings": [row.image_sha256 for row in delivered if row.number != candidate.number],
    }


def describe_said(said: Said) -> dict[str, Any]:
    """Targets and scores of a candidate, in an order that does not depend on the database's."""
    return {
        "concepts": dict(sorted(said.concepts.items())),
        "not_applicable": sorted(said.not_applicable),
        "judged": dict(sorted(said.judged.items())),
    }

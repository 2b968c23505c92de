"""The job that measures images before anybody trains on them or asks for suggestions: started by every import of candidates."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from labeling.jobs.context import JobContext
from labeling.jobs.queue import create_job
from labeling.models import Candidate, Job, Project, State

FEATURES = "features"
# Candidates between two looks whether to stop.
PAGE = 200
# How long one job keeps its worker; what is left then goes to another one, so that exports and imports get their turn in between.
TURN_S = 60.0


def ask_for_features(project: Project) -> None:
    """Queue the job, unless one that has not begun will see what is there now."""
    if not Job.objects.filter(project=project, kind=FEATURES, state=Job.State.QUEUED, params={}).exists():
        create_job(project, FEATURES, {}, None)


def fill_features(context: JobContext) -> None:
    """Measure what the cache does not hold of the project's candidates; the params may say after which row id to begin."""
    from modeling.feature_store import count_missing, stored_features
    from modeling.snapshots.examples import load_examples

    project = Project.objects.get(pk=context.project_id)
    done = {"after": context.params.get("after", 0), "seen": 0, "measured": 0} | context.restored
    total = find_wanted(project).filter(pk__gt=done["after"]).order_by().count() + done["seen"]
    ends_at = time.monotonic() + TURN_S
    for ids in list_pages(project, done["after"]):
        if context.cancelled():
            break
        examples = load_examples(ids)
        missing = count_missing(examples)
        if missing:
            stored_features(examples)
        done = {"after": ids[-1], "seen": done["seen"] + len(ids), "measured": done["measured"] + missing}
        context.checkpoint(done)
        context.progress(done["seen"], max(total, done["seen"]))
        if time.monotonic() > ends_at and find_wanted(project).filter(pk__gt=ids[-1]).exists():
            context.require_open()
            create_job(project, FEATURES, {"after": ids[-1]}, None)
            break
    context.result = {"seen": done["seen"], "measured": done["measured"]}


def find_wanted(project: Project) -> QuerySet[Candidate]:
    """The candidates of the project that can be measured."""
    return Candidate.objects.filter(project=project, image__isnull=False).exclude(state=State.WITHDRAWN)


def list_pages(project: Project, after: int) -> Iterator[Sequence[int]]:
    """Their row ids after one of them, a page at a time; bundles lie together."""
    while ids := list(find_wanted(project).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:PAGE]):
        yield ids
        after = ids[-1]

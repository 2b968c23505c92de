"""What each kind of job runs."""

from __future__ import annotations

from collections.abc import Callable

from labeling.browse.job import act_on_many
from labeling.data_in.load_bench import load_bench
from labeling.data_in.load_candidates import load_candidates
from labeling.data_in.load_labels import load_labels
from labeling.data_in.load_suggestions import load_suggestions
from labeling.data_in.units import make_job
from labeling.data_out.job import export_labels
from labeling.jobs.context import JobContext
from labeling.jobs.void_answers import VOID, void_range
from labeling.quality.job import KIND as AGREEMENT
from labeling.quality.job import run_agreement

# A function gets the context of one attempt; it returns when the work is done or `context.cancelled()` said so.
KINDS: dict[str, Callable[[JobContext], None]] = {
    "import_bench": make_job(load_bench),
    "import_candidates": make_job(load_candidates),
    "import_labels": make_job(load_labels),
    "import_suggestions": make_job(load_suggestions),
    "export": export_labels,
    "many": act_on_many,
    VOID: void_range,
    AGREEMENT: run_agreement,
}
# The queue of those that need another machine than the rest; '' is the one for everything.
QUEUES: dict[str, str] = {}
# Parts of something larger that has a page of its own; lists of jobs leave them out.
INNER: set[str] = set()
# Those that may run in an archived project.
READING = frozenset({"export", AGREEMENT})


def add_kind(kind: str, run: Callable[[JobContext], None], *, queue: str = "", is_inner: bool = False) -> None:
    """Let an app that builds on this one have jobs of its own; called while the site starts."""
    KINDS[kind] = run
    if queue:
        QUEUES[kind] = queue
    if is_inner:
        INNER.add(kind)

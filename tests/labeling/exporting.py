"""What the tests of exports share: a project whose candidates entered the queue, and running an export."""

import json
from pathlib import Path

from labeling.jobs.run import run_here
from labeling.models import Candidate, Event
from tests.factories import make_bundle, make_person, make_project, make_task


def enter_queue(bundle):
    """Log that the candidates of `bundle` entered the queue, as an import does; return them by deliverable."""
    candidates = list(bundle.candidates.select_related("project").order_by("deliverable__number"))
    for candidate in candidates:
        Event.objects.create(project=candidate.project, kind="queued", candidate=candidate, candidate_state=candidate.state, round=1)
    return candidates


def make_queued(project, quantity=1, generator=None, **task):
    """The candidates of a new bundle that wait in the queue; `task` are fields of its task, or the task itself."""
    own = task.pop("task", None) or make_task(project, quantity, **task)
    return enter_queue(make_bundle(own, generator))


def make_team(project, size=4):
    """Members who label and adjudicate."""
    return [make_person(project) for _ in range(size)]


def export(project, form, out, cutoff=None):
    """Export `project` to the folder `out`; return the bytes of the file and the manifest."""
    job = run_here(project, "export", {"format": form, "out": str(out), "cutoff": cutoff})
    assert job.state == "done", job.error
    return (Path(out) / f"{form}.jsonl").read_bytes(), json.loads((Path(out) / "manifest.json").read_bytes())


def read_lines(data):
    """The JSON values of a JSONL file."""
    return [json.loads(line) for line in data.splitlines()]


def newest_event(project):
    return Event.objects.filter(project=project).latest("pk").pk


def reload(candidate):
    return Candidate.objects.select_related("project").get(pk=candidate.pk)


__all__ = ["enter_queue", "export", "make_project", "make_queued", "make_team", "newest_event", "read_lines", "reload"]

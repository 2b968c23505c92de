"""What the tests of exports share: a project whose candidates entered the queue, and running an export."""

import csv
import io
import json
import zipfile
from pathlib import Path

from labeling.data_out.formats import FORMATS
from labeling.image_store import derived_name, is_stored, store_once
from labeling.jobs.run import run_here
from labeling.models import Candidate, Event, Image
from tests.factories import make_bundle, make_person, make_project, make_task
from tests.labeling.material import make_picture


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


def store_pictures():
    """Put a small picture of its own in the storage for every image row that has none, as `screen` size."""
    for image in Image.objects.all():
        if not is_stored(derived_name(image, "screen")):
            store_once(derived_name(image, "screen"), picture_of(image.sha256))


def picture_of(sha256):
    """What `store_pictures` stores for an image: a JPEG in a colour that comes from the hash."""
    return make_picture(8, 8, color=tuple(bytes.fromhex(sha256[:6])), format="JPEG")


def export(project, form, out, cutoff=None):
    """Export `project` to the folder `out`; return the bytes of the file and the manifest."""
    if FORMATS[form].archive:
        store_pictures()
    job = run_here(project, "export", {"format": form, "out": str(out), "cutoff": cutoff})
    assert job.state == "done", job.error
    return (Path(out) / FORMATS[form].file).read_bytes(), json.loads((Path(out) / "manifest.json").read_bytes())


def read_lines(data):
    """The JSON values of a JSONL file."""
    return [json.loads(line) for line in data.splitlines()]


def read_rows(form, data):
    """The rows of an export in any format, as values that its schema describes."""
    if form == "long":
        return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))
    if form == "label-studio":
        return json.loads(read_member(data, "tasks.json"))
    return read_lines(read_member(data, "metadata.jsonl") if form == "dataset" else data)


def read_member(data, name):
    """One file of a zip, after checking every file's checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.read(name)


def newest_event(project):
    return Event.objects.filter(project=project).latest("pk").pk


def reload(candidate):
    return Candidate.objects.select_related("project").get(pk=candidate.pk)


__all__ = [
    "enter_queue",
    "export",
    "make_project",
    "make_queued",
    "make_team",
    "newest_event",
    "picture_of",
    "read_lines",
    "read_member",
    "read_rows",
    "reload",
    "store_pictures",
]

"""The job that exports: pages into a part folder, a checkpoint after each, then manifest and rename."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_noop as _

from labeling.data_out.as_of import read_pages
from labeling.data_out.cutoff import pick_cutoff
from labeling.data_out.formats import FORMATS, Format
from labeling.data_out.manifest import MANIFEST, make_manifest, measure, write_manifest
from labeling.data_out.output import INCOMPLETE, append_page, complete, part_names
from labeling.data_out.parts import append_lines, copy_start, discard_parts, make_part, new_part, publish
from labeling.jobs.context import JobContext, JobFailed
from labeling.jobs.fence import JobLost
from labeling.models import Candidate, Event, Export, Job, Project

KIND = "export"


@dataclass(kw_only=True)
class Position:
    """How far an export is: everything a later attempt needs to write the same bytes. `sizes` are those of the part files."""

    cutoff: int
    part: str
    sizes: dict[str, int]
    after: int = 0
    done: int = 0
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def export_labels(context: JobContext) -> None:
    """Export the project of the job: params `format`, and optionally `out` (a folder) and `cutoff` (an event id).

    Cancelled, it leaves no file; killed, the next attempt goes on after the last page.
    """
    if (made := Export.objects.filter(job_id=context.job_id).first()) is not None:
        context.result = describe_result(made)
        return
    sweep_parts()
    job = Job.objects.select_related("project").get(pk=context.job_id)
    chosen, folder = FORMATS[context.params["format"]], export_folder(job)
    try:
        position = resume(context, job, folder) or begin(context, job, chosen, folder)
        if write_pages(context, job.project, chosen, position):
            finish(context, job, chosen, folder, position)
    except (JobLost, OperationalError, InterfaceError):
        # Another attempt goes on from the part folder, or has done so already.
        raise
    except BaseException:
        discard_parts(folder, str(job.public_id))
        raise
    discard_parts(folder, str(job.public_id))


def export_folder(job: Job) -> Path:
    """Where the files of an export job belong: the folder named by the command, or one of its own below EXPORT_ROOT."""
    return resolve_folder(folder_name(job))


def folder_name(job: Job) -> str:
    """`export_folder` as the row keeps it: relative to EXPORT_ROOT, so that the exports of a site can move, or absolute."""
    return job.params.get("out") or str(job.public_id)


def resolve_folder(name: str) -> Path:
    """The folder of an export, given what its row keeps of it."""
    return Path(settings.EXPORT_ROOT) / name


def begin(context: JobContext, job: Job, chosen: Format, folder: Path) -> Position:
    """Choose the cut-off (the one of the attempt before, if there was one) and an empty part folder."""
    cutoff = context.restored.get("cutoff") or choose_cutoff(job.project, context.params.get("cutoff"))
    sizes = dict.fromkeys(part_names(chosen), 0)
    position = Position(cutoff=cutoff, part=str(new_part(folder, str(job.public_id))), sizes=sizes)
    context.checkpoint(asdict(position))
    make_part(Path(position.part))
    for name in sizes:
        append_lines(Path(position.part) / name, [])
    return position


def choose_cutoff(project: Project, wanted: int | None) -> int:
    """A safe cut-off: the newest event, or the one `wanted`. Raises JobFailed if that is none of the project's."""
    newest = pick_cutoff(project.pk)
    if wanted is None:
        return newest
    if wanted > newest or not Event.objects.filter(pk=wanted, project=project).exists():
        raise JobFailed(_("The project has no event %(event)d."), {"event": wanted})
    return wanted


def resume(context: JobContext, job: Job, folder: Path) -> Position | None:
    """Go on where the attempt before stopped, in a new part folder; None if there was none or its files are gone."""
    if not context.restored:
        return None
    position = Position(**context.restored)
    old, new = Path(position.part), new_part(folder, str(job.public_id))
    make_part(new)
    if not all(copy_start(old / name, new / name, size) for name, size in position.sizes.items()):
        rmtree(new)
        return None
    position.part = str(new)
    context.checkpoint(asdict(position))
    rmtree(old, ignore_errors=True)
    return position


def write_pages(context: JobContext, project: Project, chosen: Format, position: Position) -> bool:
    """Write the pages from `position` on, a checkpoint after each; False if the job is to be cancelled."""
    total = Candidate.objects.filter(project=project).count()
    part = Path(position.part)
    for page in read_pages(project, position.cutoff, position.after, pictured=chosen.archive is not None):
        if context.cancelled():
            return False
        lines = chosen.render(page)
        position.sizes = append_page(chosen, part, lines, position.rows)
        position.rows += len(lines.rows)
        position.counts = dict(Counter(position.counts) + lines.counts)
        position.after, position.done = page.last, position.done + page.size
        context.checkpoint(asdict(position))
        context.progress(position.done, max(total, position.done))
    return not context.cancelled()


def finish(context: JobContext, job: Job, chosen: Format, folder: Path, position: Position) -> None:
    """Publish the files and write the row of the export. Done twice after a crash, it publishes the same bytes again."""
    part = Path(position.part)
    data = complete(chosen, part, position.rows)
    manifest = make_manifest(job.project, chosen, position.cutoff, measure(data), position.rows, position.counts)
    write_manifest(part / MANIFEST, manifest, part / INCOMPLETE if chosen.lists_incomplete else None)
    append_lines(part / MANIFEST, [])
    publish(data, folder / chosen.file)
    publish(part / MANIFEST, folder / MANIFEST)
    with transaction.atomic():
        context.checkpoint(asdict(position))
        made = Export.objects.create(
            project=job.project,
            job=job,
            format=chosen.name,
            cutoff_event_id=position.cutoff,
            folder=folder_name(job),
            manifest=orjson.loads(orjson.dumps(manifest, option=orjson.OPT_UTC_Z)),
        )
        log_exported(made, context.created_by_id, act="made")
    context.result = describe_result(made)


def log_exported(made: Export, actor_id: int | None, act: str) -> None:
    """Log that an export was made or downloaded (`act`), and by whom."""
    data = {"export": str(made.public_id), "act": act, "format": made.format, "sha256": made.manifest["sha256"]}
    Event.objects.create(project_id=made.project_id, actor_id=actor_id, kind=Event.Kind.EXPORTED, data=data)


def describe_result(made: Export) -> dict[str, Any]:
    """What the job's row says of the export it made."""
    keys = ("file", "rows", "bytes", "sha256", "cutoff_event", "counts")
    return {"export": str(made.public_id), "folder": str(resolve_folder(made.folder)), **{key: made.manifest[key] for key in keys}}


def sweep_parts() -> None:
    """Remove the part folders of export jobs that ended while nobody was running them."""
    ended = Job.objects.filter(kind=KIND, state__in=[Job.State.CANCELLED, Job.State.FAILED]).exclude(checkpoint={})
    for job in ended:
        discard_parts(export_folder(job), str(job.public_id))
        Job.objects.filter(pk=job.pk).update(checkpoint={})

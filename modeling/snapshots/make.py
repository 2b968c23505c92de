"""Making a snapshot: pages into a draft, how they divide, then the lines as they are kept, manifest and rename."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from labeling.data_out.cutoff import pick_cutoff
from labeling.jobs.context import JobFailed
from labeling.models import Decision, Project, User
from modeling.models import Snapshot
from modeling.net.splits import Row
from modeling.net.watch import Stopped
from modeling.snapshots.concepts import Teacher, describe_targets, find_teacher
from modeling.snapshots.divide import Division, divide
from modeling.snapshots.divided import count_divided
from modeling.snapshots.draft import Draft, draft_lines
from modeling.snapshots.files import IMAGES, RECORDS, TASKS, make_part, name_folder, publish, read_lines, write_lines, write_manifest
from modeling.snapshots.filters import Filters
from modeling.snapshots.labels import LEARNED, count_teachers, find_drop, find_weight, read_posteriors
from modeling.snapshots.pictures import read_facts

FORMAT = 1
DRAFT = "draft.jsonl"
# Lines between two looks whether to stop.
LOOK_AFTER = 2_000

Counts = dict[str, Any]
Cancelled = Callable[[], bool]


def never() -> bool:
    """Nobody asks to stop."""
    return False


def make_snapshot(project: Project, filters: Filters, lead: User | None, *, cancelled: Cancelled = never) -> Snapshot:
    """Freeze what there is to learn from as of now. A stopped or failed one leaves nothing.

    Raises Stopped, and JobFailed where there is nothing to learn from, or something that the filters name is not there.
    """
    teacher = find_teacher(project, filters)
    cutoff = pick_cutoff(project.pk)
    part = make_part(project.slug)
    try:
        about = write_files(part, project, filters, teacher, cutoff, cancelled)
        sha256 = write_manifest(part, about)
        return keep(part, project, filters, lead, cutoff, about, sha256)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_files(part: Path, project: Project, filters: Filters, teacher: Teacher, cutoff: int, cancelled: Cancelled) -> dict[str, Any]:
    """Write all files but the manifest, and return what that says. Raises Stopped and JobFailed."""
    draft = Draft()
    write_lines(part / DRAFT, draft_lines(project, cutoff, teacher, draft, cancelled))
    rows = [Row(key=line["candidate"], task=line["task"], generator=line["generator"]) for line in read_lines(part / DRAFT)]
    if not rows:
        raise JobFailed(_("There is no candidate to learn from."))
    try:
        division = divide(project, filters, rows)
    except ValueError as problem:
        raise JobFailed(_("The tasks cannot be divided as wanted: %(problem)s"), {"problem": str(problem)}) from problem
    counts = start_counts(draft)
    posteriors = read_posteriors(project) if filters.drop == "uncertain" else {}
    finished = finish_lines(part / DRAFT, division, filters, posteriors, counts, cancelled)
    write_lines(part / RECORDS, finished)
    (part / DRAFT).unlink()
    counts["divided"] = count_divided(read_lines(part / RECORDS), draft.tasks)
    write_lines(part / TASKS, ({**draft.tasks[key], "is_test_side": key[0] in division.test_side} for key in sorted(draft.tasks)))
    write_lines(part / IMAGES, read_facts(draft.pictures))
    return {
        "format": FORMAT,
        "project": project.slug,
        "cutoff_event": cutoff,
        "filters": filters.to_json(),
        "generator_left_out": division.generator,
        "targets": describe_targets(teacher, counts["concepts"]),
        "notes": division.notes,
        "counts": plain(counts),
    }


def finish_lines(
    path: Path, division: Division, filters: Filters, posteriors: dict[int, float], counts: Counts, cancelled: Cancelled
) -> Iterator[dict[str, Any]]:
    """The lines of the draft as they are kept; counts them on the way. Raises Stopped."""
    for number, line in enumerate(read_lines(path)):
        if number % LOOK_AFTER == 0 and cancelled():
            raise Stopped("stopped while a snapshot was made")
        row = line.pop("row")
        line["part"] = division.parts[line["candidate"]]
        line["why_aside"] = division.tell_aside(line["task"], line["part"])
        line["group"] = division.groups[line["task"]]
        line["posterior"] = posteriors.get(row)
        line["dropped"] = find_drop(line, filters)
        line["accepts"] = None if line["decision"] is None or line["dropped"] else line["decision"]["accepts"]
        line["weight"] = find_weight(line, filters)
        count_line(line, counts, is_test_side=line["task"] in division.test_side)
        yield line


def start_counts(draft: Draft) -> Counts:
    """The counts of a snapshot; docs/snapshots.md says what each is."""
    names = ("parts", "labels", "accepted", "aside", "no_label", "how", "assisted", "test_side", "concepts", "not_applicable", "taught_by")
    return {"candidates": 0, **{name: Counter() for name in names}, "left_out": draft.left_out}


def count_line(line: dict[str, Any], counts: Counts, *, is_test_side: bool) -> None:
    """Count one line."""
    part, decision = line["part"], line["decision"]
    counts["candidates"] += 1
    counts["parts"][part] += 1
    counts["concepts"].update(list(line["concepts"]))
    counts["not_applicable"].update(line["not_applicable"])
    counts["taught_by"].update(count_teachers(line))
    if part == "aside":
        counts["aside"][line["why_aside"]] += 1
    if decision is None:
        counts["no_label"]["old_image" if line["is_old_image"] else "undecided"] += 1
        return
    counts["how"][decision["how"]] += 1
    if is_test_side:
        counts["test_side"][tell_blindness(line)] += 1
    if line["dropped"]:
        counts["no_label"][line["dropped"]] += 1
        return
    counts["labels"][part] += 1
    counts["accepted"][part] += line["accepts"]
    if part in LEARNED and not line["is_blind"]:
        counts["assisted"]["labels"] += 1
        counts["assisted"]["down_weighted"] += line["weight"] < 1


def tell_blindness(line: dict[str, Any]) -> str:
    """How a decision of the test side came about: `blind`, `imported` (nobody here saw anything) or `not_blind`, which no gate counts."""
    if line["decision"]["how"] == Decision.How.IMPORTED:
        return "imported"
    return "blind" if line["is_blind"] else "not_blind"


def plain(counts: Counts) -> Counts:
    """The counts as plain values, sorted by name."""
    return {name: dict(sorted(value.items())) if isinstance(value, Counter) else value for name, value in counts.items()}


@transaction.atomic
def keep(part: Path, project: Project, filters: Filters, lead: User | None, cutoff: int, about: dict[str, Any], sha256: str) -> Snapshot:
    """Give the files their place and write the row with what the manifest says. Locks the project, so that two at once get two numbers."""
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project.pk)
    last = Snapshot.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    public_id = uuid4()
    folder = name_folder(project.slug, last + 1, public_id)
    publish(part, Path(settings.MODEL_ROOT) / folder)
    return Snapshot.objects.create(
        public_id=public_id,
        project=project,
        number=last + 1,
        split=filters.split,
        filters=filters.to_json(),
        counts=about["counts"],
        notes=about["notes"],
        sha256=sha256,
        folder=folder,
        event_id=cutoff,
        created_by=lead,
    )

"""Importing candidate images; the unit is a bundle, and new candidates enter the queue when the import is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from django.utils.translation import gettext_noop as _

from labeling.data_in.after_import import tell_others
from labeling.data_in.bench_values import BenchImage, CategoryName
from labeling.data_in.candidate_list import BundleEntries, CandidateEntry, CandidateList, TaskKey
from labeling.data_in.codes import Code
from labeling.data_in.import_source import Source, open_source
from labeling.data_in.keep_pictures import Picture
from labeling.data_in.load_bench import close_conflict, lock_task, waiting_document, write_or_compare
from labeling.data_in.looks_like import check_tree
from labeling.data_in.manifest import read_candidate_folders, read_candidate_manifest
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line, warn
from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.seen_files import SeenFiles
from labeling.data_in.skim import index_bundles, skim_bundles
from labeling.data_in.sources import SourceTree
from labeling.data_in.units import Import, Unit
from labeling.data_in.write_bundle import WrittenCandidate, write_bundle_inside, write_generator
from labeling.generators import KnownGenerator
from labeling.models import Bundle, Candidate, Generator, Image, ImportConflict, Project, State, Task
from labeling.prepared import Prepared
from labeling.protocol.intake import enter_queue
from labeling.protocol.replace import replace_untouched

TASK_ID = Prepared(
    lambda project, external_id: Task.objects.filter(project_id=project, external_id=external_id).values_list("pk", flat=True)
)


def load_candidates(work: Import) -> None:
    """Read candidates by bundle; what is there with another image becomes a conflict if people work on it."""
    with open_source(work.context.params["source"]) as source:
        found = read_list(source, list_tasks(work.project))
        if not found.bundles and source.manifest is None:
            # Before the report: a line for each file that is something else helps nobody.
            check_tree(source.tree, Code.LOOKS_LIKE_CANDIDATES)
        work.report_read(found.lines)
        if not (found.bundles or found.sources):
            unknown = any(line.code == Code.UNKNOWN_TASK for line in found.lines)
            raise ImportProblem(Code.TASKS_FIRST if unknown else Code.NO_CANDIDATES)
        work.seen = seen = SeenFiles(work.project.pk, source.tree)
        units = [*list_sources(work, source.tree, found), *list_bundles(work, source.tree, found)]
        whole = work.run_units(units, partial(skim_units, work.project, index_bundles(found.bundles), seen))
        if not work.dry_run:
            seen.save()
    if whole and not work.dry_run:
        work.context.require_open()
        enter_queue(find_staged(work.project, found), work.actor)
        tell_others(work.project)


def skim_units(project: Project, bundles: Mapping[str, BundleEntries], seen: SeenFiles, units: Sequence[Unit]) -> dict[str, list[Line]]:
    """The lines of those units that are bundles and change nothing."""
    return skim_bundles(project, [bundles[unit.name] for unit in units if unit.name in bundles], seen)


def list_sources(work: Import, tree: SourceTree, found: CandidateList) -> list[Unit]:
    """The source images that lie beside the candidates; they come first, so that nobody judges an edit without its source."""
    lacking = set(Task.objects.filter(project=work.project, source_missing=True).values_list("external_id", flat=True))
    return [make_source_unit(work, tree, task_id, found.sources[task_id], task_id in lacking) for task_id in sorted(found.sources)]


def make_source_unit(work: Import, tree: SourceTree, task_id: str, files: Sequence[str], lacking: bool) -> Unit:
    """The source images of one task. A task that lacks none is a unit too: an import that goes on meets the same units again."""
    pictures = tuple(Picture(tree=tree, file=file, record=task_id) for file in files) if lacking else ()
    said: dict[str, Any] = {"text": _("source image of %(task)s"), "values": {"task": task_id}}
    return Unit(name=f"source image of {task_id}", pictures=pictures, write=partial(write_source, work, task_id, files), **said)


def list_bundles(work: Import, tree: SourceTree, found: CandidateList) -> list[Unit]:
    """The bundles, each with the number of bundles that come for its task."""
    expected = Counter(bundle.task_id for bundle in found.bundles)
    return [make_bundle_unit(work, tree, bundle, expected[bundle.task_id]) for bundle in found.bundles]


def make_bundle_unit(work: Import, tree: SourceTree, bundle: BundleEntries, expected: int) -> Unit:
    """One bundle with its pictures."""
    pictures = tuple(Picture(tree=tree, file=entry.image, record=bundle.name_entry(entry), sha256=entry.sha256) for entry in bundle.entries)
    return Unit(name=bundle.record, pictures=pictures, write=partial(write_candidates, work, bundle, expected))


def list_tasks(project: Project) -> dict[str, TaskKey]:
    """What readers must know of the project's tasks."""
    rows = Task.objects.filter(project=project).values_list("external_id", "category", "quantity")
    return {task_id: TaskKey(category=cast(CategoryName, category), quantity=quantity) for task_id, category, quantity in rows}


def read_list(source: Source, tasks: Mapping[str, TaskKey]) -> CandidateList:
    """The candidates that the manifest lists, or the folders hold where there is no manifest."""
    if source.manifest:
        return read_candidate_manifest(source.tree, source.manifest, tasks)
    return read_candidate_folders(source.tree, tasks)


def write_source(work: Import, task_id: str, names: Sequence[str], images: Mapping[str, Image]) -> list[Line]:
    """Give an editing task that lacks its source image the one that lies beside the candidates; other tasks keep theirs."""
    task = lock_task(work.project, task_id)
    if task is None or not task.source_missing or not images:
        return []
    # What waits for the lead comes first: the source image is added to it, and does not take its place.
    document = waiting_document(task) or task.versions.get(number=task.version).document
    sources = tuple(BenchImage(number=number, name=name) for number, name in enumerate(names, start=1))
    return [write_or_compare(work, replace(parse_document(document), sources=sources), {**find_images(document), **images})]


def write_candidates(work: Import, bundle: BundleEntries, expected: int, images: Mapping[str, Image]) -> list[Line]:
    """Write the candidates of one bundle whose pictures could be stored; a line for each says what became of it."""
    entries = {(entry.deliverable, entry.sample): entry for entry in bundle.entries if entry.image in images}
    if not entries:
        return []
    [task_id] = TASK_ID.all(project=work.project.pk, external_id=bundle.task_id)
    pictures = {key: images[entry.image] for key, entry in entries.items()}
    written = write_bundle_inside(task_id, find_generator(work, bundle.generator), pictures, expected)
    lines = [
        report_candidate(work, item, entries[key], pictures[key], bundle.name_entry(entries[key]))
        for key, item in zip(sorted(pictures), written.candidates, strict=True)
    ]
    return lines + report_unsubmitted(written.bundle, bundle, entries)


def find_generator(work: Import, known: KnownGenerator) -> Generator:
    """The row of a generator; asked for once in an import."""
    if work.dry_run:
        return write_generator(known)
    return work.generators.get(known.slug) or work.generators.setdefault(known.slug, write_generator(known))


def report_unsubmitted(written: Bundle, bundle: BundleEntries, entries: Mapping[tuple[int, int], CandidateEntry]) -> list[Line]:
    """A warning if further samples of a deliverable came in without the one that is delivered."""
    doubtful = {number for number, _sample in entries} - {number for number, sample in entries if sample == 1}
    if not doubtful:
        return []
    there = written.candidates.filter(is_submitted_sample=True).values_list("deliverable__number", flat=True)
    missing = sorted(doubtful - set(there))
    place = Place(file=bundle.entries[0].place.file, record=bundle.record)
    return [warn(Code.NO_FIRST_SAMPLE, place, missing=", ".join(map(str, missing)))] if missing else []


def report_candidate(work: Import, item: WrittenCandidate, entry: CandidateEntry, image: Image, record: str) -> Line:
    """The line of one written candidate; another image than it has is made its own, or put before the lead."""
    place = entry.place.at(record=record)
    if item.outcome != Outcome.CONFLICT:
        if item.outcome != Outcome.CREATED:
            close_conflict(candidate=item.candidate)
        return make_line(item.outcome, None, place)
    if replace_untouched(item.candidate.pk, image, work.actor):
        close_conflict(candidate=item.candidate)
        return make_line(Outcome.UPDATED, None, place.inside("image"))
    ask_lead(work, item.candidate, image, entry.image)
    return make_line(Outcome.CONFLICT, Code.CANDIDATE_IN_USE, place.inside("image"))


def ask_lead(work: Import, candidate: Candidate, image: Image, file: str) -> None:
    """Put another image of a candidate before the lead, once however often it is imported; the newest one counts."""
    old = {"sha256": candidate.image.sha256 if candidate.image else None}
    new = {"sha256": image.sha256, "file": file}
    ImportConflict.objects.update_or_create(
        candidate=candidate,
        field="image",
        state=ImportConflict.State.OPEN,
        defaults={"project": work.project, "job": work.job, "old": old, "new": new, "new_image": image},
    )


def find_staged(project: Project, found: CandidateList) -> list[int]:
    """The staged candidates of the import's bundles, those of an attempt before this one included."""
    wanted = {(bundle.generator.slug, bundle.task_id) for bundle in found.bundles}
    staged = Candidate.objects.filter(project=project, state=State.STAGED).order_by("pk")
    rows = staged.values_list("pk", "bundle__generator__slug", "bundle__task__external_id")
    return [pk for pk, slug, task_id in rows if (slug, task_id) in wanted]

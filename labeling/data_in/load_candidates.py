"""Importing candidate images; the unit is a bundle, and new candidates enter the queue when the import is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import cast

from labeling.data_in.bench_values import BenchImage, CategoryName
from labeling.data_in.candidate_list import BundleEntries, CandidateEntry, CandidateList, TaskKey
from labeling.data_in.codes import Code
from labeling.data_in.import_source import Source, open_source
from labeling.data_in.keep_pictures import keep_pictures
from labeling.data_in.load_bench import write_or_compare
from labeling.data_in.manifest import read_candidate_folders, read_candidate_manifest
from labeling.data_in.problem import Line, Outcome, Place, make_line
from labeling.data_in.read_version import read_content
from labeling.data_in.sources import SourceTree
from labeling.data_in.units import Import, UnitWork
from labeling.data_in.write_bundle import write_bundle, write_generator
from labeling.models import Candidate, Image, ImportConflict, Job, Project, State, Task
from labeling.protocol.intake import enter_queue
from labeling.protocol.replace import replace_untouched


def load_candidates(work: Import) -> None:
    """Read candidates by bundle; what is there with another image becomes a conflict if people work on it."""
    with open_source(work.context.params["source"]) as source:
        found = read_list(source, list_tasks(work.project))
        work.report("read", found.lines)
        expected = Counter(bundle.task_id for bundle in found.bundles)
        load_sources(work, source.tree, found)
        whole = work.run_units(
            found.bundles, lambda bundle: bundle.record, lambda bundle: load_bundle(work, source.tree, bundle, expected[bundle.task_id])
        )
    if whole and not work.dry_run:
        enter_queue(find_staged(work.project, found), work.actor)
    work.finish(len(found.bundles))


def list_tasks(project: Project) -> dict[str, TaskKey]:
    """What readers must know of the project's tasks."""
    rows = Task.objects.filter(project=project).values_list("external_id", "category", "quantity")
    return {task_id: TaskKey(category=cast(CategoryName, category), quantity=quantity) for task_id, category, quantity in rows}


def read_list(source: Source, tasks: Mapping[str, TaskKey]) -> CandidateList:
    """The candidates that the manifest lists, or the folders hold where there is no manifest."""
    if source.manifest:
        return read_candidate_manifest(source.tree, source.manifest, tasks)
    return read_candidate_folders(source.tree, tasks)


def load_sources(work: Import, tree: SourceTree, found: CandidateList) -> None:
    """Give editing tasks that lack their source image the one that lies beside the candidates."""
    lacking = Task.objects.filter(project=work.project, external_id__in=found.sources, source_missing=True)
    for task in lacking.order_by("external_id"):
        place = Place(record=task.external_id)
        names = found.sources[task.external_id]
        images, lines = keep_pictures(tree, names, work.dry_run, place)
        content = read_content(task)
        sources = tuple(BenchImage(number=number, name=name) for number, name in enumerate(names, start=1))
        stored = known_images(task) | images
        wanted = replace(content, sources=sources, source_missing=not images)
        work.report(f"source/{task.external_id}", work.write_or_look(partial(write_or_compare, work, wanted, stored, lines)))


def known_images(task: Task) -> dict[str, Image]:
    """The stored images of a task by the file name they were imported under."""
    return {asset.file: asset.image for asset in task.assets.select_related("image") if asset.image is not None}


def load_bundle(work: Import, tree: SourceTree, bundle: BundleEntries, expected: int) -> UnitWork:
    """Store the pictures of one bundle, and return what writes its rows; `expected` bundles come for its task."""
    names = [entry.image for entry in bundle.entries]
    place = Place(record=bundle.record)
    if work.dry_run:
        return lambda: write_candidates(work, bundle, expected, *keep_pictures(tree, names, True, place))
    images, lines = keep_pictures(tree, names, False, place)
    return lambda: write_candidates(work, bundle, expected, images, lines)


def write_candidates(work: Import, bundle: BundleEntries, expected: int, images: Mapping[str, Image], lines: list[Line]) -> list[Line]:
    """Write the candidates of one bundle whose pictures could be stored; a line for each says what became of it."""
    entries = {(entry.deliverable, entry.sample): entry for entry in bundle.entries if entry.image in images}
    if not entries:
        return lines
    task = Task.objects.get(project=work.project, external_id=bundle.task_id)
    pictures = {key: images[entry.image] for key, entry in entries.items()}
    written = write_bundle(task, write_generator(bundle.generator), pictures, expected)
    made = list(lines)
    for key, item in zip(sorted(pictures), written.candidates, strict=True):
        place = entries[key].place.at(record=f"{bundle.record}/{entries[key].deliverable}")
        if item.outcome == Outcome.CONFLICT:
            made.append(change_image(work, item.candidate, pictures[key], entries[key], place))
        else:
            made.append(make_line(item.outcome, None, place))
    return made


def change_image(work: Import, candidate: Candidate, image: Image, entry: CandidateEntry, place: Place) -> Line:
    """Give an untouched candidate its new image; put the change before the lead where people work on it."""
    if replace_untouched(candidate.pk, image, work.actor):
        return make_line(Outcome.UPDATED, None, place.inside("image"))
    ImportConflict.objects.update_or_create(
        candidate=candidate,
        field="image",
        state=ImportConflict.State.OPEN,
        defaults={
            "project": work.project,
            "job": None if work.dry_run else Job.objects.get(pk=work.context.job_id),
            "old": {"sha256": candidate.image.sha256 if candidate.image else None},
            "new": {"sha256": image.sha256, "file": entry.image},
            "new_image": image,
        },
    )
    return make_line(Outcome.CONFLICT, Code.CANDIDATE_IN_USE, place.inside("image"))


def find_staged(project: Project, found: CandidateList) -> list[int]:
    """The staged candidates of the import's bundles, those of an attempt before this one included."""
    wanted = {(bundle.generator.slug, bundle.task_id) for bundle in found.bundles}
    staged = Candidate.objects.filter(project=project, state=State.STAGED).order_by("pk")
    rows = staged.values_list("pk", "bundle__generator__slug", "bundle__task__external_id")
    return [pk for pk, slug, task_id in rows if (slug, task_id) in wanted]

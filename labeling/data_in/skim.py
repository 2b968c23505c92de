"""Passing over the bundles that an import does not change: hundreds at a time, and without reading their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from labeling.data_in.candidate_list import BundleEntries, CandidateEntry
from labeling.data_in.codes import Code
from labeling.data_in.problem import Line, Outcome, Place, make_line, warn
from labeling.data_in.seen_files import SeenFiles
from labeling.images import matches_extension
from labeling.models import Candidate, ImportConflict, Project

# A candidate of the project: generator, task, deliverable, sample.
Key = tuple[str, str, int, int]


class Stored(NamedTuple):
    """The image of a candidate that is there."""

    sha256: str
    format: str


def skim_bundles(project: Project, bundles: Sequence[BundleEntries], seen: SeenFiles) -> dict[str, list[Line]]:
    """The lines of those `bundles`, by record, all of whose candidates have the image that the import brings.

    What the import brings is known by the SHA-256 in the manifest, or because the file has been read before and has not changed.
    Only what the project has already is passed over: naming a hash gives nobody an image.
    """
    expected = {bundle.record: find_expected(bundle, seen) for bundle in bundles}
    known = [bundle for bundle in bundles if None not in expected[bundle.record] and has_first_samples(bundle)]
    stored = find_stored(project, known) if known else {}
    found = {bundle.record: [stored.get(key_of(bundle, entry)) for entry in bundle.entries] for bundle in known}
    return {
        bundle.record: list(tell_unchanged(bundle, found[bundle.record]))
        for bundle in known
        if [row and row.sha256 for row in found[bundle.record]] == expected[bundle.record]
    }


def has_first_samples(bundle: BundleEntries) -> bool:
    """Whether each deliverable comes with the sample that is delivered; otherwise the report has more to say of the bundle."""
    return {entry.deliverable for entry in bundle.entries} == {entry.deliverable for entry in bundle.entries if entry.sample == 1}


def find_expected(bundle: BundleEntries, seen: SeenFiles) -> list[str | None]:
    """The SHA-256 of each image of the bundle, None where only its content would tell."""
    return [entry.sha256 or seen.find(entry.image) for entry in bundle.entries]


def key_of(bundle: BundleEntries, entry: CandidateEntry) -> Key:
    """Which candidate of the project an entry is."""
    return bundle.generator.slug, bundle.task_id, entry.deliverable, entry.sample


def find_stored(project: Project, bundles: Sequence[BundleEntries]) -> dict[Key, Stored]:
    """The images of the candidates of `bundles` about which nothing waits for the lead."""
    candidates = Candidate.objects.filter(
        project=project,
        bundle__generator__slug__in={bundle.generator.slug for bundle in bundles},
        bundle__task__external_id__in={bundle.task_id for bundle in bundles},
        image__isnull=False,
    ).exclude(
        pk__in=ImportConflict.objects.filter(project=project, state=ImportConflict.State.OPEN, candidate__isnull=False).values("candidate")
    )
    key = "bundle__generator__slug", "bundle__task__external_id", "deliverable__number", "sample"
    rows = candidates.order_by().values_list(*key, "image__sha256", "image__format")
    return {(slug, task_id, number, sample): Stored(sha256, format) for slug, task_id, number, sample, sha256, format in rows}


def tell_unchanged(bundle: BundleEntries, found: Iterable[Stored | None]) -> Iterable[Line]:
    """What the report says of a bundle that stays as it is, as it would after reading it."""
    pairs = [(entry, stored) for entry, stored in zip(bundle.entries, found, strict=True) if stored is not None]
    for entry, stored in pairs:
        if not matches_extension(entry.image, stored.format):
            place = Place(file=entry.image, record=bundle.name_entry(entry))
            yield warn(Code.EXTENSION_DIFFERS, place, format=stored.format)
    for entry, _stored in pairs:
        yield make_line(Outcome.UNCHANGED, None, entry.place.at(record=bundle.name_entry(entry)))


def index_bundles(bundles: Iterable[BundleEntries]) -> Mapping[str, BundleEntries]:
    """The bundles by the names of their units."""
    return {bundle.record: bundle for bundle in bundles}

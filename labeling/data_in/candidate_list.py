"""Candidates of an import, held against the tasks they are for and against each other, by bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labeling.data_in.bench_values import CategoryName
from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, reject, warn
from labeling.generators import KnownGenerator, read_generator


@dataclass(frozen=True, kw_only=True)
class TaskKey:
    """What the readers must know of a project's task to check what refers to it."""

    category: CategoryName
    quantity: int


@dataclass(frozen=True, kw_only=True)
class CandidateEntry:
    """One candidate image: `image` is its name in the source tree, `place` where it was announced, `sha256` as stated there."""

    deliverable: int
    sample: int
    image: str
    place: Place
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class BundleEntries:
    """All images of one generator for one task, by deliverable and sample; the unit of an import."""

    generator: KnownGenerator
    task_id: str
    entries: tuple[CandidateEntry, ...]

    @property
    def record(self) -> str:
        """How reports and checkpoints name the bundle."""
        return f"{self.generator.slug}/{self.task_id}"

    def name_entry(self, entry: CandidateEntry) -> str:
        """How the report names one candidate: `acme/product-001/2`, with `#3` behind it for the third sample."""
        return f"{self.record}/{entry.deliverable}" + (f"#{entry.sample}" if entry.sample > 1 else "")


@dataclass(frozen=True, kw_only=True)
class CandidateList:
    """The bundles in the order of their names, so that a resumed import meets them again in the same order.

    `sources` are source images found beside the candidates (`inputs/<task_id>/<k>.<ext>`), in numeric order.
    """

    bundles: tuple[BundleEntries, ...]
    lines: tuple[Line, ...]
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Announced:
    """One entry before it is held against the tasks and the other entries."""

    generator: str
    task_id: str
    deliverable: int
    sample: int
    image: str
    sha256: str | None = None


def group_candidates(
    announced: Iterable[tuple[Place, Announced]], tasks: Mapping[str, TaskKey], lines: list[Line]
) -> tuple[BundleEntries, ...]:
    """The entries that fit a task, each candidate once, by bundle; everything else becomes a line."""
    generators: dict[str, KnownGenerator] = {}
    bundles: dict[tuple[str, str], dict[tuple[int, int], CandidateEntry]] = {}
    for place, entry in announced:
        here = place.at(record=f"{entry.generator}/{entry.task_id}/{entry.deliverable}")
        try:
            generator = read_generator(entry.generator, here)
            _check_task(entry, tasks, here)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        generators.setdefault(generator.slug, generator)
        entries = bundles.setdefault((generator.slug, entry.task_id), {})
        first = entries.get((entry.deliverable, entry.sample))
        if first is None:
            entries[entry.deliverable, entry.sample] = CandidateEntry(
                deliverable=entry.deliverable, sample=entry.sample, image=entry.image, place=here, sha256=entry.sha256
            )
        elif first.image == entry.image:
            lines.append(warn(Code.REPEATED_CANDIDATE, here))
        else:
            lines.append(reject(Code.DUPLICATE_CANDIDATE, here, other=first.image))
    made = tuple(_make_bundle(generators[slug], task_id, bundles[slug, task_id]) for slug, task_id in sorted(bundles))
    for bundle in made:
        lines += _report_missing(bundle, tasks[bundle.task_id].quantity)
    return made


def _check_task(entry: Announced, tasks: Mapping[str, TaskKey], place: Place) -> None:
    if entry.task_id not in tasks:
        raise ImportProblem(Code.UNKNOWN_TASK, place)
    quantity = tasks[entry.task_id].quantity
    if entry.deliverable > quantity:
        raise ImportProblem(Code.NO_SUCH_DELIVERABLE, place, quantity=quantity)


def _make_bundle(generator: KnownGenerator, task_id: str, entries: Mapping[tuple[int, int], CandidateEntry]) -> BundleEntries:
    return BundleEntries(generator=generator, task_id=task_id, entries=tuple(entries[key] for key in sorted(entries)))


def _report_missing(bundle: BundleEntries, quantity: int) -> list[Line]:
    there = {entry.deliverable for entry in bundle.entries}
    missing = [str(number) for number in range(1, quantity + 1) if number not in there]
    place = Place(file=bundle.entries[0].place.file, record=bundle.record)
    return [warn(Code.INCOMPLETE_BUNDLE, place, missing=", ".join(missing))] if missing else []

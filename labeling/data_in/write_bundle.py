"""Writing bundles: the candidates of one generator for one task, staged until the import is finished."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from labeling.data_in.problem import Outcome
from labeling.generators import KnownGenerator
from labeling.models import Bundle, Candidate, Deliverable, Generator, Image, State, Task, lane_of
from labeling.prepared import Prepared, insert_row
from labeling.protocol.order import place_bundle

# What every bundle of an import asks.
GENERATOR = Prepared(lambda slug: Generator.objects.filter(slug=slug))
LOCKED_TASK = Prepared(lambda pk: Task.objects.select_for_update(of=("self",), no_key=True).select_related("project").filter(pk=pk))
DELIVERABLES = Prepared(lambda task, quantity: Deliverable.objects.filter(task_id=task, number__lte=quantity))
BUNDLES = Prepared(lambda task: Bundle.objects.filter(task_id=task))

# The stored image by (deliverable number, sample); None where only a decision is imported.
Pictures = Mapping[tuple[int, int], Image | None]


@dataclass(frozen=True, kw_only=True)
class WrittenCandidate:
    """What became of one candidate; `conflict` means that its row has another image and was left as it is."""

    candidate: Candidate
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class WrittenBundle:
    """A bundle and what became of each of its candidates, by deliverable and sample."""

    bundle: Bundle
    candidates: tuple[WrittenCandidate, ...]

    @property
    def staged_ids(self) -> list[int]:
        """The candidates that `enter_queue` should open once the import is finished."""
        return [item.candidate.pk for item in self.candidates if item.candidate.state == State.STAGED]


def write_generator(known: KnownGenerator) -> Generator:
    """The row of a generator; made on its first candidate, and never changed by a later import."""
    if (there := GENERATOR.first(slug=known.slug)) is not None:
        return there
    fields = {"display_name": known.name, "api_price_usd": known.price_usd}
    generator, _created = Generator.objects.get_or_create(slug=known.slug, defaults=fields)
    return generator


@transaction.atomic
def write_bundle(task: Task, generator: Generator, pictures: Pictures, generators: int) -> WrittenBundle:
    """Write the candidates of `generator` for `task`, staged; what is there already is compared, never overwritten.

    `generators` is how many will deliver to the task, as far as known: their bundles are spread over the queue by it. A
    candidate that is still staged takes the new image. Raises ValueError for a deliverable the task does not have.
    """
    return write_bundle_inside(task.pk, generator, pictures, generators)


def write_bundle_inside(task_id: int, generator: Generator, pictures: Pictures, generators: int) -> WrittenBundle:
    """`write_bundle` as part of the transaction that the caller has begun, which ends with ValueError."""
    # Two imports at once would else both find the bundle missing, or choose places that are too close. Only the task is locked:
    # whoever answers holds a candidate and writes rows that point at the project.
    [locked] = LOCKED_TASK.all(pk=task_id)
    bundle, is_new = find_or_place(locked, generator, generators)
    numbers = {row.number: row for row in DELIVERABLES.all(task=locked.pk, quantity=locked.quantity)}
    if unknown := {number for number, _sample in pictures} - set(numbers):
        raise ValueError(f"task {locked.external_id} has no deliverable {sorted(unknown)}; it has {len(numbers)}")
    rows = [] if is_new else list(bundle.candidates.select_for_update(no_key=True).order_by("pk"))
    there = {(row.deliverable_id, row.sample): row for row in rows}
    written = [
        make_or_compare(locked, bundle, numbers[number], sample, image, there.get((numbers[number].pk, sample)))
        for (number, sample), image in sorted(pictures.items(), key=lambda item: item[0])
    ]
    Candidate.objects.bulk_create(item.candidate for item in written if item.outcome == Outcome.CREATED)
    return WrittenBundle(bundle=bundle, candidates=tuple(written))


def find_or_place(task: Task, generator: Generator, generators: int) -> tuple[Bundle, bool]:
    """The bundle of `generator` for the locked `task`, and whether it is new; then its place is random, as the project's seed decides."""
    bundles = {bundle.generator_id: bundle for bundle in BUNDLES.all(task=task.pk)}
    if generator.pk in bundles:
        return bundles[generator.pk], False
    places = [bundle.place for bundle in bundles.values()]
    rng = random.Random(f"{task.project.seed} place {task.external_id} {generator.slug}")
    place = place_bundle(places, max(generators, len(places) + 1), rng)
    bundle = Bundle(task=task, generator=generator, place=place)
    insert_row(bundle)
    return bundle, True


def make_or_compare(
    task: Task, bundle: Bundle, deliverable: Deliverable, sample: int, image: Image | None, there: Candidate | None
) -> WrittenCandidate:
    """A new, unsaved candidate of the locked task; or the row that is `there`, which takes the image only while it is staged."""
    if there is None:
        candidate = Candidate(
            project_id=task.project_id,
            bundle=bundle,
            deliverable=deliverable,
            sample=sample,
            is_submitted_sample=sample == 1,
            image=image,
            sort=(bundle.place << 8) | deliverable.number,
            lane=lane_of(0, task.category),
        )
        return WrittenCandidate(candidate=candidate, outcome=Outcome.CREATED)
    if image is None or there.image_id == image.pk:
        return WrittenCandidate(candidate=there, outcome=Outcome.UNCHANGED)
    if there.state != State.STAGED:
        return WrittenCandidate(candidate=there, outcome=Outcome.CONFLICT)
    there.image = image
    there.save(update_fields=["image"])
    return WrittenCandidate(candidate=there, outcome=Outcome.UPDATED)

"""Writing bundles: the candidates of one generator for one task, staged until the import is finished."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from labeling.data_in.problem import Outcome
from labeling.generators import KnownGenerator
from labeling.models import Bundle, Candidate, Deliverable, Generator, Image, State, Task, lane_of
from labeling.protocol.order import place_bundle

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
    fields = {"display_name": known.name, "api_price_usd": known.price_usd}
    generator, _created = Generator.objects.get_or_create(slug=known.slug, defaults=fields)
    return generator


@transaction.atomic
def write_bundle(task: Task, generator: Generator, pictures: Pictures, generators: int) -> WrittenBundle:
    """Write the candidates of `generator` for `task`, staged; what is there already is compared, never overwritten.

    `generators` is how many will deliver to the task, as far as known: their bundles are spread over the queue by it. A
    candidate that is still staged takes the new image. Raises ValueError for a deliverable the task does not have.
    """
    # Two imports at once would else both find the bundle missing, or choose places that are too close. Only the task is locked:
    # whoever answers holds a candidate and writes rows that point at the project.
    locked = Task.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=task.pk)
    bundle = find_or_place(locked, generator, generators)
    numbers = {row.number: row for row in locked.deliverables.filter(number__lte=locked.quantity)}
    if unknown := {number for number, _sample in pictures} - set(numbers):
        raise ValueError(f"task {task.external_id} has no deliverable {sorted(unknown)}; it has {len(numbers)}")
    there = {(row.deliverable_id, row.sample): row for row in bundle.candidates.select_for_update(no_key=True).order_by("pk")}
    written = [
        make_or_compare(locked, bundle, numbers[number], sample, image, there.get((numbers[number].pk, sample)))
        for (number, sample), image in sorted(pictures.items(), key=lambda item: item[0])
    ]
    Candidate.objects.bulk_create(item.candidate for item in written if item.outcome == Outcome.CREATED)
    return WrittenBundle(bundle=bundle, candidates=tuple(written))


def find_or_place(task: Task, generator: Generator, generators: int) -> Bundle:
    """The bundle of `generator` for the locked `task`; a new one gets a random place that the project's seed decides."""
    places = dict(Bundle.objects.filter(task=task).values_list("generator_id", "place"))
    if generator.pk in places:
        return Bundle.objects.get(task=task, generator=generator)
    rng = random.Random(f"{task.project.seed} place {task.external_id} {generator.slug}")
    place = place_bundle(list(places.values()), max(generators, len(places) + 1), rng)
    return Bundle.objects.create(task=task, generator=generator, place=place)


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

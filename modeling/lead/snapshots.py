"""What a snapshot holds and left out, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from judging.lead.words import name_concept
from judging.models import Judge
from labeling.models import Category, Generator, Project
from labeling.price_bands import PriceBand
from labeling.stored_texts import make_params, put_together
from modeling.lead.words import DROPS, PARTS, SOURCES, name_of, name_slice
from modeling.models import Snapshot, Split
from modeling.net.concepts import FEWEST_LABELS
from modeling.snapshots.filters import JUDGE, Filters

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LEARNED = ("train", "val", "test")
# Why a candidate is not there, or has no decision to learn from.
REASONS: Mapping[str, StrOrPromise] = {
    "withdrawn": gettext_lazy("withdrawn"),
    "staged": gettext_lazy("still being imported"),
    "no_image": gettext_lazy("without an image"),
    "undecided": gettext_lazy("not decided"),
    "old_image": gettext_lazy("decided about an image it no longer has"),
    "not_blind": gettext_lazy("decided with a suggestion on screen"),
    "adjudicated": gettext_lazy("not agreed on by two people"),
    "uncertain": gettext_lazy("uncertain after all answers"),
    "test_side": gettext_lazy("shares a photo or brief with the test side"),
    "split": gettext_lazy("has no place in this division"),
    "blind": gettext_lazy("blind"),
    "imported": gettext_lazy("imported"),
}

# What is said of a division (modeling/net/splits.py, which knows no Django), marked here for translation; a test holds the two together.
DIVISION_SENTENCES: tuple[str, ...] = (
    gettext_noop("No task is on a test side, so %(tasks)s were drawn to test on; other versions may have learned from them."),
    gettext_noop("%(generator)s was left out of training and is what is tested on."),
    gettext_noop("There are too few groups of tasks to validate on any."),
    gettext_noop("No task is left to train on."),
)


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """One part, or one slice of one: candidates in all (None for a slice), decisions to learn from or test on, accepted among them."""

    name: str
    candidates: int | None
    decided: int
    accepted: int

    @property
    def percent(self) -> float | None:
        """Accepted, in percent of the decided; None where nothing is."""
        return 100 * self.accepted / self.decided if self.decided else None


@dataclass(frozen=True, kw_only=True)
class SliceRow:
    """One category, price band or generator with its parts: training, validation and test."""

    kind: str
    name: str
    parts: Sequence[PartRow]


@dataclass(frozen=True, kw_only=True)
class ConceptRow:
    """One concept: how many candidates have a value, of how many it does not apply, and whether that is enough to learn it."""

    name: str
    values: int
    not_applicable: int
    is_enough: bool


def list_filters(wanted: Mapping[str, Any], project: Project) -> list[tuple[str, str]]:
    """(what, how) of each filter, in words."""
    filters = Filters.from_json(wanted)
    found = [
        (_("Decisions with a suggestion on screen"), say_assisted(filters)),
        (_("Left out"), name_of(DROPS, filters.drop)),
        (_("Concepts learned from"), say_source(filters.concepts, project)),
        (_("Division of tasks"), str(Split(filters.split).label)),
    ]
    if filters.split in (Split.LOGO, Split.LOGO_STRICT):
        found.append((_("Generator left out"), say_generator(filters.generator)))
    return found


def say_assisted(filters: Filters) -> str:
    """What becomes of decisions that a suggestion had part in."""
    if filters.blind_only:
        return _("left out")
    if filters.assisted_weight == 1:
        return _("count like all others")
    return _("count with a weight of %(weight)s") % {"weight": f"{filters.assisted_weight:g}"}


def say_source(concepts: str, project: Project) -> str:
    """Where targets of concepts come from."""
    if not concepts.startswith(JUDGE):
        return name_of(SOURCES, concepts)
    judge = Judge.objects.filter(project=project, public_id=UUID(concepts.removeprefix(JUDGE))).first()
    return str(judge) if judge else _("a judge that is not here")


def say_generator(slug: str) -> str:
    """The generator that a split leaves out."""
    if not slug:
        return _("the one with the most images")
    return Generator.objects.filter(slug=slug).values_list("display_name", flat=True).first() or slug


def list_parts(snapshot: Snapshot) -> list[PartRow]:
    """The parts of a snapshot."""
    counts = snapshot.counts
    labels, accepted = counts.get("labels", {}), counts.get("accepted", {})
    parts: Mapping[str, int] = counts.get("parts", {})
    return [
        PartRow(name=name_of(PARTS, part), candidates=parts[part], decided=labels.get(part, 0), accepted=accepted.get(part, 0))
        for part in PARTS
        if part in parts
    ]


def list_slices(snapshot: Snapshot) -> list[SliceRow]:
    """How decisions divide by category, price and generator."""
    found: Mapping[str, Mapping[str, Sequence[int]]] = snapshot.counts.get("divided", {})
    slugs = [code.partition(":")[2] for code in found if code.startswith("generator:")]
    names = dict(Generator.objects.filter(slug__in=slugs).values_list("slug", "display_name"))
    return [
        SliceRow(kind=code.partition(":")[0], name=name_slice(code, names), parts=[read_part(part, found[code]) for part in LEARNED])
        for code in sorted(found, key=place_slice)
    ]


def place_slice(code: str) -> tuple[int, int, str]:
    """Where a slice stands: categories, prices from low to high, generators."""
    kind, _colon, what = code.partition(":")
    orders = {"category": Category.values, "price": PriceBand.values}
    return ("category", "price", "generator").index(kind), orders[kind].index(what) if what in orders.get(kind, []) else 0, what


def read_part(part: str, parts: Mapping[str, Sequence[int]]) -> PartRow:
    """One part of a slice."""
    decided, accepted = parts.get(part, (0, 0))
    return PartRow(name=name_of(PARTS, part), candidates=None, decided=decided, accepted=accepted)


def list_reasons(snapshot: Snapshot, name: str) -> list[tuple[str, int]]:
    """(in words, how many) of one group of counts, most first."""
    found: Mapping[str, int] = snapshot.counts.get(name, {})
    return [(name_of(REASONS, code), count) for code, count in sorted(found.items(), key=lambda item: -item[1])]


def list_concepts(snapshot: Snapshot) -> list[ConceptRow]:
    """How many values each concept has in all parts."""
    values, absent = snapshot.counts.get("concepts", {}), snapshot.counts.get("not_applicable", {})
    return [
        ConceptRow(
            name=name_concept(concept),
            values=values.get(concept, 0),
            not_applicable=absent.get(concept, 0),
            is_enough=values.get(concept, 0) >= FEWEST_LABELS,
        )
        for concept in dict.fromkeys([*values, *absent])
    ]


def list_notes(snapshot: Snapshot) -> list[str]:
    """What a reader should know of how its tasks are divided."""
    return [put_together(note["text"], make_params(note["params"])) for note in snapshot.notes]


def list_count_cells(snapshot: Snapshot) -> Iterator[list[Any]]:
    """Every count of a snapshot as a file, each with the place it stands at."""
    yield from flatten(snapshot.counts, ())


def flatten(values: Any, place: tuple[str, ...]) -> Iterator[list[Any]]:
    """(place, value) of everything in nested counts; of [decided, accepted] each by itself."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from flatten(value, (*place, str(name)))
    elif isinstance(values, list):
        for name, value in zip(("decided", "accepted"), values, strict=True):
            yield ["/".join((*place, name)), value]
    else:
        yield ["/".join(place), values]

"""Which questions of a judge about bundles are still to be asked, and what was answered before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from judging.material import Material
from judging.models import Call, Judge, JudgeRun, Score
from judging.rubrics.base import Ask, AskingRubric, CannotAsk, Limits, Place, Why, hash_of

# What only a person reads.
HEAVY = ("system", "prompt", "sent", "reply", "earlier", "images", "sampling")
# A question as it is stored: its bundle, candidate (0 for the whole bundle), part, chunk and digest.
Key = tuple[int, int, str, int, str]


# Compared by identity: the material behind it is large.
@dataclass(frozen=True, kw_only=True, eq=False)
class Unit:
    """One part of one candidate, or of the whole bundle where `sample` is None: all its questions together make its scores.

    `inputs` is the hash of all that its scores are made from.
    """

    material: Material
    part: str
    sample: int | None
    inputs: str
    asks: tuple[Ask, ...] = ()
    why: Why | None = None


def list_units(rubric: AskingRubric, parts: Sequence[str], material: Material, limits: Limits) -> list[Unit]:
    """The units of a bundle in the order of the rubric, among them those that cannot be asked, with the reason."""
    asks: dict[tuple[str, int | None], list[Ask]] = defaultdict(list)
    units = []
    for item in rubric.ask(material, limits):
        if isinstance(item, CannotAsk):
            if item.place.part in parts:
                units.append(cannot_ask(material, item.place, item.why))
        elif item.part in parts:
            asks[item.part, item.sample].append(item)
    units += [
        Unit(material=material, part=part, sample=sample, asks=tuple(group), inputs=hash_of([ask.digest for ask in group]))
        for (part, sample), group in asks.items()
    ]
    return sorted(units, key=lambda unit: parts.index(unit.part))


def cannot_ask(material: Material, place: Place, why: Why) -> Unit:
    """A unit without a question."""
    pictures = [sample.picture.sha256 for sample in material.samples]
    inputs = hash_of([place.part, place.sample, why, material.task_version, pictures])
    return Unit(material=material, part=place.part, sample=place.sample, why=why, inputs=inputs)


def key_of(material: Material, ask: Ask) -> Key:
    """The key under which a call is looked for."""
    return material.key, ask.sample or 0, ask.part, ask.chunk, ask.digest


def find_calls(judge: Judge, bundles: Iterable[int]) -> dict[Key, Call]:
    """The calls that stand about these bundles."""
    rows = Call.objects.filter(judge=judge, bundle__in=list(bundles), superseded_at=None).defer(*HEAVY)
    return {(row.bundle_id, row.candidate_id or 0, row.part, row.chunk, row.digest): row for row in rows}


def find_scored(judge: Judge, bundles: Iterable[int]) -> dict[tuple[int, int, str], str]:
    """By bundle, candidate (0 for the whole bundle) and part: what the scores that stand were made from."""
    rows = Score.objects.filter(judge=judge, bundle__in=list(bundles), superseded_at=None)
    return {
        (bundle, candidate or 0, part): inputs
        for bundle, candidate, part, inputs in rows.values_list("bundle", "candidate", "part", "inputs")
    }


def is_scored(unit: Unit, scored: Mapping[tuple[int, int, str], str]) -> bool:
    """Whether the scores of the unit stand and are about what it is about now."""
    return scored.get((unit.material.key, unit.sample or 0, unit.part)) == unit.inputs


def left_to_ask(unit: Unit, calls: Mapping[Key, Call], run: JudgeRun) -> list[Ask]:
    """The questions of the unit without a reply; those with an unusable one as well where the run asks such again, each once."""
    return [ask for ask in unit.asks if (known := calls.get(key_of(unit.material, ask))) is None or asks_again(known, run)]


def asks_again(known: Call, run: JudgeRun) -> bool:
    """Whether a run asks again what came to this."""
    return run.retries_unusable and bool(known.why) and known.run_id != run.pk


def is_measured(material: Material, part: str, inputs: str, scored: Mapping[tuple[int, int, str], str]) -> bool:
    """Whether plain code has measured every candidate that is there, from what is there now."""
    return all(scored.get((material.key, sample.key, part)) == inputs for sample in material.samples)

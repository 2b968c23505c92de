"""Suggestions as JSONL: one line per model version and image, with the probability that the client would pay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labeling.data_in.candidate_list import TaskKey
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_object, read_int, read_number, read_object, read_text
from labeling.data_in.problem import ImportProblem, Line, Place, reject, warn
from labeling.generators import read_generator
from labeling.models import VERSION_LENGTH, Concept

# The longer names that ServImage's training files have for some of the sub-scores.
ALIASES = {
    "brf_overall_score": Concept.BRF,
    "cns_edit_consistency": Concept.CNS_EDIT,
    "cns_set_consistency": Concept.CNS_SET,
}
HIGHEST = 5
MOST_SAMPLES = 999


@dataclass(frozen=True, kw_only=True)
class SuggestionKey:
    """What a suggestion is about, in the words of the file."""

    model_version: str
    generator: str
    task_id: str
    deliverable: int
    sample: int


@dataclass(frozen=True, kw_only=True)
class SuggestionRow:
    """One suggestion: `p_accept` in [0, 1], `concepts` in [0, 5] by name, without those that do not apply."""

    key: SuggestionKey
    p_accept: float
    concepts: Mapping[str, float]
    place: Place


@dataclass(frozen=True, kw_only=True)
class SuggestionList:
    """The usable rows in the order of the file, and a line for each thing wrong with it."""

    rows: tuple[SuggestionRow, ...]
    lines: tuple[Line, ...]

    @property
    def versions(self) -> list[str]:
        """The model versions that speak here, in the order they first do."""
        return list(dict.fromkeys(row.key.model_version for row in self.rows))


def read_suggestions(values: Iterable[tuple[Place, object]], tasks: Mapping[str, TaskKey]) -> SuggestionList:
    """The suggestions among `values`, each read by itself; of two about the same thing the first one counts."""
    rows: dict[SuggestionKey, SuggestionRow] = {}
    lines: list[Line] = []
    for place, value in values:
        try:
            if isinstance(value, ImportProblem):
                raise value
            row = read_suggestion(value, tasks, place)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        first = rows.setdefault(row.key, row)
        if first is row:
            continue
        is_same = (first.p_accept, first.concepts) == (row.p_accept, row.concepts)
        other = first.place.line or 0
        lines.append(
            warn(Code.DUPLICATE_LABELS, row.place, other=other) if is_same else reject(Code.CONFLICTING_LABELS, row.place, other=other)
        )
    return SuggestionList(rows=tuple(rows.values()), lines=tuple(lines))


def read_suggestion(value: object, tasks: Mapping[str, TaskKey], place: Place) -> SuggestionRow:
    """One suggestion; raises ImportProblem with what is wrong with it and where."""
    record = check_object(value, place)
    version = read_text(record, "model_version", place, VERSION_LENGTH)
    name, task_id = read_text(record, "generator", place, 200), read_text(record, "task_id", place, 200)
    generator = read_generator(name, place.inside("generator"))
    place = place.at(record=f"{generator.slug}/{task_id}")
    if task_id not in tasks:
        raise ImportProblem(Code.UNKNOWN_TASK, place.inside("task_id"))
    deliverable = read_int(record, "deliverable", place, 1, tasks[task_id].quantity)
    sample = read_int(record, "sample", place, 1, MOST_SAMPLES) if "sample" in record else 1
    return SuggestionRow(
        key=SuggestionKey(model_version=version, generator=generator.slug, task_id=task_id, deliverable=deliverable, sample=sample),
        p_accept=read_number(record, "p_accept", place, 0, 1),
        concepts=read_concepts(read_object(record, "concepts", place), place.inside("concepts")) if record.get("concepts") else {},
        place=place.at(record=f"{place.record}/{deliverable}" + (f"#{sample}" if sample > 1 else "")),
    )


def read_concepts(concepts: Mapping[str, object], place: Place) -> dict[str, float]:
    """The concepts by their names here; null means that one does not apply. Raises ImportProblem for an unknown one."""
    found: dict[str, float] = {}
    for key, value in concepts.items():
        concept = ALIASES.get(key, key)
        if concept not in Concept.values:
            raise ImportProblem(Code.UNKNOWN_CONCEPT, place.inside(key), known=", ".join(Concept.values))
        if concept != key and concept in concepts:
            raise ImportProblem(Code.REPEATED_KEY, place.inside(key), key=str(concept))
        if value is not None:
            found[str(concept)] = read_number(concepts, key, place, 0, HIGHEST)
    return found

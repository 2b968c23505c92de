"""Scores as JSONL: one line per image with what a judge elsewhere made of it (docs/scores.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from judging.data_in.score_values import read_flags, read_points, read_scores_of, rubric_of
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_object, read_int, read_text
from labeling.data_in.json_text import find_repeated_keys, name_type
from labeling.data_in.label_file import SUBTASK
from labeling.data_in.manifest import MAX_SAMPLE
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line, reject, warn
from labeling.generators import KnownGenerator, read_generator

MAX_NAME = 200


@dataclass(frozen=True, kw_only=True)
class ScoredTask:
    """What the reader must know of a task of the project."""

    quantity: int
    points: int


@dataclass(frozen=True, kw_only=True)
class ScoreKey:
    """Which candidate a line is about, in the words of the file."""

    generator: str
    task_id: str
    deliverable: int
    sample: int = 1


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One line: `scores` by concept, None where one does not apply; `points` are those that this image meets, 1 or 0 each."""

    key: ScoreKey
    scores: Mapping[str, float | None]
    flags: Mapping[str, tuple[str, ...]]
    points: tuple[int, ...] | None
    rubric: str
    place: Place = field(compare=False)
    # The path of each score in the line.
    fields: Mapping[str, str] = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class ScoredBundle:
    """The lines about the images of one generator for one task, in the order of the file."""

    generator: str
    task_id: str
    rows: tuple[ScoreRow, ...]

    @property
    def record(self) -> str:
        """How reports name the bundle."""
        return f"{self.generator}/{self.task_id}"

    def values_of(self, concept: str) -> set[float | None]:
        """The different values that the lines have for `concept`; lines without it do not count."""
        return {row.scores[concept] for row in self.rows if concept in row.scores}


@dataclass(frozen=True, kw_only=True)
class ScoreList:
    """The usable lines by bundle, in the order of their names, the rubric they are told in, and a line for each thing that is wrong."""

    rubric: str
    bundles: tuple[ScoredBundle, ...]
    lines: tuple[Line, ...]


def read_scores(values: Iterable[tuple[Place, object]], tasks: Mapping[str, ScoredTask]) -> ScoreList:
    """The scores among `values`, each line read by itself; of two about the same image the first one counts.

    Raises ImportProblem where lines of two rubrics are mixed, for they would be two judges.
    """
    rows: dict[ScoreKey, ScoreRow] = {}
    lines: list[Line] = []
    for place, value in values:
        try:
            if isinstance(value, ImportProblem):
                raise value
            row = read_row(value, tasks, place)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        require_same_rubric(next(iter(rows.values()), row), row)
        first = rows.setdefault(row.key, row)
        if first is not row:
            lines.append(report_repeated(first, row))
    bundles, differing = group(list(rows.values()))
    return ScoreList(rubric=next((row.rubric for row in rows.values()), ""), bundles=bundles, lines=(*lines, *differing))


def require_same_rubric(first: ScoreRow, row: ScoreRow) -> None:
    """Raise ImportProblem if two lines are told in two rubrics."""
    if row.rubric != first.rubric:
        raise ImportProblem(Code.TWO_RUBRICS, row.place, other=first.place.line or 0)


def report_repeated(first: ScoreRow, row: ScoreRow) -> Line:
    """The line of the report for a line about an image that an earlier one is about."""
    other = first.place.line or 0
    if first == row:
        return warn(Code.DUPLICATE_LABELS, row.place, other=other)
    return reject(Code.CONFLICTING_LABELS, row.place, other=other)


def group(rows: Sequence[ScoreRow]) -> tuple[tuple[ScoredBundle, ...], list[Line]]:
    """The lines by bundle, and a conflict for each line of a bundle whose lines contradict each other in BRF: it is one score of all."""
    found: dict[tuple[str, str], list[ScoreRow]] = {}
    for row in rows:
        found.setdefault((row.key.generator, row.key.task_id), []).append(row)
    bundles = [ScoredBundle(generator=key[0], task_id=key[1], rows=tuple(found[key])) for key in sorted(found)]
    differing = [bundle for bundle in bundles if len(bundle.values_of("brf")) > 1]
    usable = tuple(bundle for bundle in bundles if len(bundle.values_of("brf")) <= 1)
    return usable, [line for bundle in differing for line in report_differing(bundle)]


def report_differing(bundle: ScoredBundle) -> list[Line]:
    """A conflict for each line of a bundle that has no single BRF."""
    told = ", ".join(str(row.place.line) for row in bundle.rows if "brf" in row.scores)
    return [
        make_line(Outcome.CONFLICT, Code.BRF_DIFFERS, row.place.at(field=row.fields.get("brf", row.place.field)), lines=told)
        for row in bundle.rows
    ]


def read_row(value: object, tasks: Mapping[str, ScoredTask], place: Place) -> ScoreRow:
    """One line; raises ImportProblem with what is wrong with it and where."""
    record = check_object(value, place)
    if repeated := find_repeated_keys(record):
        raise ImportProblem(Code.REPEATED_KEY, place, key=repeated[0])
    generator, task_id = read_model(record, place), read_text(record, "task_id", place, MAX_NAME)
    place = place.at(record=f"{generator.slug}/{task_id}")
    if task_id not in tasks:
        raise ImportProblem(Code.UNKNOWN_TASK, place.inside("task_id"))
    deliverable = read_deliverable(record, tasks[task_id].quantity, place)
    sample = read_int(record, "sample", place, 1, MAX_SAMPLE) if "sample" in record else 1
    place = place.at(record=f"{place.record}/{deliverable}" + (f"#{sample}" if sample > 1 else ""))
    told = read_scores_of(record, place)
    return ScoreRow(
        key=ScoreKey(generator=generator.slug, task_id=task_id, deliverable=deliverable, sample=sample),
        flags=read_flags(record, told, place),
        points=read_points(record, told, tasks[task_id].points, place),
        rubric=rubric_of(told),
        place=place,
        scores={concept: value for concept, (_place, value) in told.items()},
        fields={concept: at.field for concept, (at, _value) in told.items()},
    )


def read_model(record: Mapping[str, object], place: Place) -> KnownGenerator:
    """The generator of a line: `model` as ServImage's files have it, or `generator`."""
    if "model" in record and "generator" in record:
        raise ImportProblem(Code.REPEATED_KEY, place.inside("generator"), key="model")
    key = "generator" if "generator" in record else "model"
    return read_generator(read_text(record, key, place, MAX_NAME), place.inside(key))


def read_deliverable(record: Mapping[str, object], quantity: int, place: Place) -> int:
    """The number of the deliverable: `deliverable`, or `subtask` as a number or as `subtask_2`."""
    if "deliverable" in record or "subtask" not in record:
        return read_int(record, "deliverable", place, 1, quantity)
    value = record["subtask"]
    if isinstance(value, str):
        match = SUBTASK.fullmatch(value.strip())
        if match is None:
            raise ImportProblem(Code.WRONG_TYPE, place.inside("subtask"), wanted="number or subtask_1", found=name_type(value))
        value = int(match[1])
    return read_int({"subtask": value}, "subtask", place, 1, quantity)

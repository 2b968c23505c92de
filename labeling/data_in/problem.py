"""What an import says about the things it read: one line each, and the exception for what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any, Self

from labeling.data_in.codes import Code
from labeling.stored_texts import fill_in

Param = str | int
MAX_FILE, MAX_RECORD, MAX_FIELD, MAX_PARAM = 300, 200, 200, 300


class Outcome(StrEnum):
    """What became of one thing of an import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands: file inside the import, line from 1, record (a task id, a bundle), path of the field."""

    file: str = ""
    line: int | None = None
    record: str = ""
    field: str = ""

    def at(self, **changes: Any) -> Self:
        """The same place with some of its parts replaced."""
        return replace(self, **changes)

    def inside(self, key: str | int) -> Self:
        """The place of a value inside this field: `points[3].text`; lists count from 0 as in JSON paths."""
        step = f"[{key}]" if isinstance(key, int) else key
        dot = "." if self.field and isinstance(key, str) else ""
        return replace(self, field=f"{self.field}{dot}{step}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an import's report; `code` is None where nothing is wrong."""

    outcome: Outcome
    file: str = ""
    line: int | None = None
    record: str = ""
    field: str = ""
    code: Code | None = None
    params: Mapping[str, Param] = dataclass_field(default_factory=dict, hash=False)

    @property
    def reason(self) -> str:
        """What is wrong, as a sentence in the active language; empty where nothing is."""
        return render_reason(self.code, self.params) if self.code else ""

    def as_json(self) -> dict[str, Param | None]:
        """The line as a flat object for `--json` and for storage."""
        code = self.code.value if self.code else ""
        place = {"file": self.file, "line": self.line, "record": self.record, "field": self.field}
        return {"outcome": self.outcome.value, **place, "code": code, "reason": self.reason}


class ImportProblem(Exception):
    """Something that cannot be imported: a named problem, its place, and what was found there."""

    def __init__(self, code: Code, place: Place | None = None, **params: Param) -> None:
        super().__init__(code.value)
        self.code = code
        self.place = place or Place()
        self.params = params

    def __str__(self) -> str:
        reason = render_reason(self.code, self.params)
        return f"{self.where}: {reason}" if self.where else reason

    @property
    def where(self) -> str:
        """The place in one line; empty where it is the whole import."""
        return ", ".join(filter(None, [self.place.file, self.place.record, self.place.field]))

    def at(self, place: Place) -> ImportProblem:
        """The same problem with every part of its place that is still unknown taken from `place`."""
        mine = self.place
        merged = Place(
            file=mine.file or place.file,
            line=place.line if mine.line is None else mine.line,
            record=mine.record or place.record,
            field=mine.field or place.field,
        )
        return ImportProblem(self.code, merged, **self.params)

    def as_line(self, outcome: Outcome = Outcome.REJECTED) -> Line:
        """The report's line for this problem."""
        return make_line(outcome, self.code, self.place, **self.params)


def render_reason(code: Code, params: Mapping[str, Param]) -> str:
    """The sentence of `code` with `params` filled in, in the active language."""
    # A report outlives the sentence it was written for: what a later wording asks for and nobody noted is a question mark.
    return fill_in(str(code.label), params)


def make_line(outcome: Outcome, code: Code | None, place: Place, **params: Param) -> Line:
    """A line about what stands at `place`; names and paths made up by the file are cut to what the report's table holds."""
    return Line(
        outcome=outcome,
        file=_clip(place.file, MAX_FILE),
        line=place.line,
        record=_clip(place.record, MAX_RECORD),
        field=_clip(place.field, MAX_FIELD),
        code=code,
        params={key: _clip(value, MAX_PARAM) if isinstance(value, str) else value for key, value in params.items()},
    )


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def warn(code: Code, place: Place, **params: Param) -> Line:
    """A line about something that was read in spite of what is wrong with it."""
    return make_line(Outcome.WARNING, code, place, **params)


def reject(code: Code, place: Place, **params: Param) -> Line:
    """A line about something that was left out."""
    return make_line(Outcome.REJECTED, code, place, **params)

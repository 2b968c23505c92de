"""Stored replies as JSON lines, one reply a line: what is read by the backend `replay`, and what calls are exported as."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Number = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class RepliesProblem(ValueError):
    """A line that cannot be read; the message says which one, what is wrong, and what to do."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line}: {problem}")
        self.line = line


class PlaceName(BaseModel):
    """Which question of which bundle a reply answers, in words that mean the same everywhere.

    `generator` is None for what is asked about the task alone; `deliverable` is the number of the required image, None for what is asked
    about the whole bundle; `sample` is which of the generator's images for it, from 1.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    generator: Name | None = None
    task_id: Name
    deliverable: Number | None = None
    sample: Number = 1
    part: Name
    chunk: Number = 1


class ReplyLine(BaseModel):
    """One line: a reply, and the question by `digest` (Ask.digest), by its place, or both. `model` is the judge that said it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    generator: Name | None = None
    task_id: Name | None = None
    deliverable: Number | None = None
    sample: Number = 1
    part: Name | None = None
    chunk: Number = 1
    reply: str
    model: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def name_a_question(self) -> ReplyLine:
        """Raises ValueError where nobody could tell which question this answers."""
        if self.digest is None and (self.task_id is None or self.part is None):
            raise ValueError("it needs task_id and part, or digest, to say which question it answers")
        return self

    @property
    def keys(self) -> list[Key]:
        """What the reply is found by."""
        place = self.model_dump(include=set(PlaceName.model_fields))
        named = [PlaceName(**place)] if self.task_id is not None and self.part is not None else []
        return [*([self.digest] if self.digest else []), *named]


@dataclass(frozen=True)
class Stored:
    """A stored reply, the judge that said it, and the line it stands in."""

    reply: str
    model: str
    line: int


Key = str | PlaceName


def read_replies(lines: Iterable[str | bytes]) -> dict[Key, Stored]:
    """Every reply in a stream of JSON lines, by digest and by place; empty lines are passed over.

    Raises RepliesProblem at the first line that is not what it should be, or that answers a question otherwise than an earlier one.
    """
    found: dict[Key, Stored] = {}
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        line = read_line(number, text)
        for key in line.keys:
            known = found.setdefault(key, Stored(line.reply, line.model, number))
            if (known.reply, known.model) != (line.reply, line.model):
                raise RepliesProblem(number, f"another reply to the question of line {known.line}. Keep one of the two.")
    return found


def read_line(number: int, text: str | bytes) -> ReplyLine:
    """One line. Raises RepliesProblem."""
    try:
        # A byte order mark is what some editors begin a file with.
        return ReplyLine.model_validate_json(
            text.strip().removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix(b"\xef\xbb\xbf")
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        problem = f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")
        raise RepliesProblem(number, f"{problem}. Each line is one JSON object as docs/backends.md describes it.") from error


def write_reply_line(reply: str, *, digest: str | None = None, place: Mapping[str, Any] | None = None, model: str = "") -> str:
    """The line, with its line break, that reads back as this reply; `place` has the fields of PlaceName.

    Raises ValueError where neither `digest` nor `place` is given, or something is not of its type.
    """
    line = ReplyLine.model_validate({"digest": digest, **(place or {}), "reply": reply, "model": model})
    return json.dumps(line.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n"

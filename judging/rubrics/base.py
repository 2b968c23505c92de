"""What every rubric is made of: questions, their replies, and the scores made of them."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, Literal

from pydantic import BaseModel

from judging.material import Material, Picture


class Why(StrEnum):
    """Why there is no score: stored with NULL, never as a low score."""

    NOT_APPLICABLE = "not_applicable"  # the concept does not apply to this task, or there is no text in the picture
    NO_POINTS = "no_points"
    TOO_MANY_IMAGES = "too_many_images"  # more than the backend takes, however they are put together
    PICTURE_LOST = "picture_lost"
    NO_JSON = "no_json"
    WRONG_SHAPE = "wrong_shape"
    WRONG_COUNT = "wrong_count"
    OUT_OF_RANGE = "out_of_range"
    CUT_OFF = "cut_off"  # the reply ends in the middle
    REFUSED = "refused"
    REJECTED = "rejected"  # the server would not take this question
    UNAVAILABLE = "unavailable"  # no reply after all attempts
    NO_REPLY_STORED = "no_reply_stored"  # `replay` has none
    CANNOT_SPEAK = "cannot_speak"  # a measure without a model has nothing to say about this concept


class Unusable(Exception):
    """A reply from which no value can be read; `why` is stored, `detail` says in a few words what was found."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else str(why))
        self.why, self.detail = why, detail[:300]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a backend takes in one request: so many pictures, of at most so many pixels on the longer side (None: the rubric's size)."""

    pictures: int = 8
    side_px: int | None = None


# How the pictures of a question are sent: each by itself, or as one sheet with the number of each written beside it.
Layout = Literal["each", "sheet"]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question to a model, or a part of one: `chunk` counts from 1 where the pictures do not fit into one request.

    `sample` is the key of the candidate it is about, None for the whole bundle. The pictures are sent in this order, before `prompt`,
    each (or the whole sheet of them) at most `side_px` on its longer side; `samples` says which candidates they show, where that
    matters. `schema` is what the reply must fit, and `parse` makes JSON-ready data of a reply, or raises Unusable.
    """

    part: str
    sample: int | None
    chunk: int = 1
    chunks: int = 1
    pictures: tuple[Picture, ...]
    samples: tuple[int, ...] = ()
    side_px: int
    layout: Layout = "each"
    system: str
    prompt: str
    schema: type[BaseModel]
    parse: Callable[[str], dict[str, Any]] = field(compare=False, repr=False)
    # For backends that read the probability off the logits of the next token: these two words, the one that means yes first.
    yes_no: tuple[str, str] | None = None
    max_tokens: int = 1024

    @property
    def place(self) -> Place:
        """Which question this is within its bundle."""
        return Place(part=self.part, sample=self.sample, chunk=self.chunk)

    @property
    def image_hashes(self) -> list[str]:
        """The SHA-256 of each original shown, in order."""
        return [picture.sha256 for picture in self.pictures]

    @cached_property
    def prompt_hash(self) -> str:
        """SHA-256 over everything that is asked but the pictures."""
        return hash_of([self.system, self.prompt, self.layout, self.side_px, self.max_tokens, self.yes_no, hash_schema(self.schema)])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the whole question, pictures included: asked again it is the same question."""
        return hash_of([self.part, self.prompt_hash, self.image_hashes])


@cache
def hash_schema(schema: type[BaseModel]) -> str:
    """SHA-256 of the JSON schema of a reply; making one takes longer than everything else about a question."""
    return hash_of(schema.model_json_schema())


def hash_of(value: Any) -> str:
    """SHA-256 of `value` as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which question of a bundle: its part, the candidate (None: the whole bundle) and the chunk."""

    part: str
    sample: int | None
    chunk: int = 1


@dataclass(frozen=True, kw_only=True)
class CannotAsk:
    """A question that will not be asked, and why; `place.chunk` is 1."""

    place: Place
    why: Why


@dataclass(frozen=True, kw_only=True)
class Value:
    """One score of a candidate, or of the whole bundle where `sample` is None.

    `value` is None where there is none, with the reason in `why`. `comment` is the judge's own words; `detail` is JSON-ready: flags,
    points met, numbers behind the value.
    """

    concept: str
    sample: int | None
    value: float | None
    why: Why | None = None
    comment: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)


# What became of a question: what `Ask.parse` gave, or why there is nothing.
Outcome = dict[str, Any] | Why


class Rubric(ABC):
    """How bundles are judged, by a model or by plain code.

    `version` rises with every change that may change a score; `concepts` are the names of what it gives.
    """

    name: str
    version: int
    concepts: tuple[str, ...]
    asks_model: bool
    # Concepts told per bundle rather than per candidate.
    of_bundle: frozenset[str] = frozenset()

    @abstractmethod
    def list_parts(self) -> tuple[str, ...]:
        """The parts of the rubric; a run may leave some out."""

    def concepts_of(self, part: str) -> tuple[str, ...]:
        """The concepts that a part gives: the one of its name, or all."""
        return (part,) if part in self.concepts else self.concepts


class AskingRubric(Rubric):
    """One that asks a model: questions first, then scores of what became of them."""

    asks_model = True

    @abstractmethod
    def ask(self, material: Material, limits: Limits) -> list[Ask | CannotAsk]:
        """Every question about `material` that `limits` allow, in a fixed order, and those they do not."""

    @abstractmethod
    def score(self, material: Material, part: str, sample: int | None, outcomes: list[Outcome]) -> list[Value]:
        """The values of one part of one candidate (or bundle) from the outcomes of its chunks, in order."""


class MeasuringRubric(Rubric):
    """One of plain code, which has one part."""

    asks_model = False

    @abstractmethod
    def measure(self, material: Material) -> Iterable[Value]:
        """Every value of `material`."""

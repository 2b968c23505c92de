"""Reading the JSON answer out of a raw reply, and the building blocks of the models it must fit.

Bounds are checked here and never sent: strict servers refuse a schema with `minimum` or `maximum`, and one that accepts it need not
keep to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from judging.rubrics.base import Unusable, Why

Model = TypeVar("Model", bound=BaseModel)
JsonObject = dict[str, Any]
LONGEST_REASON = 600
BOUND_ERRORS = {"out_of_range", "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}
# Models put line breaks into strings, which JSON forbids.
DECODER = json.JSONDecoder(strict=False)
# A string as one token, so that its braces do not count; it may be one in which the text ends.
STRING_OR_BRACE = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
FENCE = re.compile(r"```json[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
# An object with its first field: another answer, not a lone brace.
ANSWER_BEGINS = re.compile(r'\{\s*"')
# The end of a text that was cut, maybe within a number or a word, with the fence that may still follow.
CUT_WORD = re.compile(r"[\w.+-]*[\s`]*\Z")
# More braces that are never closed than any prose has; each costs a look at all that follows.
MOST_STRAY = 50
# What a model thinks aloud may hold drafts of the answer.
THOUGHT = re.compile(r"\A.*</think>", re.DOTALL)
REFUSALS = re.compile(
    r"\bI(?:['’]m| am) (?:very |so |really )?(?:sorry|unable|not able|not comfortable)\b"
    r"|\bI (?:can(?:no|['’])t|cannot|won['’]t|will not|must decline|have to decline|decline)\b"
    r"|\b(?:sorry|apologi[sz]e)\b.*\b(?:can(?:no|['’])t|cannot|unable)\b"
    r"|抱歉|对不起|很遗憾|拒绝|(?:无法|不能|不便|不会).{0,20}?(?:协助|帮助|帮忙|提供|评估|评价|评分|判断|回答|处理|满足|完成)",
    re.IGNORECASE | re.DOTALL,
)


class JsonReply(BaseModel):
    """A model of a reply: exactly its fields, all of them, each of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def within(low: float, high: float) -> AfterValidator:
    """A bound for a number of a reply that does not show in its JSON schema; NaN is outside."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise PydanticCustomError("out_of_range", "must be from {low} to {high}", {"low": low, "high": high})
        return value

    return AfterValidator(check)


def tidy(text: str) -> str:
    """`text` on one line without control characters, which databases refuse, and not endlessly long."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST_REASON]


Reason = Annotated[str, AfterValidator(tidy)]


def read_json(reply: str, model: type[Model]) -> Model:
    """The JSON object in `reply` that fits `model`, be it alone, fenced or with prose around it.

    Prose may quote a picture, made to be quoted: where several objects that differ look like the answer none is taken, unless one is
    fenced as JSON. Raises Unusable: WRONG_SHAPE for two answers, CUT_OFF where nothing fits and the last object (or the thinking) never
    ends, or where another answer begins there, WRONG_SHAPE or OUT_OF_RANGE for the first object that does not fit, REFUSED where there
    is none and the text says that it will not answer, else NO_JSON.
    """
    text = THOUGHT.sub("", reply)
    if text.lstrip().startswith("<think>"):
        raise Unusable(Why.CUT_OFF, "ends while thinking")
    fenced, _misfits = sort_out(read_fences(text), model)
    if fenced:
        return take_one(fenced, 0)
    objects, open_end = find_objects(text)
    fitting, misfits = sort_out(objects, model)
    if open_end and (not fitting or ANSWER_BEGINS.match(open_end)):
        raise Unusable(Why.CUT_OFF, tidy(open_end[-80:]))
    if fitting:
        # One that has all the fields, if with a wrong value, may be the real answer.
        return take_one(fitting, sum(found.keys() == model.model_fields.keys() for found, _error in misfits))
    if misfits:
        raise _unusable(misfits[0][1])
    raise Unusable(Why.REFUSED if REFUSALS.search(text) else Why.NO_JSON, tidy(text))


def sort_out(objects: Iterable[JsonObject], model: type[Model]) -> tuple[list[Model], list[tuple[JsonObject, ValidationError]]]:
    """The objects that fit `model`, as such, and those that do not, each with what is wrong."""
    fitting, misfits = [], []
    for found in objects:
        try:
            fitting.append(model.model_validate(found))
        except ValidationError as error:
            misfits.append((found, error))
    return fitting, misfits


def take_one(fitting: Sequence[Model], rivals: int) -> Model:
    """What all of `fitting` say. Raises Unusable where they differ, or where there are `rivals`, which look like answers as well."""
    if rivals or any(other != fitting[0] for other in fitting):
        raise Unusable(Why.WRONG_SHAPE, "two answers")
    return fitting[0]


def read_fences(text: str) -> Iterator[JsonObject]:
    """The objects that are the whole content of a block fenced as JSON."""
    for fence in FENCE.finditer(text):
        try:
            found = DECODER.decode(fence[1])
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def find_objects(text: str) -> tuple[list[JsonObject], str]:
    """The JSON objects in `text`, outermost ones only, in order, and the end of `text` from a last one that never ends ('' if it does).

    What merely looks like an object is passed over, and so is a brace in prose that is never closed again.
    """
    found: list[JsonObject] = []
    at, open_end, stray = text.find("{"), "", 0
    while at >= 0:
        try:
            value, end = DECODER.raw_decode(text, at)
            found.append(value)
            open_end = ""
        except (ValueError, RecursionError) as error:
            closed = find_end(text, at)
            open_end, stray = ("", stray) if closed else (text[at:], stray + 1)
            if not closed and (is_cut(text, error) or stray > MOST_STRAY):
                # Whatever is complete inside is a part of it.
                break
            end = closed or at + 1
        at = text.find("{", end)
    return found, open_end


def is_cut(text: str, error: ValueError | RecursionError) -> bool:
    """Whether all was JSON up to the end of `text`, so that it was cut there; else the brace was one in prose."""
    if not isinstance(error, json.JSONDecodeError):
        return True
    return error.msg.startswith("Unterminated string") or CUT_WORD.match(text, error.pos) is not None


def find_end(text: str, start: int) -> int | None:
    """Where the brace at `start` is closed again, braces within strings not counted; None where it never is."""
    depth = 0
    for token in STRING_OR_BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return None


def _unusable(error: ValidationError) -> Unusable:
    """Out of range where nothing else is wrong."""
    errors = error.errors(include_url=False, include_input=False)
    why = Why.OUT_OF_RANGE if {item["type"] for item in errors} <= BOUND_ERRORS else Why.WRONG_SHAPE
    first = errors[0]
    return Unusable(why, tidy(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))

"""Reading the JSON answer out of a raw reply, and the building blocks of the models it must fit.

Bounds are checked here and never sent: strict servers refuse a schema with `minimum` or `maximum`, and one that accepts it need not
keep to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from judging.rubrics.base import Unusable, Why

Model = TypeVar("Model", bound=BaseModel)
LONGEST_REASON = 600
BOUND_ERRORS = {"out_of_range", "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}
# Models put line breaks into strings, which JSON forbids.
DECODER = json.JSONDecoder(strict=False)
# A string as one token, so that its braces do not count; it may be one in which the text ends.
STRING_OR_BRACE = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
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
    """The first complete JSON object in `reply` that fits `model`, be it alone, fenced or with prose around it.

    Raises Unusable: CUT_OFF where an object (or the thinking before it) begins and never ends, WRONG_SHAPE or OUT_OF_RANGE where the
    first one does not fit and no other does, REFUSED where there is none and the text says that it will not answer, else NO_JSON.
    """
    text, misfit = THOUGHT.sub("", reply), None
    if text.lstrip().startswith("<think>"):
        raise Unusable(Why.CUT_OFF, "ends while thinking")
    for found in find_objects(text):
        try:
            return model.model_validate(found)
        except ValidationError as error:
            misfit = misfit or error
    if misfit:
        raise _unusable(misfit)
    raise Unusable(Why.REFUSED if REFUSALS.search(text) else Why.NO_JSON, tidy(text))


def find_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in `text`, outermost ones only, in order; what merely looks like one is passed over.

    Raises Unusable(CUT_OFF) at an object that never ends.
    """
    at = text.find("{")
    while at >= 0:
        try:
            found, end = DECODER.raw_decode(text, at)
            yield found
        except (ValueError, RecursionError):
            end = find_end(text, at)
        at = text.find("{", end)


def find_end(text: str, start: int) -> int:
    """Where the brace at `start` is closed again, braces within strings not counted. Raises Unusable(CUT_OFF) where it never is."""
    depth = 0
    for token in STRING_OR_BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    raise Unusable(Why.CUT_OFF, tidy(text[-80:]))


def _unusable(error: ValidationError) -> Unusable:
    """Out of range where nothing else is wrong."""
    errors = error.errors(include_url=False, include_input=False)
    why = Why.OUT_OF_RANGE if {item["type"] for item in errors} <= BOUND_ERRORS else Why.WRONG_SHAPE
    first = errors[0]
    return Unusable(why, tidy(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))

"""Reading JSON without trusting it: exact decimals, no NaN, repeated keys noticed, every failure a named problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NoReturn

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Place

MAX_LINE_BYTES = 1_000_000
# No record needs more; deeper nesting would only exhaust whatever walks it later.
MAX_DEPTH = 40

UNSTORABLE = re.compile("[\0\ud800-\udfff]")

TYPE_NAMES = {dict: "object", list: "list", str: "text", bool: "true or false", int: "number", Decimal: "number", type(None): "null"}


class JsonObject(dict[str, object]):
    """A JSON object that remembers which keys were repeated, and which of those with different values."""

    repeated: frozenset[str] = frozenset()
    contradicted: frozenset[str] = frozenset()


def _make_object(pairs: list[tuple[str, object]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) < len(pairs):
        seen: dict[str, object] = {}
        repeated, contradicted = set(), set()
        for key, value in pairs:
            if key in seen:
                repeated.add(key)
                # 1 == true in Python, but they are different labels.
                if seen[key] != value or type(seen[key]) is not type(value):
                    contradicted.add(key)
            seen.setdefault(key, value)
        made.repeated, made.contradicted = frozenset(repeated), frozenset(contradicted)
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def parse_json(data: bytes, place: Place) -> object:
    """The value in `data`: objects are `JsonObject`, numbers with a point `Decimal`.

    Raises ImportProblem for text that is not UTF-8 and for anything that is not JSON.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportProblem(Code.BAD_ENCODING, place) from error
    try:
        value = json.loads(text, object_pairs_hook=_make_object, parse_float=Decimal, parse_constant=_refuse_constant)
    # Brackets nested thousands deep; numbers of thousands of digits; exponents no Decimal can hold.
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise ImportProblem(Code.BAD_JSON, place, error=str(error)) from error
    if any(depth > MAX_DEPTH for depth, _ in _walk(value)):
        raise ImportProblem(Code.BAD_JSON, place, error=f"nested deeper than {MAX_DEPTH}")
    return value


def _walk(value: object) -> Iterator[tuple[int, object]]:
    """Every value inside `value`, keys included, with its depth; a loop, because nesting is what it guards against."""
    stack = [(0, value)]
    while stack:
        depth, item = stack.pop()
        yield depth, item
        if isinstance(item, dict):
            stack += [(depth + 1, part) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            stack += [(depth + 1, part) for part in item]


def find_repeated_keys(value: object) -> list[str]:
    """The keys that stand more than once in one of the objects inside `value`; the last value is the one read."""
    return sorted({key for _, item in _walk(value) if isinstance(item, JsonObject) for key in item.repeated})


def check_storable(value: object, place: Place) -> None:
    """Raise ImportProblem where a text in `value` holds NUL or half of a surrogate pair, which no database stores."""
    for _, item in _walk(value):
        if isinstance(item, str) and UNSTORABLE.search(item):
            raise ImportProblem(Code.BAD_CHARACTERS, place)


def read_json_lines(stream: BinaryIO, place: Place) -> Iterator[tuple[Place, object | ImportProblem]]:
    """Each line's place and value, or the problem that line has; blank lines are left out, line numbers count them."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        here = place.at(line=number)
        if len(line) > MAX_LINE_BYTES:
            yield here, ImportProblem(Code.LINE_TOO_LONG, here, limit=MAX_LINE_BYTES)
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            continue
        if line.strip():
            try:
                value = parse_json(line, here)
                check_storable(value, here)
                yield here, value
            except ImportProblem as problem:
                yield here, problem


def name_type(value: object) -> str:
    """What JSON calls the type of `value`."""
    return TYPE_NAMES.get(dict if isinstance(value, dict) else type(value), "value")

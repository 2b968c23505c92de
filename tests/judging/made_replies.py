"""Replies that fit a JSON schema, made by walking it: no model is asked, and what they say means nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

# Scores fit every rubric so; fields with another range, and those that count the things in a list.
SCORES, RANGES = (1, 5), {"probability": (0, 1)}
NUMBERED = {"image", "point"}


def make_reply(schema: Mapping[str, Any], rng: Random | None = None, lengths: Mapping[str, int] | None = None) -> str:
    """A reply that fits `schema`, as JSON; `lengths` says how long the lists of some fields are, for counts that a schema does not tell."""
    return json.dumps(Walk(root=schema, rng=rng or Random(0), lengths=lengths or {}).make(schema), ensure_ascii=False)


def read_lengths(prompt: str) -> dict[str, int]:
    """How long lists shall be, as the prompts of the rubrics say it: '"images" has 3' or 'one entry for each of the 3 pictures'."""
    told = {name: int(count) for name, count in re.findall(r'"(\w+)" has (\d+)', prompt)}
    pictures = re.findall(r"one entry for each of the (\d+) pictures", prompt)
    return {**told, **({"images": int(pictures[-1])} if pictures else {})}


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One walk down a schema."""

    root: Mapping[str, Any]
    rng: Random
    lengths: Mapping[str, int] = field(default_factory=dict)

    def make(self, schema: Mapping[str, Any], name: str = "", number: int = 1) -> Any:
        """A value for `schema`, which is for the field `name` of the thing that is `number` in its list."""
        if "$ref" in schema:
            return self.make(self.root["$defs"][schema["$ref"].rsplit("/", 1)[1]], name, number)
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            # A value rather than null, which comes last.
            return self.make(choices[0], name, number)
        if "const" in schema or "enum" in schema:
            return self.rng.choice(schema.get("enum") or [schema["const"]])
        if schema["type"] == "object":
            return {key: self.make(part, key, number) for key, part in schema.get("properties", {}).items()}
        if schema["type"] == "array":
            count = self.lengths.get(name, self.rng.randint(1, 3))
            return [self.make(schema["items"], name, place) for place in range(1, count + 1)]
        return number if name in NUMBERED else self.make_scalar(schema, name)

    def make_scalar(self, schema: Mapping[str, Any], name: str) -> Any:
        """A string, number, truth value or null."""
        low, high = RANGES.get(name, SCORES)
        made = {
            "string": lambda: "Looks right. 看起来没问题。",
            "integer": lambda: self.rng.randint(low, high),
            "number": lambda: self.rng.randint(low * 10, high * 10) / 10,
            "boolean": lambda: self.rng.random() < 0.5,
            "null": lambda: None,
        }
        return made[schema["type"]]()

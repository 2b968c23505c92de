"""How a model is held to JSON: by a strict schema, by a JSON mode, or by words alone, whichever the server takes."""

from __future__ import annotations

import json
import re
import threading
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel

JsonMode = Literal["schema", "object", "none"]
WEAKER: dict[JsonMode, JsonMode] = {"schema": "object", "object": "none"}
# What servers that cannot constrain a reply complain about. Each words it in its own way; vLLM speaks of structured outputs and grammars.
ABOUT_FORMAT = re.compile(r"response_?format|json_?_?(schema|object|mode)|structured.?output|guided|grammar|\bschema\b", re.IGNORECASE)
IN_WORDS = "\n\nReply with one JSON object and nothing else. It must fit this JSON schema:\n"


class Modes:
    """The strongest mode that the server is known to take; what it refused is not tried again in the life of a backend."""

    def __init__(self, first: JsonMode) -> None:
        self._mode = first
        self._lock = threading.Lock()

    @property
    def mode(self) -> JsonMode:
        """The mode to ask in."""
        return self._mode

    def weaken(self, refused: JsonMode, problem: str) -> bool:
        """Whether `problem`, with which a request in mode `refused` was turned down, is about the mode and there is a weaker one."""
        if refused not in WEAKER or not ABOUT_FORMAT.search(problem):
            return False
        with self._lock:
            # Questions side by side are refused together: they take one step, not one each.
            if self._mode == refused:
                self._mode = WEAKER[refused]
        return True


def response_format(schema: type[BaseModel], mode: JsonMode) -> dict[str, Any]:
    """The part of a request that constrains the reply; empty for `none`."""
    if mode == "none":
        return {}
    if mode == "object":
        return {"response_format": {"type": "json_object"}}
    described = {"name": schema.__name__[:64], "strict": True, "schema": describe(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


def words_for(schema: type[BaseModel], mode: JsonMode) -> str:
    """What the prompt says about the form of the reply where the server is not told; empty for `schema`."""
    return "" if mode == "schema" else IN_WORDS + json.dumps(describe(schema), ensure_ascii=False)


@lru_cache(maxsize=128)
def describe(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema; made once for each class."""
    return schema.model_json_schema()

"""Columns that are read hundreds of thousands of times, in the form that costs the least to take over from the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField


class Parsed(Func):
    """A JSON value of which there are few different ones; each is parsed once, so nobody may change it."""

    function, arity = None, 1
    template = "CAST(%(expressions)s AS text)"
    output_field = TextField()

    def get_db_converters(self, _connection: BaseDatabaseWrapper) -> list[Callable[..., Any]]:
        """What parses the text of the value."""
        return [lambda text, _expression, _connection: parse_json(text)]


@lru_cache(maxsize=1_000)
def parse_json(text: str) -> Any:
    """The value that `text` says."""
    return orjson.loads(text)

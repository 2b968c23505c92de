"""What a format makes of one page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


@dataclass(kw_only=True)
class Lines:
    """The rows of a page, the entries of the manifest's list of what is incomplete, and counts to be summed over the pages."""

    rows: list[bytes] = field(default_factory=list)
    incomplete: list[bytes] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def render_line(value: dict[str, Any]) -> bytes:
    """`value` as one line of JSON: UTF-8, keys in the order given, times in UTC."""
    return orjson.dumps(value, option=OPTIONS)

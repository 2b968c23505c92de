"""What a format makes of one page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from labeling.models import Image

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to go into an archive under `name`."""

    name: str
    image: Image


@dataclass(kw_only=True)
class Lines:
    """The rows of a page, its pictures, entries of the manifest's list of what is incomplete, counts to be summed over the pages.

    Pictures are only named here: a page of them at once would be hundreds of megabytes.
    """

    rows: list[bytes] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    incomplete: list[bytes] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def render_line(value: dict[str, Any]) -> bytes:
    """`value` as one line of JSON: UTF-8, keys in the order given, times in UTC."""
    return orjson.dumps(value, option=OPTIONS)

"""Whether a quoted passage occurs in a text, and where."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

# A single letter occurs in every text.
SHORTEST = 2


class Span(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: int
    end: int


# The passages of one order are looked for one after the other.
@lru_cache(maxsize=64)
def squeeze(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` without blanks and invisible characters and in one width, and for each character left its place in `text`.

    Decomposed and not composed (NFKD for NFKC): texts are equal in one exactly if they are in the other, and this one can be made one
    character at a time, so that the places are known.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in unicodedata.normalize("NFKD", character):
            if not (letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf")):
                letters.append(letter)
                places.append(place)
    return "".join(letters), tuple(places)


def find_quote(text: str, quote: str) -> Span | None:
    """Where `quote` stands in `text` for the first time, widths and blanks aside.

    None where it does not, or is too short to say anything.
    """
    wanted, _places = squeeze(quote)
    there, places = squeeze(text)
    at = there.find(wanted) if len(wanted) >= SHORTEST else -1
    return None if at < 0 else Span(places[at], places[at + len(wanted) - 1] + 1)


def split_marked(text: str, quotes: Iterable[str]) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is part of one of `quotes`; quotes that overlap or touch make one piece."""
    spans = sorted(span for quote in quotes if (span := find_quote(text, quote)))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for span in join_spans(spans):
        pieces += [(text[end : span.start], False), (text[span.start : span.end], True)]
        end = span.end
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Sorted `spans` with those that overlap or touch made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined

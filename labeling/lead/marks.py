"""What differs between two texts, line by line and in each line word by word; Chinese character by character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"[A-Za-z0-9_.,%$]+|\s+|.", re.DOTALL)
# Beyond these a line is marked whole: words of long or unlike lines that happen to be equal tell nobody anything.
MOST_WORDS = 1_000
LEAST_ALIKE = 0.4


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a line that is on both sides, or `is_marked`: only on this one."""

    text: str
    is_marked: bool


@dataclass(frozen=True, kw_only=True)
class MarkedLine:
    """One line of one side."""

    pieces: list[Piece]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(piece.text for piece in self.pieces)


Sides = tuple[list[MarkedLine], list[MarkedLine]]


def mark_lines(old: Sequence[str], new: Sequence[str]) -> Sides:
    """The lines of both sides with what is only on one of them marked."""
    before: list[MarkedLine] = []
    after: list[MarkedLine] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        both = min(end - start, new_end - new_start) if tag == "replace" else 0
        pairs = [mark_words(one, other) for one, other in zip(old[start : start + both], new[new_start : new_start + both], strict=True)]
        before += [pair[0] for pair in pairs] + [whole(text, tag != "equal") for text in old[start + both : end]]
        after += [pair[1] for pair in pairs] + [whole(text, tag != "equal") for text in new[new_start + both : new_end]]
    return before, after


def mark_words(old: str, new: str) -> tuple[MarkedLine, MarkedLine]:
    """One line before and after; marked whole where the two have little in common."""
    words, new_words = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(None, words, new_words, autojunk=False)
    if max(len(words), len(new_words)) > MOST_WORDS or matcher.ratio() < LEAST_ALIKE:
        return whole(old, True), whole(new, True)
    before: list[Piece] = []
    after: list[Piece] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        before += piece("".join(words[start:end]), tag != "equal")
        after += piece("".join(new_words[new_start:new_end]), tag != "equal")
    return MarkedLine(pieces=before), MarkedLine(pieces=after)


def piece(text: str, is_marked: bool) -> list[Piece]:
    """A piece, or none of an empty text."""
    return [Piece(text=text, is_marked=is_marked)] if text else []


def whole(text: str, is_marked: bool) -> MarkedLine:
    """A line in one piece."""
    return MarkedLine(pieces=[Piece(text=text, is_marked=is_marked)])

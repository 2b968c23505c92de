"""Where imported files come from: a folder the server may read or an uploaded zip, behind one read-only view."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, reject

# Written by file managers, never by people.
IGNORED_PARTS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git"})
MAX_NAME = 300
MAX_PART_BYTES = 255


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an import may hold; sizes in bytes, uncompressed."""

    entries: int = 250_000
    total_bytes: int = 64 * 1024**3
    depth: int = 12
    # Real pictures hardly compress and JSON stays under 30:1; deflate itself ends at 1,032:1.
    ratio: int = 200
    ratio_from_bytes: int = 64 * 1024


DEFAULT_LIMITS = Limits()


class SourceTree(Protocol):
    """Files by relative name with `/` between folders. What was refused is in `problems`, everything else can be read."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all readable files, sorted."""

    @property
    def problems(self) -> tuple[Line, ...]:
        """One line per refused file."""

    def __contains__(self, name: object, /) -> bool:
        """Whether `name` is a readable file."""

    @property
    def place(self) -> str:
        """The folder these files lie in, where each has a stamp; empty for files that have none."""

    def stamp(self, name: str) -> str | None:
        """What changes when the file does, as far as can be seen without reading it: size and time. None for files without a time."""

    def settled_stamp(self, name: str) -> str | None:
        """The stamp of a file that has been read since; None if it may not be that of what was read."""

    def size(self, name: str) -> int:
        """Bytes of the file, as its directory entry says. Raises KeyError for a name not in `names`."""

    def open(self, name: str) -> BinaryIO:
        """The file for reading; never more than `size` bytes come out. Raises ImportProblem where it cannot be read."""


def read_file(tree: SourceTree, name: str, limit: int) -> bytes:
    """The whole file `name`. Raises ImportProblem if it is larger than `limit` bytes, is not there or cannot be read."""
    place = Place(file=name)
    if name not in tree:
        raise ImportProblem(Code.MISSING_FILE, place)
    if tree.size(name) > limit:
        raise ImportProblem(Code.FILE_TOO_LARGE, place, size=tree.size(name), limit=limit)
    with tree.open(name) as stream:
        return stream.read(limit)


def is_ignored(name: str) -> bool:
    """Whether `name` is litter of a file manager, left out without a word."""
    return not IGNORED_PARTS.isdisjoint(PurePosixPath(name).parts)


def check_name(name: str, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raise ImportProblem unless `name` is a plain relative path: no `..`, drive, backslash or control character."""
    place = Place(file=show_name(name))
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name or name[1:2] == ":":
        raise ImportProblem(Code.UNSAFE_NAME, place)
    # Control characters, and halves of surrogate pairs that stand for bytes that were no UTF-8.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise ImportProblem(Code.UNSAFE_NAME, place)
    if len(name) > MAX_NAME or any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        raise ImportProblem(Code.NAME_TOO_LONG, place, limit=MAX_NAME)
    if len(parts) > limits.depth:
        raise ImportProblem(Code.TOO_DEEP, place, limit=limits.depth)


def show_name(name: str) -> str:
    """`name` as it can be stored and printed: control characters escaped, at most `MAX_NAME` characters."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
    return escaped if len(escaped) <= MAX_NAME else escaped[: MAX_NAME - 1] + "…"


def drop_same_names(names: Iterable[str]) -> tuple[list[str], list[Line]]:
    """`names` sorted, without those equal to an earlier one but for case or Unicode form, and a line for each of these."""
    kept: dict[str, str] = {}
    lines = []
    for name in sorted(names):
        key = unicodedata.normalize("NFC", name).casefold()
        if key in kept:
            lines.append(reject(Code.SAME_NAME, Place(file=name), other=kept[key]))
        else:
            kept[key] = name
    return sorted(kept.values()), lines

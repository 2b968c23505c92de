"""A folder of the server as a source; only under the roots the operator allows, and without following links."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, reject
from labeling.data_in.sources import DEFAULT_LIMITS, Limits, check_name, drop_same_names, is_ignored, show_name

# A file as young as this may change once more without its time telling.
SETTLED_NS = 3 * 10**9


def make_stamp(status: os.stat_result) -> str:
    """Bytes and time of a file: `<bytes> <nanoseconds>`."""
    return f"{status.st_size} {status.st_mtime_ns}"


def find_allowed(path: Path | str, roots: Iterable[Path]) -> Path:
    """Where `path` really is, which must be in one of `roots` after every link in it is followed; roots may be links.

    Raises ImportProblem for anything outside, there or not: the answer tells no stranger what the server holds.
    """
    try:
        real = Path(path).resolve()
        allowed = any(real.is_relative_to(Path(root).resolve()) for root in roots)
    # resolve() raises RuntimeError for a loop of links and ValueError for a NUL.
    except (OSError, RuntimeError, ValueError):
        allowed = False
    if not allowed:
        raise ImportProblem(Code.NOT_ALLOWED, path=show_name(str(path)))
    return real


class FolderTree:
    """All regular files under `root`; links, devices and unsafe names are refused one by one.

    Raises ImportProblem if `root` is no folder or holds more files or bytes than `limits` allows.
    """

    def __init__(self, root: Path | str, limits: Limits = DEFAULT_LIMITS) -> None:
        self.root = Path(root).resolve()
        self._limits = limits
        if not self.root.is_dir():
            raise ImportProblem(Code.NOT_A_FOLDER, path=show_name(str(root)))
        self._refused: list[Line] = []
        self._listed_ns = time.time_ns()
        statuses = self._collect()
        kept, same = drop_same_names(statuses)
        self._sizes = {name: statuses[name].st_size for name in kept}
        self._stamps = {name: make_stamp(statuses[name]) for name in kept}
        self.place = str(self.root)
        self.names = tuple(kept)
        self.problems = (*self._refused, *same)

    def __contains__(self, name: object) -> bool:
        return name in self._sizes

    def stamp(self, name: str) -> str | None:
        """Bytes and time of `name` when the tree was listed: `<bytes> <nanoseconds>`."""
        return self._stamps[name]

    def settled_stamp(self, name: str) -> str | None:
        """The stamp of `name` when the tree was listed; None if it was young then, or is another one by now.

        Asked after the file was read: with the same stamp before and after, what was read is what the stamp is of.
        """
        stamp = self._stamps[name]
        try:
            is_same = stamp == make_stamp((self.root / name).lstat())
        except OSError:
            return None
        return stamp if is_same and self._listed_ns - int(stamp.partition(" ")[2]) > SETTLED_NS else None

    def size(self, name: str) -> int:
        """Bytes of `name` when the tree was listed."""
        return self._sizes[name]

    def open(self, name: str) -> BinaryIO:
        """`name` for reading. Raises ImportProblem if it became a link or left the folder since it was listed."""
        place = Place(file=name)
        if name not in self._sizes:
            raise ImportProblem(Code.MISSING_FILE, place)
        path = self.root / name
        try:
            if path.resolve() != path:
                raise ImportProblem(Code.SYMLINK, place)
            # Between resolve and open the last part could still turn into a link; O_NONBLOCK: or into a pipe.
            return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError as error:
            raise ImportProblem(Code.UNREADABLE, place) from error

    def _collect(self) -> dict[str, os.stat_result]:
        statuses: dict[str, os.stat_result] = {}
        total = 0
        for name, status in self._walk(self.root, ""):
            statuses[name] = status
            total += status.st_size
            if len(statuses) > self._limits.entries:
                raise ImportProblem(Code.TOO_MANY_ENTRIES, limit=self._limits.entries)
            if total > self._limits.total_bytes:
                raise ImportProblem(Code.TOTAL_TOO_LARGE, limit=self._limits.total_bytes)
        return statuses

    def _walk(self, folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
        """Names and sizes of the regular files; `check_name` bounds the depth of this recursion."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            self._refused.append(reject(Code.UNREADABLE, Place(file=show_name(prefix))))
            return
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if is_ignored(name):
                continue
            try:
                check_name(name, self._limits)
                status = entry.stat(follow_symlinks=False)
            except ImportProblem as problem:
                self._refused.append(problem.as_line())
            except OSError:
                self._refused.append(reject(Code.UNREADABLE, Place(file=show_name(name))))
            else:
                yield from self._sort_entry(entry, name, status)

    def _sort_entry(self, entry: os.DirEntry[str], name: str, status: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
        if stat.S_ISLNK(status.st_mode):
            self._refused.append(reject(Code.SYMLINK, Place(file=name)))
        elif stat.S_ISDIR(status.st_mode):
            yield from self._walk(Path(entry.path), f"{name}/")
        elif stat.S_ISREG(status.st_mode):
            yield name, status
        else:
            self._refused.append(reject(Code.NOT_A_FILE, Place(file=name)))

"""Storing the pictures of an import before its rows are written, some of them ahead and in threads.

Decoding and rendering take nearly all the time of an import and need no database, so they run beside it. Whatever asks the
database stays in the thread of the job.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, warn
from labeling.data_in.seen_files import SeenFiles
from labeling.data_in.sources import SourceTree, read_file
from labeling.image_store import find_images, keep_known, record_images, store_files
from labeling.images import MAX_BYTES, ImageFacts, check_image, matches_extension
from labeling.models import Image

# One more than there are processors, because each also waits for the disk to have its original. A picture of 40 megapixels takes
# some 300 MB while it is rendered.
THREADS = min(4, 1 + (os.cpu_count() or 1))
# Enough to keep the threads busy while rows are written, and few enough for their bytes to fit into memory.
AHEAD = 2 * THREADS
# Looked up by one statement.
AT_ONCE = 4

# The row of a picture that was stored before, or the facts of one that has no row yet.
Kept = Image | ImageFacts
# Waits for one picture. Raises ImportProblem where it cannot be used.
Waiting = Callable[[], Kept]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One file that a unit needs; `record` is what the report calls its place there, `sha256` what it must be, None for anything."""

    tree: SourceTree
    file: str
    record: str
    sha256: str | None = None


class Read(NamedTuple):
    """The bytes of a picture and their SHA-256."""

    data: bytes
    sha256: str


@contextmanager
def begin_ahead(pictures: Iterable[Picture], *, dry_run: bool) -> Iterator[Iterator[tuple[Picture, Waiting]]]:
    """Each of `pictures` in order with what waits for it; at most `AHEAD` are begun and not yet handed out.

    A dry run checks every picture and stores none.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="pictures") as pool:
        try:
            yield hand_out(pool, pictures, dry_run)
        finally:
            pool.shutdown(cancel_futures=True)


def hand_out(pool: Executor, pictures: Iterable[Picture], dry_run: bool) -> Iterator[tuple[Picture, Waiting]]:
    """Begin pictures ahead of those that are handed out."""
    begun: deque[tuple[Picture, Waiting]] = deque()
    rest = iter(pictures)
    while some := list(islice(rest, AT_ONCE)):
        begun.extend(zip(some, begin(pool, some, dry_run), strict=True))
        while len(begun) >= AHEAD:
            yield begun.popleft()
    yield from begun


def begin(pool: Executor, pictures: Sequence[Picture], dry_run: bool) -> list[Waiting]:
    """Read some pictures and let threads check and store those that were not stored before."""
    read = [read_picture(picture) for picture in pictures]
    known = find_images({found.sha256 for found in read if isinstance(found, Read)})
    return [
        partial(refuse, found) if isinstance(found, ImportProblem) else begin_one(pool, found.data, known.get(found.sha256), dry_run)
        for found in read
    ]


def read_picture(picture: Picture) -> Read | ImportProblem:
    """The bytes of one picture, or why it cannot be used."""
    try:
        data = read_file(picture.tree, picture.file, MAX_BYTES)
    except ImportProblem as problem:
        return problem
    sha256 = hashlib.sha256(data).hexdigest()
    return Read(data, sha256) if picture.sha256 in (None, sha256) else ImportProblem(Code.HASH_DIFFERS)


def begin_one(pool: Executor, data: bytes, known: Image | None, dry_run: bool) -> Waiting:
    """Let a thread check and store a picture, unless it is `known`."""
    if known is None:
        return pool.submit(check_image if dry_run else store_files, data).result
    return lambda: known if dry_run else keep_known(known, data)


def refuse(problem: ImportProblem) -> Kept:
    """Raise `problem` where the picture is waited for."""
    raise problem


def wait_for(begun: Iterable[tuple[Picture, Waiting]], seen: SeenFiles | None = None) -> tuple[dict[str, Kept], list[Line]]:
    """The pictures that can be used, by file, and a line for each that cannot or is not what its name says; noted in `seen`."""
    kept: dict[str, Kept] = {}
    lines: list[Line] = []
    for picture, waiting in begun:
        place = Place(file=picture.file, record=picture.record)
        try:
            kept[picture.file] = found = waiting()
        except ImportProblem as problem:
            lines.append(problem.at(place).as_line())
            continue
        if seen is not None:
            seen.note(picture.file, found.sha256)
        if not matches_extension(picture.file, found.format):
            lines.append(warn(Code.EXTENSION_DIFFERS, place, format=found.format))
    return kept, lines


def find_rows(kept: dict[str, Kept]) -> dict[str, Image]:
    """The row of each picture, made where there is none yet; in a dry run the transaction around it undoes that."""
    rows = record_images([picture for picture in kept.values() if isinstance(picture, ImageFacts)])
    return {file: rows[picture.sha256] if isinstance(picture, ImageFacts) else picture for file, picture in kept.items()}

"""The unfinished files of an export, and making them final.

Each attempt of a job writes to a folder of its own beside the final place: a worker that was taken for dead may still be writing to
its old one. What is final is read-only, and appears by one rename.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

FINAL_MODE = 0o440


def new_part(folder: Path, owner: str) -> Path:
    """The path of a new part folder of `owner` (the id of a job) in the export folder; nothing is made yet."""
    return folder / f".part-{owner}-{secrets.token_hex(4)}"


def make_part(part: Path) -> None:
    """Make the part folder and the folders above it, for this account alone."""
    part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.mkdir(mode=0o700)


def append_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Add `lines` at the end of `path`, safe against a power failure; return the size of the file."""
    with path.open("ab") as file:
        file.writelines(lines)
        return flush(file)


def flush(file: BinaryIO) -> int:
    """Put what was written on the disk; return where in the file that ends."""
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def copy_start(source: Path, target: Path, size: int) -> bool:
    """Make `target` the first `size` bytes of `source`; False if it does not have that many, or is gone."""
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    if target.stat().st_size < size:
        return False
    os.truncate(target, size)
    return True


def publish(source: Path, target: Path) -> None:
    """Make `source` the final, read-only `target` by one rename that survives a power failure."""
    source.chmod(FINAL_MODE)
    source.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def discard_parts(folder: Path, owner: str) -> None:
    """Remove every part folder of `owner`, and the export folder if it was made for that job alone and is empty."""
    for part in folder.glob(f".part-{owner}-*"):
        shutil.rmtree(part, ignore_errors=True)
    if folder.name == owner and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""The part files of an export in the making: rows, what is incomplete, and for an archive what is in it.

Each file only ever grows at its end. So the sizes at the end of a page are all that is needed to go on after it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from labeling.data_out.formats import Format
from labeling.data_out.lines import Lines
from labeling.data_out.parts import append_lines, flush
from labeling.data_out.pictures import read_picture
from labeling.data_out.stored_zip import add_member, end_archive

ROWS, INCOMPLETE, ARCHIVE, DIRECTORY = "rows", "incomplete", "archive", "directory"


def part_names(chosen: Format) -> list[str]:
    """The part files that an export in this format has, all empty at first."""
    return [ROWS, INCOMPLETE, *([ARCHIVE, DIRECTORY] if chosen.archive else [])]


def append_page(chosen: Format, part: Path, lines: Lines, written: int) -> dict[str, int]:
    """Add what was made of one page after `written` rows; return the sizes of the part files, which are on the disk by then.

    Raises JobFailed if a picture is not in the storage any more.
    """
    sizes = {
        ROWS: append_lines(part / ROWS, chosen.framing.frame(lines.rows, written)),
        INCOMPLETE: append_lines(part / INCOMPLETE, lines.incomplete),
    }
    if chosen.archive:
        members = ((picture.name, io.BytesIO(read_picture(picture))) for picture in lines.pictures)
        sizes |= append_members(part, members)
    return sizes


def append_members(part: Path, members: Iterable[tuple[str, BinaryIO]]) -> dict[str, int]:
    """Add files to the archive; return the sizes of the two part files it consists of."""
    with (part / ARCHIVE).open("ab") as archive, (part / DIRECTORY).open("ab") as directory:
        for name, content in members:
            add_member(archive, directory, name, content)
        return {ARCHIVE: flush(archive), DIRECTORY: flush(directory)}


def complete(chosen: Format, part: Path, written: int) -> Path:
    """Add what stands at the end of the data file, `written` rows being in it, and return the part file that it is."""
    append_lines(part / ROWS, chosen.framing.end(written))
    if chosen.archive is None:
        return part / ROWS
    with (part / ROWS).open("rb") as rows:
        append_members(part, [(chosen.archive.rows, rows), *((name, io.BytesIO(data)) for name, data in chosen.archive.extra.items())])
    with (part / ARCHIVE).open("ab") as archive, (part / DIRECTORY).open("rb") as directory:
        end_archive(archive, directory)
        flush(archive)
    return part / ARCHIVE

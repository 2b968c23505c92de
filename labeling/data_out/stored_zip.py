"""A zip archive written member by member, so that a job can stop after any of them and go on (PKWARE's APPNOTE 6.3.10).

Members are stored, not compressed: pictures are compressed already. No time but the first the format knows is written, so that the
same members are the same bytes. What zipfile keeps in memory until the end is a file of its own here, the directory.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

CHUNK = 1 << 20
# From here on a size, a place or a number goes into the 64-bit field that zip got later, and this one is filled with ones.
LIMIT, COUNT_LIMIT = 0xFFFFFFFF, 0xFFFF
PLAIN, ZIP64 = 20, 45
UTF8, STORED, MADE_ON_UNIX = 0x800, 0, 3
MIDNIGHT, FIRST_DAY = 0, 0x21
MODE = 0o100644 << 16
LOCAL, CENTRAL = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
END64, LOCATOR, END = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL"), struct.Struct("<4s4H2LH")


def add_member(archive: BinaryIO, directory: BinaryIO, name: str, content: BinaryIO) -> None:
    """Add the file `content` (read twice from its start) to the end of `archive` as `name`, and its entry to `directory`."""
    crc, size = measure(content)
    encoded, offset = name.encode(), archive.tell()
    local_extra, (local_size,) = spill([size])
    if local_extra:
        # A local header has both sizes or neither.
        local_extra = struct.pack("<2H2Q", 1, 16, size, size)
    central_extra, (shown_size, shown_packed, shown_offset) = spill([size, size, offset])
    about = (ZIP64 if central_extra else PLAIN, UTF8, STORED, MIDNIGHT, FIRST_DAY, crc)
    archive.write(LOCAL.pack(b"PK\3\4", *about, local_size, local_size, len(encoded), len(local_extra)) + encoded + local_extra)
    while block := content.read(CHUNK):
        archive.write(block)
    made_by, lengths = MADE_ON_UNIX << 8 | about[0], (len(encoded), len(central_extra), 0)
    header = CENTRAL.pack(b"PK\1\2", made_by, *about, shown_packed, shown_size, *lengths, 0, 0, MODE, shown_offset)
    directory.write(header + encoded + central_extra)


def measure(content: BinaryIO) -> tuple[int, int]:
    """The CRC-32 and size in bytes of a file, which then stands at its start again."""
    crc = size = 0
    content.seek(0)
    while block := content.read(CHUNK):
        crc, size = zlib.crc32(block, crc), size + len(block)
    content.seek(0)
    return crc, size


def spill(values: list[int]) -> tuple[bytes, list[int]]:
    """The zip64 field for those of `values` that are too large for theirs, empty for none; and what their own fields say."""
    large = [value for value in values if value >= LIMIT]
    extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    return extra, [0xFFFFFFFF if value >= LIMIT else value for value in values]


def end_archive(archive: BinaryIO, directory: BinaryIO) -> None:
    """Make `archive` whole: add its directory (read from its start) and what says where that is."""
    start, count = archive.tell(), count_entries(directory)
    directory.seek(0)
    while block := directory.read(CHUNK):
        archive.write(block)
    size = archive.tell() - start
    if count >= COUNT_LIMIT or max(start, size) >= LIMIT:
        end = archive.tell()
        archive.write(END64.pack(b"PK\6\6", END64.size - 12, MADE_ON_UNIX << 8 | ZIP64, ZIP64, 0, 0, count, count, size, start))
        archive.write(LOCATOR.pack(b"PK\6\7", 0, end, 1))
        count, size, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    archive.write(END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0))


def count_entries(directory: BinaryIO) -> int:
    """How many members a directory names."""
    directory.seek(0)
    count = 0
    while header := directory.read(CENTRAL.size):
        name, extra = CENTRAL.unpack(header)[10:12]
        directory.seek(name + extra, 1)
        count += 1
    return count

"""An uploaded zip archive as a source. Members are streamed; nothing is ever extracted by its name."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO, cast

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place
from labeling.data_in.sources import DEFAULT_LIMITS, Limits, check_name, drop_same_names, is_ignored, show_name

ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# zipfile holds about 1 kB per entry in memory, so the directory is bounded before it is parsed.
DIRECTORY_BYTES_PER_ENTRY = 160
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class ZipTree:
    """All plain files of an archive; every entry that is unsafe by name, kind or size is refused by itself.

    Raises ImportProblem if the archive cannot be read, its entries overlap, or it holds more than `limits` allows.
    """

    place = ""

    def __init__(self, archive: Path | str | BinaryIO, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        stream = Path(archive).open("rb") if isinstance(archive, Path | str) else archive  # noqa: SIM115  closed by close()
        self._stream = _BoundedReads(stream, limits.entries * DIRECTORY_BYTES_PER_ENTRY)
        try:
            self._zip = zipfile.ZipFile(cast(IO[bytes], self._stream))
        except BROKEN as error:
            stream.close()
            code = Code.TOO_MANY_ENTRIES if self._stream.exceeded else Code.NOT_A_ZIP
            raise ImportProblem(code, limit=limits.entries) from error
        self._check_whole(stream)
        refused: list[Line] = []
        accepted = [info for info in self._zip.infolist() if self._accept(info, refused)]
        if sum(info.file_size for info in accepted) > limits.total_bytes:
            raise ImportProblem(Code.TOTAL_TOO_LARGE, limit=limits.total_bytes)
        kept, same = drop_same_names(info.filename for info in accepted)
        first = {info.filename: info for info in reversed(accepted)}
        self._infos = {name: first[name] for name in kept}
        self.names = tuple(kept)
        self.problems = (*refused, *same)

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def stamp(self, _name: str) -> str | None:
        """None: whoever packs an archive chooses its times."""
        return None

    def settled_stamp(self, _name: str) -> str | None:
        """None, as for `stamp`."""
        return None

    def size(self, name: str) -> int:
        """Uncompressed bytes of `name` as the archive's directory says; reading ends there whatever is packed."""
        return self._infos[name].file_size

    def open(self, name: str) -> BinaryIO:
        """`name` for reading; a damaged member raises ImportProblem while it is read."""
        if name not in self._infos:
            raise ImportProblem(Code.MISSING_FILE, Place(file=name))
        try:
            member = self._zip.open(self._infos[name])
        except BROKEN as error:
            raise ImportProblem(Code.UNREADABLE, Place(file=name)) from error
        return cast(BinaryIO, io.BufferedReader(_Member(member, name)))

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()
        self._stream.close()

    def _check_whole(self, stream: BinaryIO) -> None:
        infos = self._zip.infolist()
        if len(infos) > self._limits.entries:
            raise ImportProblem(Code.TOO_MANY_ENTRIES, limit=self._limits.entries)
        # Entries that share their bytes make bombs of any ratio out of plain deflate.
        if sum(info.compress_size for info in infos) > stream.seek(0, io.SEEK_END):
            raise ImportProblem(Code.OVERLAPPING_ENTRIES)

    def _accept(self, info: zipfile.ZipInfo, refused: list[Line]) -> bool:
        if info.is_dir() or is_ignored(info.filename):
            return False
        try:
            self._check_entry(info)
        except ImportProblem as problem:
            refused.append(problem.as_line())
            return False
        return True

    def _check_entry(self, info: zipfile.ZipInfo) -> None:
        # `filename` ends at the first NUL; what stands behind it must not go unseen.
        check_name(info.orig_filename, self._limits)
        place = Place(file=show_name(info.filename))
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise ImportProblem(Code.SYMLINK, place)
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise ImportProblem(Code.NOT_A_FILE, place)
        if info.flag_bits & ENCRYPTED:
            raise ImportProblem(Code.ENCRYPTED, place)
        ratio = info.file_size // max(info.compress_size, 1)
        if ratio > self._limits.ratio and info.file_size > self._limits.ratio_from_bytes:
            raise ImportProblem(Code.COMPRESSION_RATIO, place, ratio=ratio, limit=self._limits.ratio)
        if info.compress_type not in METHODS:
            raise ImportProblem(Code.BAD_COMPRESSION, place)


class _BoundedReads(io.RawIOBase):
    """A file that refuses single reads above `limit`: zipfile reads the whole directory in one."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._limit, self.exceeded = stream, limit, False

    def read(self, size: int = -1, /) -> bytes:
        if size > self._limit:
            self.exceeded = True
            raise OSError(f"a read of {size} bytes is above the limit of {self._limit}")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Member(io.RawIOBase):
    """A member whose damage shows as ImportProblem, however zipfile calls it."""

    def __init__(self, member: IO[bytes], name: str) -> None:
        self._member, self._name = member, name

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._member.read(len(buffer))
        except BROKEN as error:
            raise ImportProblem(Code.UNREADABLE, Place(file=self._name)) from error
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._member.close()
        super().close()

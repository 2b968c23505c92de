"""What stands around the rows of a text file, so that rows can be added page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Framing:
    """A text file is `head`, the rows with `between` before each but the first, and `tail`; every row ends its own line."""

    head: bytes = b""
    between: bytes = b""
    tail: bytes = b""

    def frame(self, rows: Sequence[bytes], written: int) -> Iterator[bytes]:
        """The bytes to add for `rows` where `written` rows are in the file already."""
        for number, row in enumerate(rows, start=written):
            yield self.between if number else self.head
            yield row

    def end(self, written: int) -> Iterator[bytes]:
        """The bytes to add after the last row; a file without rows is nothing but its frame."""
        if not written:
            yield self.head
        yield self.tail


JSON_LINES = Framing()
JSON_ARRAY = Framing(head=b"[\n", between=b",", tail=b"]\n")

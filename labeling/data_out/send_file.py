"""Sending a file that never changes: whole, in part, or not at all because the other side has it (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


class Slice:
    """The bytes of an open file from `start` up to `stop`, as a file that ends there."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        file.seek(start)
        self.file, self.left = file, stop - start

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end of the slice."""
        block = self.file.read(min(size, self.left))
        self.left -= len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Download(FileResponse):
    """A file response that reads in larger blocks."""

    block_size = 1 << 16


def send_file(request: HttpRequest, path: Path, name: str, sha256: str, content_type: str) -> HttpResponseBase:
    """The file at `path`, to be saved as `name`; `sha256` is its ETag. Raises FileNotFoundError.

    A range is served if it is a single one and `If-Range`, if sent, names this very file. Several ranges get the whole file.
    """
    etag = f'"{sha256}"'
    size = path.stat().st_size
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        wanted = None
        if request.method == "GET" and request.headers.get("If-Range", etag) == etag:
            wanted = read_range(request.headers.get("Range", ""), size)
        response = send_range(path, name, wanted, size, content_type)
    response.headers["ETag"] = etag
    response.headers["Accept-Ranges"] = "bytes"
    # A proxy that compressed it would make the ETag and every range wrong.
    response.headers["Cache-Control"] = "private, no-transform"
    return response


def read_range(header: str, size: int) -> range | None:
    """The bytes that a Range header asks of a file of `size`; empty if it has none of them, None if the header is to be ignored."""
    match = ONE_RANGE.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return range(max(0, size - int(match[2])), size)
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return range(min(int(match[1]), size), min(int(match[2]) + 1, size) if match[2] else size)


def send_range(path: Path, name: str, wanted: range | None, size: int, content_type: str) -> HttpResponseBase:
    """200 with the whole file for None, 206 with the part `wanted`, 416 if that is empty."""
    if wanted is None:
        return Download(path.open("rb"), as_attachment=True, filename=name, content_type=content_type)
    if not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = Slice(path.open("rb"), wanted.start, wanted.stop)
    response = Download(part, as_attachment=True, filename=name, content_type=content_type, status=206)
    response.headers["Content-Length"] = str(len(wanted))
    response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    return response

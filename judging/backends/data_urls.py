"""The pictures of a question as data URLs; questions that show the same ones share the work."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future

from judging.rubrics.base import Ask

SIGNATURES = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"RIFF", "webp"))


class DataUrls:
    """Remembers the pictures of the last few questions, since the parts of a rubric ask about the same ones, often at the same time."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Future[tuple[str, ...]]] = OrderedDict()

    def get(self, ask: Ask) -> tuple[str, ...]:
        """One data URL for each picture that is sent. Raises PictureLost."""
        # What else a question says has no part in how its pictures are made, but the numbers on a sheet may.
        key = (tuple(ask.image_hashes), ask.side_px, ask.layout, ask.samples)
        with self._lock:
            future, mine = self._made.get(key), False
            if future is None:
                future, mine = Future(), True
                self._made[key] = future
            self._made.move_to_end(key)
            while len(self._made) > self._keep:
                self._made.popitem(last=False)
        if mine:
            self._make(key, future, ask)
        return future.result()

    def _make(self, key: Hashable, future: Future[tuple[str, ...]], ask: Ask) -> None:
        """Make the URLs for everybody who waits for `future`, or fail for all of them."""
        try:
            future.set_result(tuple(make_data_url(data) for data in encode(ask)))
        except BaseException as error:
            with self._lock:
                self._made.pop(key, None)
            future.set_exception(error)
            raise


def encode(ask: Ask) -> list[bytes]:
    """The picture files to send, in order."""
    # Pillow is slow to import, and a process that only plans runs sends no picture.
    from judging.pictures import encode_pictures

    return encode_pictures(ask)


def make_data_url(data: bytes) -> str:
    """A picture file as a data URL. Raises ValueError where it is no PNG, JPEG or WebP."""
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    raise ValueError(f"A picture to send begins with {data[:4]!r}; it must be PNG, JPEG or WebP.")

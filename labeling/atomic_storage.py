"""A folder as storage in which a file is either whole or absent."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible
class AtomicFileStorage(FileSystemStorage):
    """Writes beside the name and renames: neither a crash nor a second process ever leaves half a file under a name.

    Saving a name again replaces it, as object stores do. What a killed process left is called `*.part` and may be deleted.
    Names that begin with `lasting` are on the disk before `save` returns. A power cut may leave others empty, never half.
    """

    def __init__(self, *args: Any, lasting: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "allow_overwrite": True})
        self.lasting = lasting

    def _save(self, name: str, content: File[Any]) -> str:
        part = f"{name}.{uuid4().hex}.part"
        try:
            super()._save(part, content)  # type: ignore[misc]  # the stubs leave out what storages override
            if name.startswith(self.lasting):
                flush_to_disk(self.path(part))
            os.replace(self.path(part), self.path(name))
        finally:
            # Gone after the rename; still there if the disk was full.
            self.delete(part)
        return name


def flush_to_disk(path: str) -> None:
    """Wait until the disk has the file: a row that names it may be committed before the system would write it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Where an import job reads from, as its parameters say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage

from labeling.data_in.codes import Code
from labeling.data_in.folder_source import FolderTree, find_allowed
from labeling.data_in.problem import ImportProblem, Place
from labeling.data_in.sources import SourceTree, show_name
from labeling.data_in.zip_source import ZipTree

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open source: its files, and the manifest among them that lists candidates, None where folders do."""

    tree: SourceTree
    manifest: str | None


@contextmanager
def open_source(source: Mapping[str, Any]) -> Iterator[Source]:
    """Open the files an import reads: a folder, a zip, or a manifest with the files below its folder.

    `source` is {"path": …} (named on the command line by an operator), {"folder": …} (named in the browser, which must lie
    under SERVIMAGE_IMPORT_ROOTS) or {"upload": …} (a zip in the storage). Raises ImportProblem if it cannot be read.
    """
    path = find_path(source)
    if path is None or (path.is_file() and path.suffix.lower() == ".zip"):
        with open_file(source, path) as stream:
            tree: SourceTree = ZipTree(stream)
            yield Source(tree=tree, manifest=find_manifest(tree))
    elif path.is_file():
        yield Source(tree=FolderTree(path.parent), manifest=path.name)
    else:
        tree = FolderTree(path)
        yield Source(tree=tree, manifest=find_manifest(tree))


@contextmanager
def open_label_file(source: Mapping[str, Any]) -> Iterator[tuple[str, BinaryIO]]:
    """Open the one file of a label import, as (name, stream); `source` as for `open_source`, but of a file."""
    path = find_path(source)
    with open_file(source, path) as stream:
        yield show_name(path.name if path else source.get("name", "upload")), stream


def find_path(source: Mapping[str, Any]) -> Path | None:
    """Where the source lies on this machine; None for an upload. Raises ImportProblem for what may not be read from the browser."""
    if "upload" in source:
        return None
    return Path(source["path"]) if "path" in source else find_allowed(source["folder"], settings.IMPORT_ROOTS)


@contextmanager
def open_file(source: Mapping[str, Any], path: Path | None) -> Iterator[BinaryIO]:
    """The file at `path`, or the upload that `source` names, which lies in the private storage."""
    place = Place(file=show_name(str(path.name if path else source.get("name", "upload"))))
    try:
        stored = path.open("rb") if path else default_storage.open(source["upload"])
    except (FileNotFoundError, IsADirectoryError):
        raise ImportProblem(Code.MISSING_FILE, place) from None
    except OSError as error:
        raise ImportProblem(Code.UNREADABLE, place) from error
    with stored:
        yield stored  # type: ignore[misc]  # Django's File reads and seeks like the stream it wraps


def find_manifest(tree: SourceTree) -> str | None:
    """The manifest at the top of `tree`, or in its only top folder; None if there is none."""
    found = [name for name in tree.names if name == MANIFEST or (name.endswith(f"/{MANIFEST}") and name.count("/") == 1)]
    return found[0] if len(found) == 1 else None

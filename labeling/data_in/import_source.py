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
from labeling.data_in.folder_source import FolderTree, open_allowed_folder
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
    """Open the files an import reads.

    `source` is {"path": …} (a folder, zip or manifest an operator named on the command line), {"folder": …} (a folder that
    somebody named in the browser, which must lie under SERVIMAGE_IMPORT_ROOTS) or {"upload": …} (a zip in the storage).
    Raises ImportProblem if it cannot be read.
    """
    if "upload" in source:
        with open_upload(source["upload"]) as stream:
            tree: SourceTree = ZipTree(stream)
            yield Source(tree=tree, manifest=find_manifest(tree))
        return
    if "folder" in source:
        tree = open_allowed_folder(source["folder"], settings.IMPORT_ROOTS)
        yield Source(tree=tree, manifest=find_manifest(tree))
        return
    path = Path(source["path"])
    if path.is_file() and path.suffix == ".zip":
        with path.open("rb") as stream:
            tree = ZipTree(stream)
            yield Source(tree=tree, manifest=find_manifest(tree))
    elif path.is_file():
        yield Source(tree=FolderTree(path.parent), manifest=path.name)
    else:
        tree = FolderTree(path)
        yield Source(tree=tree, manifest=find_manifest(tree))


@contextmanager
def open_label_file(source: Mapping[str, Any]) -> Iterator[tuple[str, BinaryIO]]:
    """Open the one file of a label import, as (name, stream); `source` as for `open_source`, but of a file."""
    if "upload" in source:
        with open_upload(source["upload"]) as stream:
            yield source.get("name", "upload"), stream
        return
    path = Path(source["path"] if "path" in source else source["folder"])
    if "folder" in source:
        tree = open_allowed_folder(path.parent, settings.IMPORT_ROOTS)
        with tree.open(path.name) as stream:
            yield path.name, stream
        return
    if not path.is_file():
        raise ImportProblem(Code.MISSING_FILE, Place(file=show_name(str(path))))
    with path.open("rb") as stream:
        yield path.name, stream


@contextmanager
def open_upload(name: str) -> Iterator[BinaryIO]:
    """A file that the browser sent, from the private storage."""
    try:
        stored = default_storage.open(name)
    except FileNotFoundError:
        raise ImportProblem(Code.MISSING_FILE, Place(file=show_name(name))) from None
    with stored:
        yield stored  # type: ignore[misc]  # Django's File reads and seeks like the stream it wraps


def find_manifest(tree: SourceTree) -> str | None:
    """The manifest at the top of `tree`, or in its only top folder; None if there is none."""
    found = [name for name in tree.names if name == MANIFEST or (name.endswith(f"/{MANIFEST}") and name.count("/") == 1)]
    return found[0] if len(found) == 1 else None

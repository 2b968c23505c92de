"""Storing the pictures of one unit before its rows are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Line, Place, warn
from labeling.data_in.sources import SourceTree, read_file
from labeling.image_store import find_image, keep_image, record_image
from labeling.images import MAX_BYTES, ImageFacts, check_image, matches_extension
from labeling.models import Image

# The row of a stored picture; in a dry run the facts of one that is not stored, because nothing is.
Kept = Image | ImageFacts


def keep_pictures(tree: SourceTree, names: Iterable[str], place: Place, *, dry_run: bool) -> tuple[dict[str, Kept], list[Line]]:
    """The pictures among `names` that can be used, by name, and a line for each that cannot or is not what its name says.

    A dry run checks every picture and stores none. Needs no transaction: decoding takes longer than one may last.
    """
    kept: dict[str, Kept] = {}
    lines: list[Line] = []
    for name in names:
        here = place.at(file=name)
        try:
            kept[name] = picture = keep_picture(tree, name, dry_run=dry_run)
        except ImportProblem as problem:
            lines.append(problem.at(here).as_line())
            continue
        if not matches_extension(name, picture.format):
            lines.append(warn(Code.EXTENSION_DIFFERS, here, format=picture.format))
    return kept, lines


def keep_picture(tree: SourceTree, name: str, *, dry_run: bool) -> Kept:
    """The picture `name`, stored unless this is a dry run. Raises ImportProblem where it cannot be read or used."""
    data = read_file(tree, name, MAX_BYTES)
    return (find_image(data) or check_image(data)) if dry_run else keep_image(data)


def find_rows(kept: Mapping[str, Kept]) -> dict[str, Image]:
    """The rows of `kept`; what a dry run did not store gets one for as long as its transaction lasts."""
    # In one order everywhere: two dry runs that add the same pictures would else wait for each other.
    ordered = sorted(kept.items(), key=lambda item: item[1].sha256)
    return {name: record_image(picture) if isinstance(picture, ImageFacts) else picture for name, picture in ordered}

"""Storing the pictures of one unit before its rows are written."""

from __future__ import annotations

from collections.abc import Iterable

from labeling.data_in.problem import ImportProblem, Line, Place
from labeling.data_in.sources import SourceTree, read_file
from labeling.image_store import keep_image, record_image
from labeling.images import MAX_BYTES, check_image
from labeling.models import Image


def keep_picture(tree: SourceTree, name: str, dry_run: bool) -> Image:
    """The stored picture `name`; a dry run checks it and makes its row only, for the unit to undo.

    Raises ImportProblem with the picture's place.
    """
    try:
        data = read_file(tree, name, MAX_BYTES)
        return record_image(check_image(data)) if dry_run else keep_image(data)
    except ImportProblem as problem:
        raise problem.at(Place(file=name)) from None


def keep_pictures(tree: SourceTree, names: Iterable[str], dry_run: bool, place: Place) -> tuple[dict[str, Image], list[Line]]:
    """The pictures among `names` that could be stored, by name, and a line for each that could not."""
    images: dict[str, Image] = {}
    lines: list[Line] = []
    for name in names:
        try:
            images[name] = keep_picture(tree, name, dry_run)
        except ImportProblem as problem:
            lines.append(problem.at(place).as_line())
    return images, lines

"""Candidates whose picture is gone."""

from __future__ import annotations

from collections.abc import Sequence

from modeling.net.records import Example, PictureMissing


def find_lost(examples: Sequence[Example]) -> list[int]:
    """The places of examples whose own picture cannot be read; every one is tried."""
    return [place for place, example in enumerate(examples) if not is_there(example)]


def is_there(example: Example) -> bool:
    """Whether its picture can be read."""
    try:
        example.picture.read()
    except PictureMissing:
        return False
    return True

"""Questions with the same beginning: the same system prompt and the same pictures in the same order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from judging.rubrics.base import Ask


def group_asks(asks: Sequence[Ask]) -> list[list[int]]:
    """The places in `asks` of each group of questions that begin alike, in the order in which the groups first come."""
    groups: dict[Hashable, list[int]] = {}
    for place, ask in enumerate(asks):
        groups.setdefault(beginning_of(ask), []).append(place)
    return list(groups.values())


def beginning_of(ask: Ask) -> Hashable:
    """What two questions must have in common to begin alike."""
    return ask.system, tuple(ask.image_hashes), ask.side_px, ask.layout

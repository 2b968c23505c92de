"""Versions that are put to use elsewhere than with the suggestions: those that apps which build on this one have trained."""

from __future__ import annotations

from collections.abc import Callable

# Each gives the names of such versions of a project, by its row id; apps add to it while the site starts.
TRAINED: list[Callable[[int], set[str]]] = []


def find_trained(project_id: int) -> set[str]:
    """The names of the versions that are put to use elsewhere alone, where a gate is asked and reasons are kept."""
    return {name for call in TRAINED for name in call(project_id)}

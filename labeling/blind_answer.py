"""Which of a person's answers to one candidate was given independently of any suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.models import Answer


def find_blind_answer(answers: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of the answers of a primary assignment, oldest first, the last one before any suggestion was seen; None if there is none."""
    found = None
    for answer in answers:
        if answer["kind"] == Answer.Kind.UNDO:
            found = None
        elif answer["exposure"] == Answer.Exposure.NONE:
            found = answer
    return found

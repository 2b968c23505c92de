"""What changed between two versions of a guideline, paragraph by paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Change:
    """One paragraph that went or came, or how many between two changes stayed (`text` empty)."""

    kind: Literal["removed", "added", "same"]
    text: str = ""
    count: int = 1


def compare_paragraphs(old: str, new: str) -> list[Change]:
    """What to take away from `old` and to add to it for `new`, in reading order; empty where only blank lines differ.

    Every line that is not blank is a paragraph: guidelines are plain text, and their lists have a line per point.
    """
    before, after = split(old), split(new)
    changes: list[Change] = []
    # Left as it is, the matcher is quick even for texts of thousands of equal lines; the outcome is right either way.
    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            changes.append(Change(kind="same", count=end - start))
            continue
        changes += [Change(kind="removed", text=text) for text in before[start:end]]
        changes += [Change(kind="added", text=text) for text in after[new_start:new_end]]
    return changes if any(change.kind != "same" for change in changes) else []


def split(text: str) -> list[str]:
    """The paragraphs of a text without what is blank around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]

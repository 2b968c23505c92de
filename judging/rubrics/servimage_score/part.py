"""What each part of ServImageScore consists of, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from judging.material import Material
from judging.rubrics.base import Ask, CannotAsk, Limits, Place, Unusable, Value, Why
from judging.rubrics.json_reply import within

# 0 to 5 for quality, 1 to 5 for consistency, as in the paper's prompts; never rescaled.
Quality = Annotated[float, within(0, 5)]
Consistency = Annotated[float, within(1, 5)]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part: the questions it asks about a bundle, and the values it makes of what was read from all chunks of one."""

    name: str
    concepts: tuple[str, ...]
    ask: Callable[[Material, Limits], list[Ask | CannotAsk]]
    score: Callable[[Material, int | None, list[dict[str, Any]]], list[Value]]


def cannot_ask(part: str, sample: int | None, why: Why) -> CannotAsk:
    """That `part` is not asked about this candidate (None: about the bundle), and why."""
    return CannotAsk(place=Place(part=part, sample=sample), why=why)


def check_numbers(numbers: Sequence[int], count: int) -> None:
    """See that the picture numbers of a reply are of 1 to `count`, none twice; some may be missing. Raises Unusable(WRONG_COUNT)."""
    if len(set(numbers)) != len(numbers) or not set(numbers) <= set(range(1, count + 1)):
        raise Unusable(Why.WRONG_COUNT, f"pictures {numbers} of {count}")


def deliverable_numbers(material: Material) -> dict[int, int]:
    """The number of the deliverable by the key of the candidate."""
    return {sample.key: sample.number for sample in material.samples}

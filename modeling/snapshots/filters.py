"""What a lead chooses about the labels that a run learns from; nothing is left out unless they say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args
from uuid import UUID

from modeling.models import Split

Drop = Literal["nothing", "adjudicated", "uncertain"]
DROPS: tuple[Drop, ...] = get_args(Drop)
# Where a posterior of Dawid and Skene lies when `drop` is `uncertain`: the labels do not tell what the image is.
UNCERTAIN = (0.35, 0.65)
AUTO, NONE, PEOPLE, JUDGE = "auto", "none", "people", "judge:"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which labels teach, how much they weigh, where concept targets come from, and how tasks are divided.

    `blind_only` leaves out decisions that a suggestion had part in; else they weigh `assisted_weight`, from 0 to 1. `drop` leaves out
    decisions that two people did not agree on, or those that stay uncertain. None of the three touches the test side. `concepts` is
    `auto`, `none`, `people` or `judge:` with the public id of a judge. `generator` is the one that the splits `logo` leave out, by its
    short name; empty for the one with the most candidates.
    """

    blind_only: bool = False
    assisted_weight: float = 1.0
    drop: Drop = "nothing"
    concepts: str = AUTO
    split: str = Split.STANDARD.value
    generator: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError, which names the filter, for a value that it cannot have."""
        for name, is_right, wanted in (
            ("blind_only", isinstance(self.blind_only, bool), "true or false"),
            ("assisted_weight", is_share(self.assisted_weight), "a number from 0 to 1"),
            ("drop", self.drop in DROPS, ", ".join(DROPS)),
            ("concepts", is_source(self.concepts), f"{AUTO}, {NONE}, {PEOPLE} or {JUDGE} and the id of a judge"),
            ("split", self.split in Split.values, ", ".join(Split.values)),
            ("generator", isinstance(self.generator, str), "the short name of a generator, or nothing"),
        ):
            if not is_right:
                raise ValueError(f"the filter {name} is {getattr(self, name)!r}; it can be {wanted}")

    def to_json(self) -> dict[str, Any]:
        """The filters as plain values."""
        return {**asdict(self), "assisted_weight": float(self.assisted_weight)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Filters:
        """The filters of such values; raises ValueError for an unknown name or a value that a filter cannot have."""
        known = [item.name for item in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise ValueError(f"there is no filter {unknown[0]}; there are {', '.join(known)}")
        return cls(**values)

    @property
    def judge(self) -> UUID | None:
        """The public id of the judge whose scores teach concepts; None where none is named."""
        return UUID(self.concepts.removeprefix(JUDGE)) if self.concepts.startswith(JUDGE) else None


def is_share(value: object) -> bool:
    """Whether it is a number from 0 to 1."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def is_source(value: object) -> bool:
    """Whether concept targets can come from there."""
    if not isinstance(value, str) or value in (AUTO, NONE, PEOPLE):
        return isinstance(value, str)
    try:
        return value.startswith(JUDGE) and bool(UUID(value.removeprefix(JUDGE)))
    except ValueError:
        return False

"""What a model sees of one candidate, and what is known about it: plain values, the same in training and afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# Where a record stands in a split; `aside` are those that may be in no part, such as tasks that share a photo with the test side.
Part = Literal["train", "val", "test", "aside"]
CATEGORIES = ("Portrait", "Product", "Digital")


class PictureMissing(Exception):
    """The bytes of a picture are not there (any more), or are no picture."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture: the SHA-256 of its original bytes, and upright size (pixels), format and dpi of the original.

    `read` gives an upright sRGB file of it, at most 1,600 pixels on the longer side. It raises PictureMissing.
    """

    sha256: str
    width: int = 0
    height: int = 0
    format: str = ""
    dpi: int | None = None
    read: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One paid order (a task at one version): what the client wrote and sent along. `price_usd` is that of the whole order."""

    task: str
    category: str
    name: str
    brief: str
    price_usd: float
    quantity: int
    is_editing: bool
    points: tuple[str, ...] = ()
    references: tuple[Picture, ...] = ()
    sources: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """One candidate as a model sees it; its generator is not told. `key` names it to whoever made it.

    `number` is its deliverable, from 1; `rules` the hard rules of that one as JSON (labeling/data_in/hard_rules). `siblings` are the
    pictures of the other deliverables of its bundle, in their order.
    """

    key: str
    order: Order
    number: int
    deliverable: str = ""
    rules: tuple[Mapping[str, Any], ...] = ()
    picture: Picture
    siblings: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Record:
    """An example with what is known about it.

    `accepts` is the decision; None where there is none yet (it may still teach concepts). `weight` is that of the label in training.
    `concepts` are target scores, without those that do not apply or are unknown; `not_applicable` names those that do not apply.
    `judged` are scores of judges for the baselines, by name. `group` holds together what must not cross a split.
    `is_blind` tells whether nobody had seen a suggestion before deciding it, as far as is known: of an imported decision
    (`is_imported`) it is not.
    """

    example: Example
    group: str
    generator: str
    part: Part = "train"
    accepts: bool | None = None
    weight: float = 1.0
    is_blind: bool = True
    is_imported: bool = False
    concepts: Mapping[str, float] = field(default_factory=dict)
    not_applicable: frozenset[str] = frozenset()
    judged: Mapping[str, float] = field(default_factory=dict)

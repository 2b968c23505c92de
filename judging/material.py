"""What a judge sees of one bundle: plain values that know no database, so that rubrics run and are tested without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from labeling.data_in.hard_rules.values import Rule


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture: its SHA-256, upright size in pixels, true format (JPEG, PNG, WEBP) and dpi (None where none is stated).

    `read` gives the original bytes; it raises PictureLost where they are gone.
    """

    sha256: str
    width: int
    height: int
    format: str
    dpi: int | None = None
    read: Callable[[], bytes] = field(compare=False, repr=False)


class PictureLost(Exception):
    """The bytes of a picture are no longer there."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One candidate of the bundle: `key` names it to whoever loaded the material, `number` is its deliverable, from 1.

    `sample` tells which of the generator's images for that deliverable it is.
    """

    key: int
    number: int
    sample: int = 1
    deliverable: str
    rules: tuple[Rule, ...]
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class Material:
    """The candidates of one generator for one task with all that the client sent; the generator itself is not told.

    `samples` are in the order of the deliverables, one each, without those that have no picture. `price_usd` is that of the whole task.
    """

    key: int
    task_id: str
    task_version: int
    category: str
    name: str
    brief: str
    price_usd: float
    quantity: int
    is_editing: bool
    points: tuple[str, ...]
    references: tuple[Picture, ...]
    sources: tuple[Picture, ...]
    samples: tuple[Sample, ...]

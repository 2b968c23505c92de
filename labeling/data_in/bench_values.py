"""What ServImageBench says about one paid order, as values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from labeling.data_in.codes import Code
from labeling.data_in.hard_rules import Rule
from labeling.data_in.problem import Line

CategoryName = Literal["Portrait", "Product", "Digital"]
CATEGORIES: tuple[CategoryName, ...] = ("Portrait", "Product", "Digital")


@dataclass(frozen=True, kw_only=True)
class BenchDeliverable:
    """One required image; `number` counts from 1 in the order of the file.

    `price_usd` is the rounded price of the listing, None where unusable; only the task's price counts. `raw_rules` is what
    the file said, None where it said nothing.
    """

    number: int
    name: str
    price_usd: Decimal | None
    rules: tuple[Rule, ...]
    raw_rules: object


@dataclass(frozen=True, kw_only=True)
class BenchPoint:
    """One evaluation point; `number` counts from 1 in the order of the file, `point_id` may leave gaps."""

    number: int
    point_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class BenchImage:
    """One reference or source image; `name` is its file in the source tree, None where the copy at hand lacks it."""

    number: int
    name: str | None


@dataclass(frozen=True, kw_only=True)
class BenchTask:
    """One task. `editing` tasks change a source image; `source_missing` is true where the copy at hand lacks it."""

    task_id: str
    category: CategoryName
    name: str
    brief: str
    price_usd: Decimal
    quantity: int
    deliverables: tuple[BenchDeliverable, ...]
    points: tuple[BenchPoint, ...]
    references: tuple[BenchImage, ...] = ()
    sources: tuple[BenchImage, ...] = ()
    source_missing: bool = False
    editing: bool = False

    def with_images(self, references: tuple[BenchImage, ...], sources: tuple[BenchImage, ...]) -> BenchTask:
        """The task with its images. Portraits are always edited from a photo, so one without it lacks its source."""
        editing = self.category == "Portrait" or bool(sources)
        missing = editing and all(image.name is None for image in sources)
        shown = (BenchImage(number=1, name=None),) if editing and not sources else sources
        return replace(self, references=references, sources=shown, source_missing=missing, editing=editing)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """All usable tasks in the order of the files, and a line for everything that was odd or had to be left out."""

    tasks: tuple[BenchTask, ...]
    lines: tuple[Line, ...]

    def count_lines(self) -> Counter[Code]:
        """How often each problem occurs."""
        return Counter(line.code for line in self.lines if line.code)

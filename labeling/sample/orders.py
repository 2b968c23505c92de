"""One order of the sample project: what the client asks for, and the scenes that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from labeling.data_in.bench_values import BenchDeliverable, BenchImage, BenchPoint, BenchTask, CategoryName
from labeling.data_in.hard_rules.parse import parse_rules
from labeling.data_in.problem import Place
from labeling.sample.drawing.hand import Scene

UPRIGHT, SQUARE, WIDE = (660, 880), (760, 760), (1000, 524)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One deliverable: its name, its scene, and its hard rules as a task file would write them."""

    name: str
    scene: Scene
    rules: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class SampleOrder:
    """One paid order, invented. `generators` says which of the four deliver, by their place in `GENERATORS`.

    With a `source` the order is an edit of that scene; `source_missing` is an edit whose photo was never sent.
    """

    task_id: str
    category: CategoryName
    name: str
    brief: str
    price_usd: str
    points: tuple[str, ...]
    pieces: tuple[Piece, ...]
    size: tuple[int, int] = UPRIGHT
    references: tuple[Scene, ...] = ()
    source: Scene | None = None
    source_missing: bool = False
    generators: tuple[int, ...]

    @property
    def is_editing(self) -> bool:
        """Whether the order changes a picture of the client's."""
        return self.source is not None or self.source_missing

    def file_of(self, role: str, number: int) -> str:
        """The file name under which an asset of this order was sent."""
        return f"{role}/{self.task_id}/{number}.jpg"

    def content(self) -> BenchTask:
        """The order as the reader of task files gives one back."""
        price = Decimal(self.price_usd)
        share = (price / len(self.pieces)).quantize(Decimal("0.01"))
        sources = (BenchImage(number=1, name=self.file_of("inputs", 1) if self.source else None),) if self.is_editing else ()
        return BenchTask(
            task_id=self.task_id,
            category=self.category,
            name=self.name,
            brief=self.brief,
            price_usd=price,
            quantity=len(self.pieces),
            deliverables=tuple(
                BenchDeliverable(
                    number=number,
                    name=piece.name,
                    price_usd=share,
                    rules=parse_rules(piece.rules, Place(record=self.task_id))[0],
                    raw_rules=piece.rules,
                )
                for number, piece in enumerate(self.pieces, start=1)
            ),
            points=tuple(BenchPoint(number=n, point_id=f"ep_{n:03d}", text=text) for n, text in enumerate(self.points, start=1)),
            references=tuple(BenchImage(number=n, name=self.file_of("refs", n)) for n in range(1, len(self.references) + 1)),
            sources=sources,
            editing=self.is_editing,
            source_missing=self.source_missing,
        )


def pixels(size: tuple[int, int]) -> dict[str, object]:
    """The hard rule that a picture has exactly this size."""
    return {"visual_specs": {"dimensions": {"width": size[0], "height": size[1]}}}

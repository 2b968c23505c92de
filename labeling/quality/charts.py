"""Geometry of the charts of agreement: numbers in, places in an SVG out. Colours are the style sheet's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labeling.quality.figures import Row

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 12, 28
TICKS = (0, 25, 50, 75, 100)
NAMED_AT_MOST = 8
# The matrix: a square for each two people, names beside and above it.
SQUARE, NAMES, ABOVE = 64, 130, 34
SHADES = 5


@dataclass(frozen=True, kw_only=True)
class Point:
    """One week: its place, the place of its value and of its interval; `y` is None where the value is withheld."""

    row: Row
    x: float
    y: float | None
    low: float | None
    high: float | None
    is_named: bool


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Agreement over time in units of its view box. `bands` and `lines` are the points of unbroken stretches, as SVG writes them."""

    width: int
    height: int
    left: int
    right: int
    label_y: int
    ticks: Sequence[tuple[int, float]]
    points: Sequence[Point]
    lines: Sequence[str]
    bands: Sequence[str]
    published_y: float


def draw_trend(weeks: Sequence[Row], published: float) -> Trend:
    """Percent agreement by week with its band; a week whose value is withheld breaks the line."""
    base = HEIGHT - BOTTOM

    def height(percent: float | None) -> float | None:
        return None if percent is None else round(base - (base - TOP) * percent / 100, 1)

    room = (WIDTH - LEFT - RIGHT) / max(1, len(weeks))
    step = -(-len(weeks) // NAMED_AT_MOST)
    points = []
    for place, row in enumerate(weeks):
        cell = row.cell("percent")
        low, value, high = (cell.low, cell.value, cell.high) if cell else (None, None, None)
        x = round(LEFT + room * (place + 0.5), 1)
        points.append(Point(row=row, x=x, y=height(value), low=height(low), high=height(high), is_named=place % step == 0))
    stretches = list(split_at_gaps(points))
    return Trend(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        label_y=base + 19,
        ticks=[(tick, height(tick) or 0) for tick in TICKS],
        points=points,
        lines=[" ".join(f"{point.x},{point.y}" for point in stretch) for stretch in stretches],
        bands=[band_of(stretch) for stretch in stretches],
        published_y=height(published) or 0,
    )


def split_at_gaps(points: Sequence[Point]) -> list[list[Point]]:
    """The stretches of points with a value."""
    stretches: list[list[Point]] = [[]]
    for point in points:
        if point.y is None:
            stretches.append([])
        else:
            stretches[-1].append(point)
    return [stretch for stretch in stretches if stretch]


def band_of(stretch: Sequence[Point]) -> str:
    """The outline of the intervals of a stretch: along their upper ends and back along the lower ones."""
    known = [point for point in stretch if point.low is not None]
    return " ".join([*(f"{point.x},{point.high}" for point in known), *(f"{point.x},{point.low}" for point in reversed(known))])


@dataclass(frozen=True, kw_only=True)
class Square:
    """Two people: `shade` from 1 (least agreement) to `SHADES`, 0 where the value is withheld."""

    row: Row
    x: int
    y: int
    shade: int
    percent: float | None


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The pair matrix below its diagonal, in units of its view box."""

    width: int
    height: int
    size: int
    left: int
    above: int
    rows: Sequence[tuple[str, float]]
    columns: Sequence[tuple[str, float]]
    squares: Sequence[Square]


def draw_matrix(cells: Sequence[Row]) -> Matrix:
    """The heat map of who agrees with whom; the first person has no row and the last one no column."""
    people = sorted({name for row in cells for name in row.query.values()})
    place = {name: number for number, name in enumerate(people)}
    squares = []
    for row in cells:
        column, line = place[row.query["person"]], place[row.query["other"]]
        cell = row.cell("percent")
        percent = cell.value if cell else None
        squares.append(Square(row=row, x=NAMES + SQUARE * column, y=ABOVE + SQUARE * (line - 1), shade=shade_of(percent), percent=percent))
    most = max(1, len(people) - 1)
    return Matrix(
        width=NAMES + SQUARE * most + RIGHT,
        height=ABOVE + SQUARE * most + RIGHT,
        size=SQUARE,
        left=NAMES,
        above=ABOVE,
        rows=[(name, ABOVE + SQUARE * (number - 0.5)) for number, name in enumerate(people) if number],
        columns=[(name, NAMES + SQUARE * (number + 0.5)) for number, name in enumerate(people[:-1])],
        squares=squares,
    )


def shade_of(percent: float | None) -> int:
    """Fifths of what lies between 50 % (a coin) and 100 %; everything below is the first."""
    if percent is None:
        return 0
    return min(SHADES, max(1, 1 + int((percent - 50) // 10)))

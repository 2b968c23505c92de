"""Geometry of the charts of models: numbers in, places in an SVG out. Colours are the style sheet's business."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM, KEY = 52, 18, 26, 44, 20
# At most so many numbers along an axis, and points of a line: more than that no screen tells apart.
MOST_TICKS, MOST_POINTS = 6, 300
# Series differ by colour, by dashes and by the shape of their dots, so that no one of them is needed.
SHAPES = ("circle", "square", "diamond", "circle")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
# Of the file alone; on a page the style sheet says which.
COLOURS = ("#1f5fbf", "#9a5b00", "#14733c", "#b3261e")


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One value of a series: its place, the ends of its interval where it has one, and what it says."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a chart: `number` from 1 decides how it looks; `points` is the line as SVG writes it, `key_y` where a file names it."""

    number: int
    name: str
    points: str
    dots: Sequence[Dot]
    shape: str
    dash: str
    colour: str
    key_y: float


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A chart in units of its view box."""

    title: str
    x_label: str
    y_label: str
    width: int
    height: int
    left: int
    right: int
    top: int
    base: int
    x_ticks: Sequence[tuple[str, float]]
    y_ticks: Sequence[tuple[str, float]]
    series: Sequence[Series]
    diagonal: tuple[float, float, float, float] | None

    @property
    def whole_height(self) -> int:
        """The height of a file, which names its lines below the chart."""
        return self.height + KEY * len(self.series) + 8

    @property
    def middle(self) -> float:
        """Where the name of the horizontal axis stands."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value to be drawn, with its interval and what is said of it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One series to be drawn; `has_dots` shows each value by itself."""

    name: str
    values: Sequence[Value]
    has_dots: bool = True


@dataclass(frozen=True, kw_only=True)
class Axis:
    """From which value to which, and the numbers that stand at it."""

    first: float
    last: float
    ticks: Sequence[float]

    def share(self, value: float) -> float:
        """How far along `value` lies, from 0 to 1; what is beyond an end lies at it."""
        return min(max((value - self.first) / (self.last - self.first), 0.0), 1.0)


def draw_plot(lines: Sequence[Line], *, title: str, x_label: str, y_label: str, x: Axis, y: Axis, has_diagonal: bool = False) -> Plot:
    """The chart of some lines."""
    base, right = HEIGHT - BOTTOM, WIDTH - RIGHT

    def across(value: float) -> float:
        return round(LEFT + (right - LEFT) * x.share(value), 1)

    def up(value: float) -> float:
        return round(base - (base - TOP) * y.share(value), 1)

    def place(value: Value) -> Dot:
        low = None if value.low is None else up(value.low)
        high = None if value.high is None else up(value.high)
        return Dot(x=across(value.x), y=up(value.y), low=low, high=high, title=value.title)

    def draw(number: int, line: Line) -> Series:
        dots = [place(value) for value in thin_out(line.values)]
        look = (number - 1) % len(SHAPES)
        points = " ".join(f"{dot.x},{dot.y}" for dot in dots)
        return Series(
            number=look + 1,
            name=line.name,
            points=points,
            dots=dots if line.has_dots else [],
            shape=SHAPES[look],
            dash=DASHES[look],
            colour=COLOURS[look],
            key_y=HEIGHT + KEY * (number - 0.5),
        )

    return Plot(
        title=title,
        x_label=x_label,
        y_label=y_label,
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=right,
        top=TOP,
        base=base,
        x_ticks=[(write(tick), across(tick)) for tick in x.ticks],
        y_ticks=[(write(tick), up(tick)) for tick in y.ticks],
        series=[draw(number, line) for number, line in enumerate(lines, start=1)],
        diagonal=(across(0), up(0), across(1), up(1)) if has_diagonal else None,
    )


def thin_out(values: Sequence[Value]) -> Sequence[Value]:
    """Every k-th value, so that at most `MOST_POINTS` remain, and always the last one."""
    step = -(-len(values) // MOST_POINTS)
    kept = values[:: max(step, 1)]
    return kept if not values or kept[-1] is values[-1] else [*kept, values[-1]]


def make_axis(values: Sequence[float], *, from_zero: bool = False, whole: bool = False) -> Axis:
    """An axis with round numbers around `values`; `whole` allows no fractions."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    ticks = find_ticks(0.0 if from_zero else low, high, whole=whole)
    return Axis(first=ticks[0], last=ticks[-1], ticks=ticks)


def find_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers from at most `low` to at least `high`, in steps of 1, 2 or 5 times a power of ten."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= MOST_TICKS - 1)
    if whole:
        step = max(step, 1.0)
    start, end = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
    return [round(step * number, 10) for number in range(start, max(end, start + 1) + 1)]


def write(value: float) -> str:
    """A number of an axis, as short as it can be."""
    return f"{value:.6g}"

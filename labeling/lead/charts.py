"""Geometry of the bar chart: numbers in, places in an SVG out. Colours are the style sheet's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labeling.lead.throughput import DayCount

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 26
GAP = 0.25  # share of each day's room that stays empty
STEPS = 4


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One rectangle; `kind` is what it counts."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class DayBars:
    """The bars of one day, stacked, with the middle of its place on the axis; `is_named` says whether the axis names the day."""

    count: DayCount
    middle: float
    is_named: bool
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One line of the value axis."""

    value: int
    y: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A stacked bar chart in units of its view box."""

    width: int
    height: int
    left: int
    right: int
    base: int
    days: list[DayBars]
    ticks: list[Tick]

    @property
    def label_y(self) -> int:
        """Where the names of the days stand."""
        return self.base + 18


def draw_throughput(counts: Sequence[DayCount]) -> Chart:
    """The chart of answers per day."""
    top = find_top(max((count.answers for count in counts), default=0))
    base = HEIGHT - BOTTOM
    scale = (base - TOP) / top
    room = (WIDTH - LEFT - RIGHT) / max(1, len(counts))
    ticks = [Tick(value=top * step // STEPS, y=round(base - scale * (top * step // STEPS), 1)) for step in range(STEPS + 1)]
    days = [draw_day(count, LEFT + room * place, room, base, scale, counts[-1].day) for place, count in enumerate(counts)]
    return Chart(width=WIDTH, height=HEIGHT, left=LEFT, right=WIDTH - RIGHT, base=base, days=days, ticks=ticks)


def draw_day(count: DayCount, x: float, room: float, base: int, scale: float, last: date) -> DayBars:
    """The stacked bars of one day: primary answers below, adjudications on top."""
    bars, y = [], float(base)
    left, width = round(x + room * GAP / 2, 1), round(room * (1 - GAP), 1)
    for kind, number in (("primary", count.primary), ("adjudication", count.adjudications)):
        height = number * scale
        y -= height
        if number:
            bars.append(Bar(kind=kind, x=left, y=round(y, 1), width=width, height=round(height, 1)))
    return DayBars(count=count, middle=round(x + room / 2, 1), is_named=(last - count.day).days % 7 == 0, bars=bars)


def find_top(most: int) -> int:
    """The top of the value axis: the first of 4, 8, 12, 20, 40, 80, 120, 200, ... that is not below `most`."""
    power = 1
    while True:
        for digit in (4, 8, 12, 20):
            if digit * power >= most:
                return digit * power
        power *= 10

"""Geometry of the charts of people: numbers in, places in an SVG out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labeling.quality.charts import RIGHT, Trend, draw_trend
from labeling.quality.figures import Cell, Row
from labeling.quality.people_figures import Figure, Person, Week

WIDTH, NAMES, LINE, ABOVE, BELOW = 720, 150, 28, 12, 30
ALL_PERCENT = 100.0
STEPS = (1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One person: the places of the value and of its interval; `x` is None where the value is withheld."""

    name: str
    figure: Figure
    y: float
    x: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Dots:
    """A figure of everybody in units of its view box, a line for each by name."""

    figure: str
    width: int
    height: int
    left: int
    above: int
    base: int
    ticks: Sequence[tuple[float, float]]
    dots: Sequence[Dot]

    @property
    def is_empty(self) -> bool:
        """Whether every value is withheld."""
        return all(dot.x is None for dot in self.dots)


def draw_dots(people: Sequence[Person], name: str) -> Dots:
    """The dots and whiskers of one figure; shares are drawn from 0 to 100, all others from 0 to a round number."""
    figures = [person.figures[name] for person in people]
    ticks = make_ticks([figure for figure in figures if figure.value is not None], is_share=name != "pace")
    base = ABOVE + LINE * len(people)

    def place(value: float | None) -> float | None:
        return None if value is None else round(NAMES + (WIDTH - NAMES - RIGHT) * value / ticks[-1], 1)

    dots = [
        Dot(
            name=person.name,
            figure=figure,
            y=ABOVE + LINE * (number + 0.5),
            x=place(figure.value),
            low=place(figure.low),
            high=place(figure.high),
        )
        for number, (person, figure) in enumerate(zip(people, figures, strict=True))
    ]
    drawn = [(tick, place(tick) or 0) for tick in ticks]
    return Dots(figure=name, width=WIDTH, height=base + BELOW, left=NAMES, above=ABOVE, base=base, ticks=drawn, dots=dots)


def make_ticks(figures: Sequence[Figure], *, is_share: bool) -> list[float]:
    """The numbers along the bottom: quarters of 100, or four or so round steps to beyond the highest end."""
    if is_share:
        return [ALL_PERCENT * quarter / 4 for quarter in range(5)]
    highest = max((figure.high or figure.value or 0 for figure in figures), default=0) or 1
    size = 1.0
    while size * STEPS[-1] * 4 < highest:
        size *= 10
    step = next(size * step for step in STEPS if size * step * 4 >= highest)
    return [step * number for number in range(5)]


def draw_weeks(weeks: Sequence[Week], name: str) -> Trend:
    """Accept rate or agreement of a person by week."""
    return draw_trend([make_week_row(week, week.agreement if name == "agreement" else week.accept_rate) for week in weeks], 0)


def make_week_row(week: Week, figure: Figure) -> Row:
    """A week as the chart over time takes it."""
    cell = Cell(name="percent", value=figure.value, low=figure.low, high=figure.high)
    cells = [] if figure.value is None else [cell]
    return Row(label=week.label, query={"week": week.monday}, pairs=figure.size or 0, equal=0, tasks=0, cells=cells)

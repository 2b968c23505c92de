"""What the control page, its table and programs show of a control report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from labeling.models import Category, Report
from labeling.quality.control import BEYOND_CHANCE
from labeling.quality.figures import Cell

# The parts of a report with the filter of the candidate browser that finds all of their candidates, and those in which two people differ.
LOOKS: dict[str, tuple[str, str]] = {"audits": ("audit", "audit_against"), "seconds": ("second", "second_against")}
HEADER = ("part", "key", "count", "hits", "tasks", "percent", "low", "high", "agreed", "wrong", "wrong_low", "wrong_high")


class Count(Cell):
    """An estimated number of candidates."""

    @property
    def digits(self) -> int:
        """Whole ones."""
        return 0


@dataclass(frozen=True, kw_only=True)
class Share:
    """`hits` of `count` with the share they are, in percent.

    `query` finds the candidates and `against_query` those in which two people differ; '' where no filter does.

    `agreed` and `wrong` are of audits only: how many candidates two people agreed on, and how many of these are wrong by the estimate.
    """

    label: str
    count: int
    hits: int
    percent: Cell
    query: str = ""
    against_query: str = ""
    agreed: int = 0
    wrong: Count | None = None

    @property
    def different(self) -> int:
        """How many are no hits."""
        return self.count - self.hits


@dataclass(frozen=True, kw_only=True)
class Control:
    """A control report as the page shows it. `values` is empty while pairs are too few for them."""

    audits: Share
    categories: list[Share]
    seconds: Share
    values: list[Cell]
    weeks: list[Share]
    reveals: Share

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it yet."""
        return not (self.audits.count or self.seconds.count or self.reveals.count)


def read_control(report: Report) -> Control:
    """What the page shows of a control report."""
    audits, seconds = report.figures["audits"], report.figures["seconds"]
    return Control(
        audits=make_share(_("All"), "audits", audits["overall"]),
        categories=[make_share(str(Category(row["key"]).label), "audits", row, category=row["key"]) for row in audits["categories"]],
        seconds=make_share(_("All"), "seconds", seconds["overall"]),
        values=[make_cell(name, value) for name, value in seconds["overall"].get("values", {}).items()],
        weeks=[make_share(date_format(date.fromisoformat(row["key"]), "DATE_FORMAT"), "", row) for row in seconds["weeks"]],
        reveals=make_share(_("All"), "", report.figures["reveals"]),
    )


def make_share(label: str, part: str, found: Mapping[str, Any], **filters: str) -> Share:
    """One row of a part of the report; `filters` narrow its candidates further."""
    of_all, of_against = LOOKS.get(part, ("", ""))
    wrong = found.get("wrong")
    return Share(
        label=label,
        count=found["count"],
        hits=found["hits"],
        percent=make_cell("percent", found["percent"]),
        query=urlencode({**filters, "check": of_all}) if of_all else "",
        against_query=urlencode({**filters, "check": of_against}) if of_against else "",
        agreed=found.get("agreed", 0),
        wrong=Count(name="wrong", value=wrong[0], low=wrong[1], high=wrong[2]) if wrong else None,
    )


def make_cell(name: str, value: list[float | None]) -> Cell:
    """A value with its interval."""
    return Cell(name=name, value=value[0], low=value[1], high=value[2])


def list_lines(figures: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The lines of the one table under `HEADER`: every share of the report."""
    audits, seconds = figures["audits"], figures["seconds"]
    rows = [
        ("audits", {"key": "all", **audits["overall"]}),
        *(("audits", row) for row in audits["categories"]),
        ("second_adjudications", {"key": "all", **seconds["overall"]}),
        *(("second_adjudications", row) for row in seconds["weeks"]),
        ("reveals", {"key": "all", **figures["reveals"]}),
    ]
    for part, row in rows:
        wrong = row.get("wrong", (None, None, None))
        yield [part, row["key"], row["count"], row["hits"], row["tasks"], *row["percent"], row.get("agreed"), *wrong]


def describe_control(report: Report) -> dict[str, Any]:
    """A control report as programs get it."""
    audits, seconds = report.figures["audits"], report.figures["seconds"]
    overall = seconds["overall"]
    values = overall.get("values")
    return {
        "measured_at": report.made_at,
        "audits": {"overall": name_bounds(audits["overall"]), "categories": [name_bounds(row) for row in audits["categories"]]},
        "second_adjudications": {
            "overall": name_bounds(overall),
            "withheld": overall.get("withheld"),
            "values": values and {name: bounds(values[name]) for name in BEYOND_CHANCE},
            "weeks": [name_bounds(row) for row in seconds["weeks"]],
        },
        "reveals": name_bounds(report.figures["reveals"]),
    }


def name_bounds(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its intervals by name."""
    kept = {name: row[name] for name in ("key", "count", "hits", "tasks", "agreed") if name in row}
    return kept | {name: bounds(row[name]) for name in ("percent", "wrong") if name in row}


def bounds(value: list[float | None]) -> dict[str, float | None]:
    """A value and its interval by name."""
    return dict(zip(("value", "low", "high"), value, strict=True))

"""What the page, the tables and the charts show of an agreement report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.models import Category, Generator, Report, User
from labeling.price_bands import PriceBand

# The published agreement of this kind of label: ServImage, 2,000 doubly labelled images; kappa follows from its accept rate of about 31 %.
PUBLISHED_PERCENT, PUBLISHED_KAPPA, PUBLISHED_PAIRS = 67.92, 0.25, 2000
# Kappa falls with skew where AC1 rises: both gaps together say that the skew is what they differ by.
GAP, SKEW = 0.15, 15.0
GROUPS: dict[str, str | Promise] = {
    "category": gettext_lazy("Category"),
    "generator": gettext_lazy("Generator"),
    "price": gettext_lazy("Price of the task"),
    "week": gettext_lazy("Week"),
    "guideline": gettext_lazy("Guideline both had read"),
    "exposure": gettext_lazy("Suggestions seen"),
}
COEFFICIENTS: dict[str, str | Promise] = {
    "percent": gettext_lazy("Percent agreement"),
    "cohen_kappa": gettext_lazy("Cohen's kappa"),
    "fleiss_kappa": gettext_lazy("Fleiss' kappa"),
    "krippendorff_alpha": gettext_lazy("Krippendorff's alpha"),
    "gwet_ac1": gettext_lazy("Gwet's AC1"),
    "positive": gettext_lazy("Positive agreement"),
    "negative": gettext_lazy("Negative agreement"),
    "accept_rate": gettext_lazy("Accept rate"),
}
MEANINGS: dict[str, str | Promise] = {
    "percent": gettext_lazy("How many of the pairs are equal."),
    "cohen_kappa": gettext_lazy("How much of what chance leaves open they agreed on, each seat with its own accept rate."),
    "fleiss_kappa": gettext_lazy("The same with one accept rate for both seats; with two answers it is Scott's pi."),
    "krippendorff_alpha": gettext_lazy("The same, corrected for small numbers."),
    "gwet_ac1": gettext_lazy("Corrected for chance in a way that skewed answers do not push down."),
    "positive": gettext_lazy("If one accepts, how often the other one does."),
    "negative": gettext_lazy("If one rejects, how often the other one does."),
    "accept_rate": gettext_lazy("How many of the answers accept."),
}
# On top of the page, and in the tables that stand beside each other.
ON_TOP = ("percent", "cohen_kappa", "gwet_ac1", "accept_rate")
IN_TABLES = ("percent", "cohen_kappa", "krippendorff_alpha", "gwet_ac1", "accept_rate")
IN_PERCENT = frozenset({"percent", "positive", "negative", "accept_rate"})
EXPOSURES: dict[str, str | Promise] = {
    "blind": gettext_lazy("by neither: these are the headline's"),
    "mixed": gettext_lazy("by one of the two"),
    "assisted": gettext_lazy("by both"),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One coefficient of one set of pairs. `digits` is how many are shown; `value` is None where it is not defined."""

    name: str
    value: float | None
    low: float | None
    high: float | None

    @property
    def label(self) -> str:
        """What it is called."""
        return str(COEFFICIENTS[self.name])

    @property
    def meaning(self) -> str:
        """What it says, in a sentence."""
        return str(MEANINGS[self.name])

    @property
    def unit(self) -> str:
        """What stands behind the number."""
        return " %" if self.name in IN_PERCENT else ""

    @property
    def digits(self) -> int:
        """Decimal places shown."""
        return 1 if self.name in IN_PERCENT else 2


@dataclass(frozen=True, kw_only=True)
class Row:
    """One set of pairs: `query` finds its candidates; `cells` is empty where the values are withheld."""

    label: str
    query: Mapping[str, str]
    pairs: int
    equal: int
    tasks: int
    cells: Sequence[Cell]

    @property
    def different(self) -> int:
        """How many of the pairs differ."""
        return self.pairs - self.equal

    def link(self, outcome: str = "any") -> str:
        """The query of the candidate browser for its pairs, or those of one `outcome`."""
        return urlencode({**self.query, "pair": outcome})

    @property
    def all_query(self) -> str:
        """`link` for all of them."""
        return self.link()

    @property
    def different_query(self) -> str:
        """`link` for those that differ."""
        return self.link("different")

    @property
    def top_cells(self) -> list[Cell]:
        """Those on top of the page."""
        return [cell for cell in self.cells if cell.name in ON_TOP]

    @property
    def table_cells(self) -> list[Cell]:
        """Those of the tables."""
        return [cell for cell in self.cells if cell.name in IN_TABLES]

    def cell(self, name: str) -> Cell | None:
        """One coefficient; None where the values are withheld."""
        return next((cell for cell in self.cells if cell.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The pairs divided in one way."""

    name: str
    label: str
    rows: Sequence[Row]


def make_row(label: str, query: Mapping[str, str], found: Mapping[str, Any]) -> Row:
    """A row from what `labeling.quality.measure.measure` told."""
    values = found.get("values", {})
    cells = [Cell(name=name, value=values[name][0], low=values[name][1], high=values[name][2]) for name in COEFFICIENTS if name in values]
    return Row(label=label, query=query, pairs=found["pairs"], equal=found.get("equal", 0), tasks=found.get("tasks", 0), cells=cells)


def read_groups(figures: Mapping[str, Any]) -> list[Group]:
    """The groups of a report in the order of the page; those with nothing in them are left out."""
    names = name_generators(row["key"] for row in figures["groups"]["generator"])
    groups = []
    for name, label in GROUPS.items():
        found = in_order(name, figures["groups"][name])
        rows = [make_row(name_key(name, row["key"], names), {name: row["key"]}, row) for row in found]
        groups.append(Group(name=name, label=str(label), rows=rows))
    return [group for group in groups if group.rows]


def in_order(group: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows as people expect them: bands and categories in their own order, versions by number, all others by key."""
    known = {"category": Category.values, "price": PriceBand.values, "exposure": list(EXPOSURES)}.get(group)
    if known:
        return sorted(rows, key=lambda row: known.index(row["key"]))
    return sorted(rows, key=lambda row: (not row["key"].isdigit(), int(row["key"]), "") if row["key"].isdigit() else (True, 0, row["key"]))


def name_generators(slugs: Iterable[str]) -> dict[str, str]:
    """What the generators are called, by slug."""
    return dict(Generator.objects.filter(slug__in=list(slugs)).order_by().values_list("slug", "display_name"))


def name_key(group: str, key: str, generators: Mapping[str, str]) -> str:
    """A group's key in words."""
    if group == "category":
        return str(Category(key).label)
    if group == "price":
        return str(PriceBand(key).label)
    if group == "exposure":
        return str(EXPOSURES[key])
    if group == "week":
        return date_format(date.fromisoformat(key), "DATE_FORMAT")
    if group == "generator":
        return generators.get(key, key)
    if key.isdigit():
        return _("version %(number)s") % {"number": key}
    return _("none read") if key == "none" else _("two different versions")


def read_overall(figures: Mapping[str, Any]) -> Row:
    """What the headline says."""
    return make_row(_("All"), {}, figures["overall"])


def read_tasks(tasks: Sequence[Mapping[str, Any]], most: int | None = None) -> list[Row]:
    """The tasks with the most pairs that differ first."""
    rows = sorted(tasks, key=lambda row: (row["equal"] - row["pairs"], row["key"]))[:most]
    return [make_row(row["key"], {"task": row["key"]}, row) for row in rows]


def read_cells(figures: Mapping[str, Any]) -> list[Row]:
    """The pairs of people, by name."""
    rows = [make_row(" · ".join(two), {"person": two[0], "other": two[1]}, cell) for two, cell in name_cells(figures)]
    return sorted(rows, key=lambda row: (row.query["person"], row.query["other"]))


def name_cells(figures: Mapping[str, Any]) -> list[tuple[list[str], Mapping[str, Any]]]:
    """The cells of the pair matrix, each with the names the two have now, in their order."""
    names = dict(User.objects.filter(pk__in=figures["people"]["people"]).order_by().values_list("pk", "username"))
    return [(sorted(names[person] for person in cell["people"]), cell) for cell in figures["people"]["cells"]]


def parts_ways(overall: Row) -> bool:
    """Whether kappa and AC1 tell different stories because the accept rate is skewed."""
    kappa, ac1, rate = (cell.value if (cell := overall.cell(name)) else None for name in ("cohen_kappa", "gwet_ac1", "accept_rate"))
    return kappa is not None and ac1 is not None and rate is not None and ac1 - kappa >= GAP and abs(rate - 50) >= SKEW


def links_of(figures: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, str], Row]]:
    """Every row of a report with what finds its candidates."""
    rows = [read_overall(figures), *(row for group in read_groups(figures) for row in group.rows), *read_tasks(tasks), *read_cells(figures)]
    return ((row.query, row) for row in rows)


def describe_report(report: Report) -> dict[str, Any]:
    """A report as programs get it, without its tasks."""
    figures = report.figures
    return {
        "measured_at": report.made_at,
        "overall": describe_figure(figures["overall"]),
        "sample": describe_figure(figures["sample"]),
        "groups": {name: [describe_figure(row) for row in figures["groups"][name]] for name in GROUPS},
        "people": [{**describe_figure(cell), "people": two} for two, cell in name_cells(figures)],
        "versions": [describe_version(row) for row in figures.get("versions", ())],
    }


def describe_version(row: Mapping[str, Any]) -> dict[str, Any]:
    """How much a version of the guideline changed, by name."""
    return {"key": row["key"], "difference": dict(zip(("value", "low", "high"), row["difference"], strict=True))}


def describe_figure(found: Mapping[str, Any]) -> dict[str, Any]:
    """One set of pairs with its values by name."""
    values = found.get("values")
    named = values and {name: dict(zip(("value", "low", "high"), value, strict=True)) for name, value in values.items()}
    return {"withheld": None, **found, "values": named}


HEADER = ("group", "key", "pairs", "equal", "tasks", *(f"{name}{part}" for name in COEFFICIENTS for part in ("", "_low", "_high")))


def list_table(figures: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], part: str) -> Iterator[list[Any]]:
    """The lines of one table under `HEADER`: a group's, or those of `overall`, `people` or `task`; raises KeyError for another name."""
    parts: dict[str, Sequence[Mapping[str, Any]]] = {
        **figures["groups"],
        "task": tasks,
        "overall": [{"key": "all", **figures["overall"]}],
        "people": [{"key": "|".join(two), **cell} for two, cell in name_cells(figures)],
    }
    for row in parts[part]:
        values = row.get("values", {})
        numbers = (number for name in COEFFICIENTS for number in values.get(name, (None, None, None)))
        yield [part, row["key"], row["pairs"], row["equal"], row["tasks"], *numbers]

"""What pages, tables and programs show of people: the figures of a report with their names, units and meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from labeling.models import Report, User
from labeling.quality.people import find_person

PERCENT, POINTS, PER_HOUR, SECONDS = "%", "points", "per_hour", "s"
UNITS: dict[str, str | Promise] = {
    PERCENT: "%",
    POINTS: gettext_lazy("points"),
    PER_HOUR: gettext_lazy("per hour"),
    SECONDS: gettext_lazy("s"),
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A figure: what it is called, in which unit, and what it says in a sentence."""

    label: str | Promise
    unit: str
    meaning: str | Promise


KINDS: dict[str, Kind] = {
    "pace": Kind(label=gettext_lazy("Pace"), unit=PER_HOUR, meaning=gettext_lazy("Answers per hour of active time.")),
    "active": Kind(
        label=gettext_lazy("Median active time"),
        unit=SECONDS,
        meaning=gettext_lazy(
            "Half of the answers took less. Counted while the page was visible, at most two minutes after the last input."
        ),
    ),
    "skip_rate": Kind(
        label=gettext_lazy("Skip rate"), unit=PERCENT, meaning=gettext_lazy("How many of the candidates answered or skipped were skipped.")
    ),
    "fast": Kind(
        label=gettext_lazy("Fast answers"),
        unit=PERCENT,
        meaning=gettext_lazy("Answers that took less than a third of this person's median in the category."),
    ),
    "accept_rate": Kind(label=gettext_lazy("Accept rate"), unit=PERCENT, meaning=gettext_lazy("How many of the blind answers accept.")),
    "accept_gap": Kind(
        label=gettext_lazy("Accept rate against others"),
        unit=POINTS,
        meaning=gettext_lazy("The accept rate less that of the other person on the same candidates."),
    ),
    "agreement": Kind(
        label=gettext_lazy("Agreement with others"),
        unit=PERCENT,
        meaning=gettext_lazy("How many of the blind pairs with this person are equal."),
    ),
    "agreement_gap": Kind(
        label=gettext_lazy("Agreement against others"),
        unit=POINTS,
        meaning=gettext_lazy("The agreement less that of the pairs without this person."),
    ),
    "overturned": Kind(
        label=gettext_lazy("Overturned disputes"),
        unit=PERCENT,
        meaning=gettext_lazy("How many of the adjudicated disputes were decided against this person's answer. A coin gives 50 %."),
    ),
    "overturned_of_all": Kind(
        label=gettext_lazy("Overturned answers"),
        unit=PERCENT,
        meaning=gettext_lazy(
            "The same of all pairs, disputed or not. Disputes that still wait are taken to end as those that were decided."
        ),
    ),
    "gold": Kind(
        label=gettext_lazy("Known answers"),
        unit=PERCENT,
        meaning=gettext_lazy("How many of the candidates whose right answer is known were answered so."),
    ),
    "consistency": Kind(
        label=gettext_lazy("Same answer again"),
        unit=PERCENT,
        meaning=gettext_lazy("How many of the candidates that came a second time were answered as the first time."),
    ),
    "sensitivity": Kind(
        label=gettext_lazy("Sensitivity"),
        unit=PERCENT,
        meaning=gettext_lazy("How often this person accepts what is acceptable, as estimated by Dawid and Skene."),
    ),
    "specificity": Kind(
        label=gettext_lazy("Specificity"),
        unit=PERCENT,
        meaning=gettext_lazy("How often this person rejects what is not acceptable, as estimated by Dawid and Skene."),
    ),
    "session_accept_rate": Kind(
        label=gettext_lazy("Accept rate late in a session"),
        unit=POINTS,
        meaning=gettext_lazy("After an hour of work less the first 20 answers of a session; a pause of half an hour ends one."),
    ),
    "session_agreement": Kind(
        label=gettext_lazy("Agreement late in a session"), unit=POINTS, meaning=gettext_lazy("The same of the agreement with others.")
    ),
    "session_active": Kind(
        label=gettext_lazy("Active time late in a session"),
        unit=PERCENT,
        meaning=gettext_lazy("By how much an answer takes longer, or shorter, after an hour of work than at first."),
    ),
    "weeks_accept_rate": Kind(
        label=gettext_lazy("Accept rate over weeks"),
        unit=POINTS,
        meaning=gettext_lazy("The last four weeks in which this person worked, less all before."),
    ),
    "weeks_agreement": Kind(
        label=gettext_lazy("Agreement over weeks"), unit=POINTS, meaning=gettext_lazy("The same of the agreement with others.")
    ),
}
GROUPS: dict[str | Promise, Sequence[str]] = {
    gettext_lazy("Work"): ("pace", "active", "skip_rate", "fast"),
    gettext_lazy("Beside others"): ("accept_rate", "accept_gap", "agreement", "agreement_gap", "overturned", "overturned_of_all"),
    gettext_lazy("Checks"): ("gold", "consistency"),
    gettext_lazy("Estimated skill"): ("sensitivity", "specificity"),
    gettext_lazy("Drift"): ("session_accept_rate", "session_agreement", "session_active", "weeks_accept_rate", "weeks_agreement"),
}
IN_TABLE = ("pace", "active", "accept_rate", "accept_gap", "agreement", "overturned", "gold", "consistency", "sensitivity", "specificity")
WITHHELD: dict[str, str | Promise] = {
    "few_labels": gettext_lazy("fewer than 50 answers"),
    "few_pairs": gettext_lazy("fewer than 50 pairs"),
    "few_disputes": gettext_lazy("fewer than 20 adjudicated"),
    "few_gold": gettext_lazy("fewer than 20 known"),
    "few_repeats": gettext_lazy("fewer than 20 repeats"),
    "waiting": gettext_lazy("waits for older disputes"),
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of one person. `value` is None where it is withheld, or not defined; `low` and `high` where there is no interval.

    `size` is None where somebody is not to know it of themselves.
    """

    name: str
    size: int | None
    value: float | None
    low: float | None
    high: float | None
    withheld: str

    @property
    def kind(self) -> Kind:
        """What it is."""
        return KINDS[self.name]

    @property
    def unit(self) -> str:
        """What stands behind the number."""
        return str(UNITS[self.kind.unit])

    @property
    def is_signed(self) -> bool:
        """Whether a plus belongs in front of what is above 0."""
        return self.kind.unit == POINTS or self.name == "session_active"

    @property
    def why(self) -> str:
        """Why it is withheld; empty where it is not."""
        return str(WITHHELD[self.withheld]) if self.withheld else ""


@dataclass(frozen=True, kw_only=True)
class Week:
    """Accept rate and agreement of one week; `monday` as ISO 8601 writes it."""

    monday: str
    accept_rate: Figure
    agreement: Figure

    @property
    def label(self) -> str:
        """Its Monday in words."""
        return date_format(date.fromisoformat(self.monday), "DATE_FORMAT")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with counts, figures and weeks."""

    user: User
    counts: Mapping[str, int]
    figures: Mapping[str, Figure]
    weeks: Sequence[Week]

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.get_username()

    @property
    def table_figures(self) -> list[Figure]:
        """Those of the table of everybody."""
        return [self.figures[name] for name in IN_TABLE]

    @property
    def groups(self) -> list[tuple[str, list[Figure]]]:
        """All of them, by what they are about."""
        return [(str(label), [self.figures[name] for name in names]) for label, names in GROUPS.items()]


def read_figure(name: str, found: Mapping[str, Any]) -> Figure:
    """A figure as a report keeps it."""
    value, low, high = found.get("value", (None, None, None))
    return Figure(name=name, size=found["n"], value=value, low=low, high=high, withheld=found.get("withheld", ""))


def make_person(user: User, found: Mapping[str, Any]) -> Person:
    """What a report tells of somebody."""
    weeks = [
        Week(monday=week["week"], **{name: read_figure(name, week[name]) for name in ("accept_rate", "agreement")})
        for week in found["weeks"]
    ]
    figures = {name: read_figure(name, found["figures"][name]) for name in KINDS}
    return Person(user=user, counts=found["counts"], figures=figures, weeks=weeks)


def list_people(report: Report) -> list[Person]:
    """Everybody a report tells of, by name: there is no ranking."""
    found = {person["person"]: person for person in report.figures["people"]}
    users = User.objects.filter(pk__in=found).order_by("username")
    return [make_person(user, found[user.pk]) for user in users]


def read_person(report: Report | None, user: User) -> Person | None:
    """What a report tells a lead of somebody; None if that is nothing."""
    found = find_person(report.figures["people"], user.pk) if report else None
    return make_person(user, found) if found else None


def read_own(report: Report | None, user: User) -> Person | None:
    """What a report tells somebody of themselves; None if that is nothing."""
    found = find_person(report.figures["own"]["people"], user.pk) if report else None
    return make_person(user, found) if found else None


HEADER = ("person", "labels", "reviews", "skips", "active_s", *(f"{name}{part}" for name in KINDS for part in ("", "_low", "_high", "_n")))
FIGURE_HEADER = ("figure", "unit", "value", "low", "high", "n", "withheld")
WEEK_HEADER = ("week", *(f"{name}{part}" for name in ("accept_rate", "agreement") for part in ("", "_low", "_high", "_n")))


def numbers_of(figure: Figure) -> tuple[float | int | None, ...]:
    """The numbers of a figure as tables have them."""
    return figure.value, figure.low, figure.high, figure.size


def list_table(people: Iterable[Person]) -> Iterator[list[Any]]:
    """The lines of the table of everybody, under `HEADER`."""
    for person in people:
        counts = (person.counts[name] for name in ("labels", "reviews", "skips", "active_s"))
        yield [person.name, *counts, *(number for figure in person.figures.values() for number in numbers_of(figure))]


def list_figures(person: Person) -> Iterator[list[Any]]:
    """The lines of one person's figures, under `FIGURE_HEADER`."""
    for figure in person.figures.values():
        yield [figure.name, figure.kind.unit, *numbers_of(figure), figure.withheld]


def list_weeks(person: Person) -> Iterator[list[Any]]:
    """The lines of one person's weeks, under `WEEK_HEADER`."""
    for week in person.weeks:
        yield [week.monday, *numbers_of(week.accept_rate), *numbers_of(week.agreement)]


def describe_person(person: Person) -> dict[str, Any]:
    """Somebody as programs get them."""
    return {
        "person": person.user,
        "counts": person.counts,
        "figures": {name: describe_figure(figure) for name, figure in person.figures.items()},
        "weeks": [
            {"week": week.monday, "accept_rate": describe_figure(week.accept_rate), "agreement": describe_figure(week.agreement)}
            for week in person.weeks
        ],
    }


def describe_figure(figure: Figure) -> dict[str, Any]:
    """One figure as programs get it."""
    return {"n": figure.size, "withheld": figure.withheld or None, "value": figure.value, "low": figure.low, "high": figure.high}


def describe_people(report: Report) -> dict[str, Any]:
    """A report as programs get it, without what people see of themselves."""
    skills = report.figures["skills"]
    return {
        "measured_at": report.made_at,
        "identified": skills["identified"],
        "prevalence": dict(zip(("value", "low", "high"), skills["prevalence"], strict=True)),
        "people": [describe_person(person) for person in list_people(report)],
    }

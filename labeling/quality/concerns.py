"""Which figures of a person a human should look at, and why, as sentences. Nothing else follows from a concern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.models import Concern

# In percent how sure it has to be, and what lies beyond either end of such an interval; docs/people.md has what looking again does.
SURE, SURE_TAIL = 99, 0.005
# What older concerns, which do not say, were raised by.
ONCE_SURE = 95


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A figure whose whole 99 % interval lies on the wrong side of a bound: below it, above it, or further from 0 than it."""

    figure: str
    side: Literal["below", "above", "beyond"]
    bound: float
    label: str | Promise
    text: str | Promise

    def is_met(self, low: float, high: float) -> bool:
        """Whether the interval says so; a value alone never does."""
        if self.side == "below":
            return high < self.bound
        return low > self.bound or (self.side == "beyond" and high < -self.bound)


RULES: dict[str, Rule] = {
    "gold": Rule(
        figure="gold",
        side="below",
        bound=80,
        label=gettext_lazy("Known answers"),
        text=gettext_lazy(
            "Of %(n)s candidates whose right answer is known, %(value)s %% were answered so. With %(certainty)s %% certainty "
            "the share lies between %(low)s %% and %(high)s %%, which is below %(bound)s %%."
        ),
    ),
    "consistency": Rule(
        figure="consistency",
        side="below",
        bound=75,
        label=gettext_lazy("Same answer again"),
        text=gettext_lazy(
            "Of %(n)s candidates that came a second time, %(value)s %% were answered as the first time. With %(certainty)s "
            "%% certainty the share lies between %(low)s %% and %(high)s %%, which is below %(bound)s %%."
        ),
    ),
    "agreement": Rule(
        figure="agreement_gap",
        side="below",
        bound=-5,
        label=gettext_lazy("Agreement with others"),
        text=gettext_lazy(
            "Over %(n)s pairs, agreement with others is %(value)s points from what they have among themselves. With "
            "%(certainty)s %% certainty the difference lies between %(low)s and %(high)s points, which is below %(bound)s."
        ),
    ),
    "accept_gap": Rule(
        figure="accept_gap",
        side="beyond",
        bound=10,
        label=gettext_lazy("Accept rate on the same candidates"),
        text=gettext_lazy(
            "On the same %(n)s candidates, the accept rate is %(value)s points from that of the other person. With "
            "%(certainty)s %% certainty the difference lies between %(low)s and %(high)s points, which is more than "
            "%(bound)s from 0."
        ),
    ),
    "fast": Rule(
        figure="fast",
        side="above",
        bound=10,
        label=gettext_lazy("Fast answers"),
        text=gettext_lazy(
            "Of %(n)s answers, %(value)s %% took less than a third of this person's usual time in the category. With "
            "%(certainty)s %% certainty the share lies between %(low)s %% and %(high)s %%, which is above %(bound)s %%."
        ),
    ),
    "session_agreement": Rule(
        figure="session_agreement",
        side="below",
        bound=-5,
        label=gettext_lazy("Agreement late in a session"),
        text=gettext_lazy(
            "After an hour of work, agreement with others is %(value)s points from that of the first answers of a session "
            "(%(n)s pairs of each at least). With %(certainty)s %% certainty the difference lies between %(low)s and "
            "%(high)s points, which is below %(bound)s."
        ),
    ),
    "session_accept": Rule(
        figure="session_accept_rate",
        side="beyond",
        bound=10,
        label=gettext_lazy("Accept rate late in a session"),
        text=gettext_lazy(
            "After an hour of work, the accept rate is %(value)s points from that of the first answers of a session (%(n)s "
            "answers of each at least). With %(certainty)s %% certainty the difference lies between %(low)s and %(high)s "
            "points, which is more than %(bound)s from 0."
        ),
    ),
    "weeks_agreement": Rule(
        figure="weeks_agreement",
        side="below",
        bound=-5,
        label=gettext_lazy("Agreement over weeks"),
        text=gettext_lazy(
            "In the last four weeks, agreement with others is %(value)s points from before (%(n)s pairs of each at least). "
            "With %(certainty)s %% certainty the difference lies between %(low)s and %(high)s points, which is below "
            "%(bound)s."
        ),
    ),
    "weeks_accept": Rule(
        figure="weeks_accept_rate",
        side="beyond",
        bound=10,
        label=gettext_lazy("Accept rate over weeks"),
        text=gettext_lazy(
            "In the last four weeks, the accept rate is %(value)s points from before (%(n)s answers of each at least). With "
            "%(certainty)s %% certainty the difference lies between %(low)s and %(high)s points, which is more than "
            "%(bound)s from 0."
        ),
    ),
}

# The figures that a concern can be about.
WATCHED = frozenset(rule.figure for rule in RULES.values())


def find_concerns(figures: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The kinds of concern that the figures of a person raise, each with the numbers of its sentence."""
    found = {}
    for kind, rule in RULES.items():
        figure = figures[rule.figure]
        [value, *_bounds], [low, high] = figure.get("value") or [None], figure.get("sure") or [None, None]
        if value is not None and low is not None and high is not None and rule.is_met(low, high):
            found[kind] = {"n": figure["n"], "value": value, "low": low, "high": high, "bound": rule.bound, "certainty": SURE}
    return found


def name_concern(concern: Concern) -> str:
    """What it is about, in a few words."""
    rule = RULES.get(concern.kind)
    return str(rule.label) if rule else concern.kind


def tell_concern(concern: Concern) -> str:
    """Why it was raised, in the language of the reader."""
    rule = RULES.get(concern.kind)
    if rule is None:
        return _("A figure that is no longer measured.")
    numbers = {name: write_number(name, value) for name, value in ({"certainty": ONCE_SURE} | concern.values).items()}
    return str(rule.text) % numbers if numbers.keys() >= {"n", "value", "low", "high", "bound"} else str(rule.label)


def write_number(name: str, value: float) -> str:
    """A number as people of the reader's language write it."""
    return str(number_format(value, 0 if name in ("n", "bound", "certainty") else 1, force_grouping=True))

"""What the page, the table, the chart and programs show of the effect of assistance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.models import Answer, Arm, Policy, Report

# Each effect in the order of the page: what it is called, and what it says.
EFFECTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "accept_shift": (_("Accepts"), _("How many of the answers accept.")),
    "follow_shift": (_("Says what is suggested"), _("How many of the answers are the one the model suggests.")),
    "follow_control": (
        _("Says what is suggested, against control"),
        _("The same, without: the answers to control candidates."),
    ),
    "seats_shift": (
        _("Both answers equal"),
        _("How many candidates have two equal answers; without: control candidates, or the first answers."),
    ),
    "added_error": (
        _("Wrong, by adjudicated disputes"),
        _(
            "How many pairs of answers went against this side in adjudication. Two equal answers are right or wrong together, "
            "so they add no difference."
        ),
    ),
    "gold_error": (_("Wrong on gold"), _("How many answers to gold are wrong.")),
    "pull_right": (
        _("Follows a right suggestion"),
        _("Of candidates whose suggestion is right, how many answers go with it where the two sides differ."),
    ),
    "pull_wrong": (
        _("Follows a wrong suggestion"),
        _("Of candidates whose suggestion is wrong, how many answers go with it where the two sides differ."),
    ),
    "time_shift": (_("Median active time"), _("Half of the answers take longer, half of them shorter.")),
}
IN_SECONDS = frozenset({"time_shift"})
POLICIES: dict[str, str | Promise] = {
    Policy.MEASURED: _("measured"),
    Policy.REVEAL: _("reveal"),
    Policy.ALL: _("all"),
}
COMPARED: dict[str, str | Promise] = {
    Policy.MEASURED: _(
        "With: the seat drawn to see the suggestion. Without: the other seat of the same candidates, or control candidates, "
        "where neither does."
    ),
    Policy.REVEAL: _("With: what people said after they had seen the suggestion. Without: what the same people said before."),
    Policy.ALL: _(
        "With: candidates of which both seats saw the suggestion. Without: those of tasks on the models' test side, of which nobody does. "
        "These are other tasks, not drawn for this, so read the differences with care."
    ),
}
ARMS: dict[str, str | Promise] = {**{arm.value: arm.label for arm in Arm}, "control": _("control")}


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """One effect; values are None where it is not defined, and all of them where it is withheld."""

    name: str
    assisted: float | None
    blind: float | None
    value: float | None
    low: float | None
    high: float | None
    counted: tuple[int, int]
    is_withheld: bool

    @property
    def label(self) -> str:
        """What it is called."""
        return str(EFFECTS[self.name][0])

    @property
    def meaning(self) -> str:
        """What it says, in a sentence."""
        return str(EFFECTS[self.name][1])

    @property
    def is_time(self) -> bool:
        """Whether it is in seconds rather than points."""
        return self.name in IN_SECONDS

    @property
    def sign(self) -> str:
        """What stands before a difference that is no decrease."""
        return "+" if self.value is not None and self.value > 0 else ""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """How many answers of one arm had seen what."""

    arm: str
    exposure: str
    answers: int

    @property
    def arm_label(self) -> str:
        """The arm in words."""
        return str(ARMS[self.arm])

    @property
    def exposure_label(self) -> str:
        """What had been seen, in words."""
        return str(Answer.Exposure(self.exposure).label)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was found of one version under one policy; `number` counts them from 1, the newest in front."""

    number: int
    version: str
    policy: str
    tasks: int
    treated: int
    treated_different: int
    control: int
    control_different: int
    decided: int
    rows: Sequence[EffectRow]
    answers: Sequence[AnswerRow]

    @property
    def policy_label(self) -> str:
        """The policy in a word."""
        return str(POLICIES[self.policy])

    @property
    def compared(self) -> str:
        """Who is compared with whom."""
        return str(COMPARED[self.policy])

    def row(self, name: str) -> EffectRow | None:
        """One effect; None where the policy has none of that name."""
        return next((row for row in self.rows if row.name == name), None)

    def link(self, arm: str, outcome: str = "any") -> str:
        """The query of the candidate browser for its candidates of one arm, or those of them whose answers are of one `outcome`."""
        return urlencode({"arm": arm, "pair": outcome, "version": self.version, "policy": self.policy})

    @property
    def counts(self) -> list[tuple[str, int, str, int, str]]:
        """(arm, candidates, query, those whose answers differ, query) for treated and control candidates."""
        return [
            (str(_("treated")), self.treated, self.link("treated"), self.treated_different, self.link("treated", "different")),
            (str(_("control")), self.control, self.link("control"), self.control_different, self.link("control", "different")),
        ]


def read_parts(figures: Mapping[str, Any]) -> list[Part]:
    """The parts of a report in its order."""
    return [read_part(part, number) for number, part in enumerate(figures["parts"], start=1)]


def read_part(part: Mapping[str, Any], number: int) -> Part:
    """One part of a report."""
    effects = part["effects"]
    counts = {name: part[name] for name in ("tasks", "treated", "treated_different", "control", "control_different", "decided")}
    rows = [read_row(name, effects[name]) for name in EFFECTS if name in effects]
    answers = [AnswerRow(**row) for row in part["answers"]]
    return Part(number=number, version=part["version"], policy=part["policy"], rows=rows, answers=answers, **counts)


def read_row(name: str, found: Mapping[str, Any]) -> EffectRow:
    """One effect as it was kept."""
    values = {key: found[key] for key in ("assisted", "blind", "value", "low", "high")}
    return EffectRow(name=name, counted=tuple(found["counted"]), is_withheld=found["withheld"] is not None, **values)


def describe_assistance(report: Report) -> dict[str, Any]:
    """A report as programs get it."""
    figures = report.figures
    return {"measured_at": report.made_at, **{name: figures[name] for name in ("version", "policy", "stop_points", "parts")}}


EFFECTS_HEADER = ("version", "policy", "effect", "unit", "assisted", "blind", "difference", "low", "high", "assisted_n", "blind_n")
ANSWERS_HEADER = ("version", "policy", "arm", "exposure", "answers")


def list_effects(figures: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The lines of the table of effects under `EFFECTS_HEADER`."""
    for part in read_parts(figures):
        for row in part.rows:
            unit = "seconds" if row.is_time else "percent"
            yield [part.version, part.policy, row.name, unit, row.assisted, row.blind, row.value, row.low, row.high, *row.counted]


def list_answers(figures: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The lines of the table of what had been seen under `ANSWERS_HEADER`."""
    for part in read_parts(figures):
        for row in part.answers:
            yield [part.version, part.policy, row.arm, row.exposure, row.answers]

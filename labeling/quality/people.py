"""What is told of each person of a project: measured, with intervals, withheld where there is too little to go by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from labeling.agreement import Estimate
from labeling.dawid_skene import Fit
from labeling.medians import estimate_median
from labeling.models import Concern, Project, Purpose, Report
from labeling.models.assignment import REVIEWING
from labeling.protocol.concerns import raise_concerns
from labeling.quality.concerns import SURE_TAIL, WATCHED, find_concerns
from labeling.quality.evidence import Evidence, gather, gather_closed
from labeling.quality.labels import UNMEASURED, Labels, read_labels
from labeling.quality.measure import as_list
from labeling.quality.person_ratios import make_ratios
from labeling.quality.report import newest_report
from labeling.quality.skills import estimate_people
from labeling.ratios import Ratio, add_columns, draw_ratios, estimate_difference, estimate_product, estimate_ratio

Floats = NDArray[np.float64]
Found = dict[str, Any]

# Of how many of what a figure needs to be told, and why it is withheld below that.
LABELS, PAIRS, DISPUTES, GOLD, REPEATS = (50, "few_labels"), (50, "few_pairs"), (20, "few_disputes"), (20, "few_gold"), (20, "few_repeats")
NEEDS: dict[str, tuple[int, str]] = {
    "accept_rate": LABELS,
    "accept_gap": PAIRS,
    "agreement": PAIRS,
    "overturned": DISPUTES,
    "gold": GOLD,
    "consistency": REPEATS,
    "pace": LABELS,
    "skip_rate": LABELS,
    "fast": LABELS,
}
# What is told as the first less the second of two quotients, in points; each needs as many of both.
DIFFERENCES: dict[str, tuple[str, str, tuple[int, str]]] = {
    "agreement_gap": ("agreement", "others_agreement", PAIRS),
    "session_accept_rate": ("late accept_rate", "early accept_rate", LABELS),
    "session_agreement": ("late agreement", "early agreement", PAIRS),
    "session_active": ("late active", "early active", LABELS),
    "weeks_accept_rate": ("recent accept_rate", "before accept_rate", LABELS),
    "weeks_agreement": ("recent agreement", "before agreement", PAIRS),
}
# What others have a part in: people see it of days of which nothing waits.
JUDGED = (
    *("accept_rate", "accept_gap", "agreement", "agreement_gap", "overturned", "overturned_of_all", "sensitivity", "specificity"),
    *("session_agreement", "weeks_accept_rate", "weeks_agreement"),
)
# Of these people are not told how many there are while they are few: somebody who answers a card a day could tell which it was.
HIDDEN = ("gold", "consistency")
WEEKLY = {"accept_rate": LABELS, "agreement": PAIRS}


def make_people_report(project: Project) -> Report:
    """Everybody of the project as it is now, as a report that is not stored; the part people see themselves is measured once a day."""
    made_at, began = timezone.now(), time.monotonic()
    labels = read_labels(project, made_at)
    people, skills = measure_people(gather(project, labels, made_at), project.seed)
    figures = {"people": people, "skills": skills, "own": keep_own(project, labels, people, made_at)}
    seconds = round(time.monotonic() - began, 2)
    return Report(project=project, kind=Report.Kind.PEOPLE, made_at=made_at, seconds=seconds, figures=figures, tasks=[])


def keep_own(project: Project, labels: Labels, all_people: Sequence[Found], now: datetime) -> Found:
    """What people see of themselves: what was measured earlier on this day, or measured anew; `all_people` is what leads see."""
    today, last = timezone.localdate(now).isoformat(), newest_report(project, Report.Kind.PEOPLE)
    if last is not None and last.figures["own"]["day"] == today:
        kept: Found = last.figures["own"]
        return kept
    evidence = gather_closed(project, labels, now)
    people, skills = measure_people(evidence, project.seed)
    people = [hide_few(person) for person in people]
    if evidence.is_held_up:
        people = [tell_waiting(person, find_person(all_people, person["person"])) for person in people]
    return {"day": today, "measured_at": now.isoformat(), "people": people, "identified": skills["identified"]}


def hide_few(own: Found) -> Found:
    """The same without the number of gold and repeats where they are withheld."""
    figures = dict(own["figures"])
    for name in HIDDEN:
        if "withheld" in figures[name]:
            figures[name] |= {"n": None}
    return {**own, "figures": figures}


def tell_waiting(own: Found, seen: Found | None) -> Found:
    """The same with the reason that disputes wait where there is too little only without what leads see."""
    if seen is None:
        return own
    figures = dict(own["figures"])
    for name in JUDGED:
        if "withheld" in figures[name] and "withheld" not in seen["figures"][name]:
            figures[name] |= {"withheld": "waiting"}
    return {**own, "figures": figures}


def measure_people(evidence: Evidence, seed: int) -> tuple[list[Found], Found]:
    """Each person with counts and figures, by row id; and the skills of all, from which posteriors are computed."""
    fit, number, votes = estimate_people(evidence.labels, seed)
    ratios = [(person, make_ratios(evidence, person)) for person in evidence.people]
    people = []
    each = draw_ratios([add_columns(mine) for _person, mine in ratios], len(evidence.tasks), seed)
    for (person, mine), draws in zip(ratios, each, strict=True):
        drawn = dict(zip(mine, draws.T, strict=True))
        figures = tell_figures(mine, drawn) | {"active": tell_active(evidence, person, seed)}
        figures |= tell_skills(fit, number.get(person), votes.get(person, 0))
        found = {"person": person, "counts": count(evidence, person), "figures": figures, "weeks": tell_weeks(mine, drawn)}
        people.append(found)
    both = zip(fit.skills.sensitivity.tolist(), fit.skills.specificity.tolist(), strict=True)
    bounds = fit.prevalence_bounds or (None, None)
    skills = {
        "identified": fit.sensitivity_bounds is not None,
        "identifying": fit.identifying,
        "prevalence": as_list(Estimate(value=fit.skills.prevalence, low=bounds[0], high=bounds[1])),
        "people": {str(person): [round(value, 6) for value in two] for person, two in zip(number, both, strict=True)},
    }
    return people, skills


def tell_figures(ratios: Mapping[str, Ratio], drawn: Mapping[str, Floats]) -> Found:
    """Every quotient and difference of a person, or why it is withheld; shares in percent, differences in points."""
    figures: Found = {}
    for name, needs in NEEDS.items():
        change = as_it_is if name == "pace" else in_percent
        figures[name] = tell(count_below(ratios[name], name), needs, convert(estimate_ratio(ratios[name], drawn[name]), change))
        if name in WATCHED:
            figures[name] = add_sure(figures[name], convert(estimate_ratio(ratios[name], drawn[name], SURE_TAIL), change))
    found = convert(estimate_overturned(ratios, drawn), in_percent)
    figures["overturned_of_all"] = tell(count_below(ratios["agreement"], "agreement"), PAIRS, found)
    for name, (first, second, needs) in DIFFERENCES.items():
        one, other = ratios[first], ratios[second]
        difference = drawn[first] - drawn[second]
        # Of logarithms the difference is a quotient.
        change = as_change if name == "session_active" else in_percent
        size = min(count_below(one, first), count_below(other, second))
        figures[name] = tell(size, needs, convert(estimate_difference(one, other, difference), change))
        if name in WATCHED:
            figures[name] = add_sure(figures[name], convert(estimate_difference(one, other, difference, SURE_TAIL), change))
    return figures


def estimate_overturned(ratios: Mapping[str, Ratio], drawn: Mapping[str, Floats]) -> Estimate:
    """The share of a person's pairs decided against them; disputes that still wait are taken to end as those that were decided."""
    decided, disputed = ratios["overturned"], ratios["disputed"]
    if decided.below.sum() == disputed.above.sum():
        return estimate_ratio(ratios["overturned_of_all"], drawn["overturned_of_all"])
    return estimate_product(decided, disputed, drawn["overturned"] * drawn["disputed"])


def add_sure(figure: Found, found: Estimate) -> Found:
    """The same with the ends of the wider interval that a concern is raised by, unless it is withheld."""
    return figure if "withheld" in figure else {**figure, "sure": as_list(found)[1:]}


def as_it_is(value: float) -> float:
    """What needs no other scale."""
    return value


def in_percent(value: float) -> float:
    """A share in percent, or a difference of two in points."""
    return 100 * value


def as_change(value: float) -> float:
    """A difference of logarithms as a change in percent."""
    return 100 * math.expm1(value)


def convert(found: Estimate, change: Callable[[float], float]) -> Estimate:
    """The same on another scale that rises with the first."""
    value, low, high = (None if number is None else change(number) for number in (found.value, found.low, found.high))
    return Estimate(value=value, low=low, high=high)


def count_below(ratio: Ratio, name: str) -> int:
    """How many items a quotient rests on."""
    # Below the line of the pace are hours.
    return int((ratio.above if name == "pace" else ratio.below).sum())


def tell(size: int, needs: tuple[int, str], found: Estimate) -> Found:
    """A figure of `size` items: its value and interval, or that there are too few."""
    return {"n": size, "withheld": needs[1]} if size < needs[0] else {"n": size, "value": as_list(found)}


def tell_weeks(ratios: Mapping[str, Ratio], drawn: Mapping[str, Floats]) -> list[Found]:
    """Accept rate and agreement of each week, oldest first."""
    weeks = sorted({name.split()[1] for name in ratios if name.startswith("week ")})
    return [
        {"week": week, **{kind: tell_week(f"week {week} {kind}", ratios, drawn, needs) for kind, needs in WEEKLY.items()}} for week in weeks
    ]


def tell_week(name: str, ratios: Mapping[str, Ratio], drawn: Mapping[str, Floats], needs: tuple[int, str]) -> Found:
    """One figure of one week."""
    return tell(count_below(ratios[name], name), needs, convert(estimate_ratio(ratios[name], drawn[name]), in_percent))


def tell_active(evidence: Evidence, person: int, seed: int) -> Found:
    """The median active time of an answer, in seconds."""
    work = evidence.work.those((evidence.work.people == person) & (evidence.work.active_ms != UNMEASURED))
    return tell(len(work), LABELS, estimate_median(work.active_ms / 1000, work.tasks, seed))


def tell_skills(fit: Fit, number: int | None, votes: int) -> Found:
    """Sensitivity and specificity of one person; `number` is theirs among the skills, None where none of their labels counts."""
    found: Found = {}
    for name, values, bounds in (
        ("sensitivity", fit.skills.sensitivity, fit.sensitivity_bounds),
        ("specificity", fit.skills.specificity, fit.specificity_bounds),
    ):
        low, high = (None, None) if bounds is None or number is None else bounds[number].tolist()
        value = None if number is None else float(values[number])
        found[name] = tell(votes, LABELS, convert(Estimate(value=value, low=low, high=high), in_percent))
    return found


def count(evidence: Evidence, person: int) -> Found:
    """How much the person did, by kind of work, and how long that took in seconds of active time."""
    labels, work = evidence.labels.those(evidence.labels.people == person), evidence.work.those(evidence.work.people == person)
    measured = work.active_ms[work.active_ms != UNMEASURED]
    return {
        "work": len(work),
        "labels": int(labels.are(Purpose.PRIMARY).sum()),
        "reviews": int(labels.are(*REVIEWING).sum()),
        "skips": len(evidence.skips.get(person, ())),
        "active_s": round(int(measured.sum()) / 1000),
    }


def find_person(people: Sequence[Found], person: int) -> Found | None:
    """What is told of one person; None if that is nothing."""
    return next((found for found in people if found["person"] == person), None)


def raise_what_is_found(report: Report) -> list[Concern]:
    """The concerns that a report of people raises: from what people see themselves, so that a concern tells nothing sooner."""
    if report.kind != Report.Kind.PEOPLE or report.project.archived_at is not None:
        return []
    found = ((person["person"], find_concerns(person["figures"])) for person in report.figures["own"]["people"])
    return raise_concerns(report.project, found)

"""The quotients that are told of one person, from the evidence."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from labeling.models import Purpose
from labeling.quality.evidence import UNDECIDED, Evidence
from labeling.quality.labels import NO_GOLD, UNMEASURED, Labels, find_monday
from labeling.ratios import Ratio, count_share

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MS_PER_HOUR = 3_600_000
# The newest weeks are held against all before them.
RECENT_WEEKS = timedelta(weeks=4)
WEEKS_SHOWN = 26


def make_ratios(evidence: Evidence, person: int) -> dict[str, Ratio]:
    """Every quotient of the person by name; those of a week are called `week 2026-03-02 agreement`."""
    return {**judge(evidence, person), **check(evidence, person), **time(evidence, person)}


def judge(evidence: Evidence, person: int) -> dict[str, Ratio]:
    """What the person says against what others say about the same candidates."""
    labels = evidence.labels
    mine = labels.those(labels.are(Purpose.PRIMARY) & labels.is_present & labels.blind & (labels.people == person))
    with_me = np.flatnonzero((evidence.pairs.people == person).any(axis=1))
    pairs, decided = evidence.pairs.those(with_me).with_first(person), evidence.decided[with_me]
    clusters, accepts, others = evidence.clusters(pairs.tasks), pairs.accepts[:, 0], pairs.accepts[:, 1]
    was_decided, against = decided != UNDECIDED, (decided != UNDECIDED) & (decided != accepts)
    agreement = count_share(clusters, pairs.are_equal)
    gap = Ratio(clusters=clusters, above=accepts.astype(float) - others, below=np.ones(len(pairs)), is_share=False)
    ratios = {
        "accept_rate": count_share(evidence.clusters(mine.tasks), mine.accepts),
        "accept_gap": gap,
        "agreement": agreement,
        "others_agreement": leave_out(evidence, agreement),
        "overturned": count_share(clusters[was_decided], against[was_decided]),
        "disputed": count_share(clusters, ~pairs.are_equal),
        "overturned_of_all": count_share(clusters, against),
    }
    return ratios | divide_by_week(evidence, mine, pairs.guidelines[:, 0], agreement)


def leave_out(evidence: Evidence, own: Ratio) -> Ratio:
    """The agreement of all pairs that the person is not in, by task."""
    pairs, size = evidence.pairs, len(evidence.tasks)
    clusters = evidence.clusters(pairs.tasks)
    above = np.bincount(clusters, weights=pairs.are_equal, minlength=size) - np.bincount(own.clusters, weights=own.above, minlength=size)
    below = np.bincount(clusters, minlength=size) - np.bincount(own.clusters, minlength=size)
    return Ratio(clusters=np.arange(size), above=above.astype(float), below=below.astype(float))


def divide_by_week(evidence: Evidence, mine: Labels, places: Ints, agreement: Ratio) -> dict[str, Ratio]:
    """Accept rate and agreement of each of the last weeks, and of the newest four against those before."""
    accepts = count_share(evidence.clusters(mine.tasks), mine.accepts)
    weeks, pair_weeks = week_numbers(mine.at), week_numbers(evidence.labels.at[places])
    ratios = {}
    known = np.unique(np.concatenate([weeks, pair_weeks]))
    for week in known[-WEEKS_SHOWN:].tolist():
        name = date.fromordinal(week).isoformat()
        ratios[f"week {name} accept_rate"] = some(accepts, weeks == week)
        ratios[f"week {name} agreement"] = some(agreement, pair_weeks == week)
    since = int(known[-1]) - RECENT_WEEKS.days if len(known) else 0
    for name, ratio, numbers in (("accept_rate", accepts, weeks), ("agreement", agreement, pair_weeks)):
        ratios |= {f"recent {name}": some(ratio, numbers > since), f"before {name}": some(ratio, numbers <= since)}
    return ratios


def week_numbers(at: Ints) -> Ints:
    """The Mondays of the weeks of these seconds, as proleptic ordinals."""
    hours, place = np.unique(at // 3600, return_inverse=True)
    mondays = [date.fromisoformat(find_monday(hour * 3600)).toordinal() for hour in hours.tolist()]
    return np.array(mondays, dtype=np.int64)[place.reshape(-1)] if len(at) else np.empty(0, dtype=np.int64)


def check(evidence: Evidence, person: int) -> dict[str, Ratio]:
    """How the person answers what is known, and what they answered before."""
    labels = evidence.labels.those(evidence.labels.people == person)
    gold = labels.those((labels.gold != NO_GOLD) & labels.blind)
    repeats = labels.those(labels.are(Purpose.REPEAT))
    # Among all work: whether the candidate is closed by now depends on others.
    firsts = evidence.work.those(evidence.work.are(Purpose.PRIMARY) & (evidence.work.people == person))
    # The earliest of a candidate's own answers comes last, so that it is the one that stays.
    said = {int(firsts.candidates[place]): bool(firsts.accepts[place]) for place in np.argsort(-firsts.at, kind="stable")}
    known = np.array([int(candidate) in said for candidate in repeats.candidates], dtype=np.bool_)
    repeats = repeats.those(known)
    before = np.array([said[int(candidate)] for candidate in repeats.candidates], dtype=np.bool_)
    return {
        "gold": count_share(evidence.clusters(gold.tasks), np.equal(gold.accepts, gold.gold == 1)),
        "consistency": count_share(evidence.clusters(repeats.tasks), np.equal(repeats.accepts, before)),
    }


def time(evidence: Evidence, person: int) -> dict[str, Ratio]:
    """How fast the person works, how often they pass, and how that changes while they do."""
    mine = evidence.work.people == person
    work, early, late = evidence.work.those(mine), evidence.early[mine], evidence.late[mine]
    clusters, skipped = evidence.clusters(work.tasks), evidence.clusters(evidence.skips.get(person, np.empty(0, dtype=np.int64)))
    measured = work.active_ms != UNMEASURED
    hours = Ratio(
        clusters=clusters, above=measured.astype(float), below=np.where(measured, work.active_ms / MS_PER_HOUR, 0), is_share=False
    )
    length = np.log(np.maximum(work.active_ms, 1))
    took = Ratio(clusters=clusters, above=np.where(measured, length, 0), below=measured.astype(float), is_share=False)
    passed = np.repeat([True, False], [len(skipped), len(work)])
    accepts, agreement = count_share(clusters, work.accepts), agree_in_work(evidence, work, person)
    # What somebody says beside a suggestion is not theirs alone, and gold comes in other shares than what is accepted.
    is_own = work.are(Purpose.PRIMARY) & work.blind
    ratios = {
        "pace": hours,
        "skip_rate": count_share(np.concatenate([skipped, clusters]), passed),
        "fast": some(count_share(clusters, evidence.fast[mine]), evidence.paced[mine]),
    }
    for when, chosen in (("early", early), ("late", late)):
        ratios |= {f"{when} accept_rate": some(accepts, chosen & is_own), f"{when} active": some(took, chosen)}
        ratios |= {f"{when} agreement": some(agreement, chosen & (agreement.below > 0))}
    return ratios


def agree_in_work(evidence: Evidence, work: Labels, person: int) -> Ratio:
    """Whether each piece of work is an answer of a pair that is equal; what is in no pair counts nowhere."""
    pairs, own = evidence.pairs, evidence.pairs.people == person
    rows = np.flatnonzero(own.any(axis=1))
    places = pairs.guidelines[own]
    equal = dict(zip(evidence.labels.assignments[places].tolist(), pairs.are_equal[rows].tolist(), strict=True))
    found = [equal.get(assignment) for assignment in work.assignments.tolist()]
    above = np.array([bool(value) for value in found], dtype=np.float64)
    below = np.array([value is not None for value in found], dtype=np.float64)
    return Ratio(clusters=evidence.clusters(work.tasks), above=above, below=below)


def some(ratio: Ratio, chosen: Bools) -> Ratio:
    """The same of some of its items."""
    return Ratio(clusters=ratio.clusters[chosen], above=ratio.above[chosen], below=ratio.below[chosen], is_share=ratio.is_share)

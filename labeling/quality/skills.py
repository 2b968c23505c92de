"""Sensitivity and specificity of everybody in a project, and what they say about one candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from labeling.dawid_skene import UNKNOWN, Fit, Skills, Votes, estimate_skills, posterior
from labeling.models import Candidate, Gold, Purpose, Report, Verdict
from labeling.models.assignment import REVIEWING
from labeling.quality.labels import Labels, read_labels_of, windows

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class CandidateSkill:
    """How probable it is that a candidate is acceptable, from `labels` blind answers; `percent` is None without any of somebody known."""

    percent: float
    labels: int


def choose_votes(labels: Labels) -> NDArray[np.int64]:
    """The places of the labels that the model takes: blind, about the present image, of a candidate's earliest round, one per person.

    Adjudications, audits and gold count where both primary answers were blind: whether somebody was asked a third time depends on those
    answers alone, so that nothing is lost by those who were not. Where a seat had seen a suggestion it also depends on that, which
    the model does not know.
    """
    usable = np.flatnonzero(labels.blind & labels.is_present & ~labels.are(Purpose.REPEAT))
    seen = np.unique(labels.candidates[labels.are(Purpose.PRIMARY) & ~labels.blind])
    further = labels.are(*REVIEWING, Purpose.GOLD)[usable]
    usable = usable[~(further & np.isin(labels.candidates[usable], seen))]
    # Gold is of no round: it comes behind what the candidate was first answered for.
    rounds = np.where(labels.are(Purpose.GOLD)[usable], np.iinfo(np.int64).max, labels.rounds[usable])
    candidates, place = np.unique(labels.candidates[usable], return_inverse=True)
    earliest = np.full(len(candidates), np.iinfo(np.int64).max)
    np.minimum.at(earliest, place, rounds)
    usable = usable[(rounds == earliest[place]) | labels.are(Purpose.GOLD)[usable]]
    order = np.lexsort((labels.at[usable], labels.people[usable], labels.candidates[usable]))
    keys = np.stack([labels.candidates[usable], labels.people[usable]], axis=1)[order]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    return np.sort(usable[order[is_first]])


def make_votes(labels: Labels) -> tuple[Votes, Ints]:
    """The votes that the labels come to, and the row ids of the people in the order of their numbers."""
    chosen = labels.those(choose_votes(labels))
    candidates, first, items = np.unique(chosen.candidates, return_index=True, return_inverse=True)
    people, number = np.unique(chosen.people, return_inverse=True)
    truth = np.full(len(candidates), UNKNOWN, dtype=np.int64)
    known = read_known(candidates)
    for place in np.flatnonzero(np.isin(candidates, list(known))).tolist():
        truth[place] = known[int(candidates[place])]
    votes = Votes(
        items=items.reshape(-1),
        people=number.reshape(-1),
        accepts=chosen.accepts,
        clusters=chosen.tasks[first],
        truth=truth,
        crowd=len(people),
    )
    return votes, people


def read_known(candidates: Ints) -> dict[int, int]:
    """The candidates whose right answer came from elsewhere: 1 to be accepted, 0 to be rejected."""
    found: dict[int, int] = {}
    for ids in windows(candidates.tolist()):
        rows = Gold.objects.filter(candidate__among=ids, source=Gold.Source.IMPORTED).order_by("pk").values_list("candidate_id", "verdict")
        found |= {candidate: int(verdict == Verdict.ACCEPT) for candidate, verdict in rows}
    return found


def estimate_people(labels: Labels, seed: int) -> tuple[Fit, dict[int, int], dict[int, int]]:
    """The skills of everybody; the number of each person in them by row id; and how many votes of theirs count."""
    votes, people = make_votes(labels)
    number = {person: place for place, person in enumerate(people.tolist())}
    counts = np.bincount(votes.people, minlength=votes.crowd)
    return estimate_skills(votes, seed), number, count_votes(people, counts)


def count_votes(people: Ints, counts: Ints) -> dict[int, int]:
    """How many votes each person has, by row id."""
    return dict(zip(people.tolist(), counts.tolist(), strict=True))


def tell_candidate(report: Report | None, candidate: Candidate) -> CandidateSkill | None:
    """What the skills of the report say of a candidate's blind answers; None without any of people the report knows."""
    known: Mapping[str, Any] = report.figures["skills"] if report else {}
    if not known.get("people"):
        return None
    labels = read_labels_of(candidate, timezone.now())
    labels = labels.those(choose_votes(labels))
    people = {person: place for place, person in enumerate(known["people"])}
    said = [(people[str(p)], bool(a)) for p, a in zip(labels.people.tolist(), labels.accepts.tolist(), strict=True) if str(p) in people]
    both = np.array(list(known["people"].values()), dtype=np.float64).reshape(-1, 2)
    skills = Skills(sensitivity=both[:, 0], specificity=both[:, 1], prevalence=known["prevalence"][0])
    return CandidateSkill(percent=100 * posterior(said, skills), labels=len(said)) if said else None

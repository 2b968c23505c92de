"""What people decided about candidates, and whether a suggestion had part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from labeling.among import Ids
from labeling.data_out.as_of import CandidateAsOf
from labeling.data_out.assignments import Described, read_assignments
from labeling.dawid_skene import climb_from_everywhere, find_patterns, weigh
from labeling.models import Arm, Assignment, Decision, Project, Purpose, State, Status, Verdict
from labeling.quality.labels import read_labels
from labeling.quality.skills import choose_votes, make_votes
from modeling.net.records import Part
from modeling.snapshots.filters import UNCERTAIN, Filters

Line = dict[str, Any]
# What teaches, and so what filters are about.
LEARNED: tuple[Part, ...] = ("train", "val")


def read_page_labels(project: Project, candidates: Sequence[CandidateAsOf], cutoff: int) -> dict[int, Line]:
    """Decision and counted answers of each of these candidates as they stood, by row id."""
    assignments = read_assignments(project, candidates, cutoff)
    shown = read_shown([candidate.pk for candidate in candidates])
    return {candidate.pk: describe_label(candidate, assignments.get(candidate.pk, []), shown) for candidate in candidates}


def read_shown(ids: Sequence[int]) -> dict[tuple[int, int, int | None], str]:
    """The model version that the person of each seat was to see, by candidate, round and seat."""
    rows = Assignment.objects.filter(candidate__among=Ids(ids), purpose=Purpose.PRIMARY, status=Status.SUBMITTED, suggestion__isnull=False)
    columns = rows.order_by().values_list("candidate_id", "round", "seat", "suggestion__model_version")
    return {(candidate, number, seat): version for candidate, number, seat, version in columns}


def describe_label(candidate: CandidateAsOf, assignments: Sequence[Described], shown: Mapping[tuple[int, int, int | None], str]) -> Line:
    """The label of one candidate: `decision` is None where there is none, or where it was about another image (`is_old_image`).

    An answer names the model version that its author had on screen, before or, where the seat was drawn to see it then, after answering.
    `is_blind` tells whether no author of a counted answer had one.
    """
    counted = [row for row in assignments if row["counted"]]
    answers = [describe_answer(row, shown.get((candidate.pk, row["round"], row["seat"]), "")) for row in counted]
    decision = candidate.decision if candidate.history.state == State.SETTLED else None
    is_old = any(row["image_sha256"] != candidate.image_sha256 for row in counted)
    return {
        "decision": None if decision is None or is_old else describe_decision(decision._asdict()),
        "is_old_image": decision is not None and is_old,
        "answers": answers,
        "is_blind": all(answer["exposure"] == "none" and answer["arm"] == Arm.BLIND for answer in answers),
    }


def describe_answer(row: Described, shown: str) -> Line:
    """The answer of an assignment that counts: the newest."""
    said = row["answers"][-1]
    return {
        "purpose": row["purpose"],
        "seat": row["seat"],
        "arm": row["arm"],
        "verdict": said["verdict"],
        "reasons": said["reasons"],
        "exposure": said["exposure"],
        "model_version": said["model_version"] or shown,
    }


def describe_decision(decision: Mapping[str, Any]) -> Line:
    """A decision."""
    return {"accepts": decision["verdict"] == Verdict.ACCEPT, **{name: decision[name] for name in ("how", "round", "decided_at")}}


def read_posteriors(project: Project) -> dict[int, float]:
    """How probable it is that each candidate is acceptable, from its blind answers and everybody's skills (Dawid and Skene), by row id.

    Those without any blind answer are missing.
    """
    labels = read_labels(project, timezone.now())
    votes, _people = make_votes(labels)
    if not len(votes.items):
        return {}
    patterns = find_patterns(votes)
    good, _likelihood = weigh(patterns, climb_from_everywhere(patterns, project.seed))
    candidates = sorted(set(labels.candidates[choose_votes(labels)].tolist()))
    return dict(zip(candidates, good[patterns.of_item].tolist(), strict=True))


def find_drop(line: Line, filters: Filters) -> str:
    """Why a decision does not teach: `not_blind`, `adjudicated` or `uncertain`; '' where it does, and always where models are tested."""
    if line["decision"] is None or line["part"] not in LEARNED:
        return ""
    if filters.blind_only and not line["is_blind"]:
        return "not_blind"
    if filters.drop == "adjudicated" and line["decision"]["how"] == Decision.How.ADJUDICATION:
        return "adjudicated"
    posterior = line["posterior"]
    is_uncertain = posterior is not None and UNCERTAIN[0] <= posterior <= UNCERTAIN[1]
    return "uncertain" if filters.drop == "uncertain" and is_uncertain else ""


def find_weight(line: Line, filters: Filters) -> float:
    """How much a decision weighs in training: less where a suggestion had part in it, if the lead wants that."""
    return float(filters.assisted_weight) if line["part"] in LEARNED and not line["is_blind"] else 1.0


def count_teachers(line: Line) -> Counter[str]:
    """The model versions that had part in a decision which teaches, once each."""
    if line["accepts"] is None or line["part"] not in LEARNED:
        return Counter()
    return Counter({answer["model_version"] for answer in line["answers"] if answer["model_version"]})

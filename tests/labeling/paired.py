"""Doubly answered candidates written straight into the tables, many at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from labeling.models import Answer, Assignment, Candidate, Event, Guideline, Project, User
from labeling.quality.report import measure_agreement
from tests.factories import make_bundle, make_generator, make_person, make_project, make_task
from tests.labeling.raw_rows import raw_suggestion, seen

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What two people said about one candidate; `exposures` are those of their only answers, `versions` of the guideline they had read."""

    candidate: Candidate
    people: tuple[User, User]
    verdicts: tuple[str, str]
    exposures: tuple[str, str] = ("none", "none")
    versions: tuple[Guideline | None, Guideline | None] = (None, None)
    at: tuple[datetime, datetime] = (NOON, NOON)
    active_ms: int | None = None


def write_pairs(pairs: Iterable[Pair], **fields: Any) -> list[Assignment]:
    """Write both answers of each pair, with `fields` in the assignments; the candidates' own rows are left as they are."""
    pairs = list(pairs)
    seats = [(pair, seat) for pair in pairs for seat in (0, 1)]
    rows = Assignment.objects.bulk_create(make_row(pair, seat, **fields) for pair, seat in seats)
    events = Event.objects.bulk_create(
        Event(project_id=row.project_id, candidate_id=row.candidate_id, assignment=row, kind="submitted", actor_id=row.person_id)
        for row in rows
    )
    Answer.objects.bulk_create(
        Answer(
            assignment=row,
            number=1,
            kind="first",
            verdict=row.verdict,
            **seen(pair.exposures[seat]),
            guideline=pair.versions[seat],
            active_ms=pair.active_ms,
            event=event,
        )
        for row, event, (pair, seat) in zip(rows, events, seats, strict=True)
    )
    return rows


def make_row(pair: Pair, seat: int, **fields: Any) -> Assignment:
    """The submitted assignment of one seat."""
    values = {
        "project_id": pair.candidate.project_id,
        "candidate": pair.candidate,
        "person": pair.people[seat],
        "seat": seat + 1,
        "status": "submitted",
        "verdict": pair.verdicts[seat],
        "arm": find_arm(pair, seat),
        "suggestion": None if pair.exposures[seat] == "none" else pair.candidate.suggestions.first() or raw_suggestion(pair.candidate),
        "leased_at": pair.at[seat],
        "submitted_at": pair.at[seat],
        "editable_until": pair.at[seat],
        "image_id": pair.candidate.image_id,
        "task_version": 1,
    }
    return Assignment(**values | fields)


def find_arm(pair: Pair, seat: int) -> str:
    """What the seat was drawn to see, going by what it saw."""
    if pair.exposures[seat] != "prefilled":
        return "blind" if pair.exposures[seat] == "none" else "reveal"
    return "both" if pair.exposures == ("prefilled", "prefilled") else "assisted"


def make_measured_project(**fields: Any) -> tuple[Project, list[User]]:
    """A project of 200 candidates and three people who are right in four of five cases, over three weeks; measured."""
    random = Random(4)
    project, people, candidates = make_paired_project(tasks=40, generators=5, **fields)
    versions = [Guideline.objects.create(project=project, number=number, body="x") for number in (1, 2)]
    pairs = []
    for number, candidate in enumerate(candidates):
        wanted = random.random() < 0.35
        said = ["accept" if wanted == (random.random() < 0.8) else "reject" for _ in range(2)]
        at = NOON + timedelta(days=7 * (number % 3))
        shown = ("none", "prefilled") if number % 10 == 0 else ("none", "none")
        version = versions[number % 3 == 2]
        two = sample(people[:3], number)
        verdicts, versions_read = (said[0], said[1]), (version, version)
        pairs.append(Pair(candidate=candidate, people=two, verdicts=verdicts, exposures=shown, versions=versions_read, at=(at, at)))
    write_pairs(pairs)
    measure_agreement(project)
    return project, people


def sample(people: list[User], number: int) -> tuple[User, User]:
    """Two of three people, each pair as often as the others."""
    return people[number // 3 % 3], people[(number // 3 + 1) % 3]


def make_paired_project(tasks: int = 12, generators: int = 6, **fields: Any) -> tuple[Project, list[User], list[Candidate]]:
    """A project with one candidate of each generator for each task, of all categories and price bands, and four people."""
    project = make_project(**fields)
    people = [make_person(project, username=f"{name}-{project.pk}") for name in ("ada", "bea", "cyd", "dan")]
    models = [make_generator() for _ in range(generators)]
    candidates: list[Candidate] = []
    for number in range(tasks):
        kind = ("Portrait", "Product", "Digital")[number % 3]
        task = make_task(project, category=kind, price_usd=(50, 150, 500)[number // 3 % 3], points=1)
        for model in models:
            bundle = make_bundle(task, model)
            candidates += bundle.candidates.select_related("bundle__task", "bundle__generator", "deliverable")
    return project, people, candidates

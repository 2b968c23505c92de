"""A project in which people have worked for weeks, written straight into the tables, as the figures of people read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Decision, Event, Project, User
from tests.labeling.paired import Pair, make_paired_project, write_pairs
from tests.labeling.raw_rows import raw_gold, raw_suggestion, seen

ACTIVE_MS = 6000


@dataclass(frozen=True, kw_only=True)
class Worked:
    """The project, its people by place (the last one adjudicates), and its candidates with what is right about each."""

    project: Project
    people: Sequence[User]
    candidates: Sequence[Candidate]
    right: Sequence[bool]


def say(accepts: bool) -> str:
    """A verdict."""
    return "accept" if accepts else "reject"


def make_worked_project(
    tasks: int = 40,
    days_ago: float = 3,
    skill: float = 0.85,
    active_ms: Callable[[int], int | None] = lambda _number: ACTIVE_MS,
    later: Callable[[int], timedelta] = lambda _number: timedelta(0),
    **fields: Any,
) -> Worked:
    """Five candidates for each task, two answers each by three people who are right with `skill`; disputes settled by the fourth.

    Everything was done and settled `days_ago`, twenty seconds apart; by their number candidates were answered `later` and took `active_ms`.
    """
    random = Random(8)
    project, people, candidates = make_paired_project(tasks=tasks, generators=5, **fields)
    right, began, pairs = [], timezone.now() - timedelta(days=days_ago, hours=12), []
    for number, candidate in enumerate(candidates):
        right.append(random.random() < 0.35)
        said = [say(right[-1] == (random.random() < skill)) for _ in range(2)]
        two = people[number // 3 % 3], people[(number // 3 + 1) % 3]
        at = began + timedelta(seconds=20 * number) + later(number)
        pairs.append(Pair(candidate=candidate, people=two, verdicts=(said[0], said[1]), at=(at, at), active_ms=active_ms(number)))
    write_pairs(pairs)
    settle(project, days_ago)
    for pair, accepts in zip(pairs, right, strict=True):
        if pair.verdicts[0] != pair.verdicts[1]:
            adjudicate(pair.candidate, people[3], say(accepts), pair.at[1])
    return Worked(project=project, people=people, candidates=candidates, right=right)


def settle(project: Project, days_ago: float) -> None:
    """Let all candidates be settled since then."""
    at = timezone.now() - timedelta(days=days_ago)
    Candidate.objects.filter(project=project).update(state="settled", q_state=5, state_changed_at=at)


def adjudicate(candidate: Candidate, person: User, verdict: str, at: datetime) -> None:
    """The submitted adjudication of a candidate and the decision it came to."""
    row = answer(candidate, person, verdict, at, purpose="adjudication")
    event = Event.objects.create(project_id=candidate.project_id, candidate=candidate, assignment=row, kind="adjudicated")
    Decision.objects.create(candidate=candidate, round=candidate.round, verdict=verdict, how="adjudication", event=event)


def answer(
    candidate: Candidate,
    person: User,
    verdict: str,
    at: datetime,
    purpose: str,
    active_ms: int | None = ACTIVE_MS,
    exposure: str = "none",
) -> Assignment:
    """A submitted answer of another purpose than a primary one."""
    when = {"leased_at": at, "submitted_at": at, "editable_until": at}
    about: dict[str, Any] = {
        "project_id": candidate.project_id,
        "image_id": candidate.image_id,
        "task_version": 1,
        "round": candidate.round,
    }
    about |= {} if exposure == "none" else {"arm": "assisted", "suggestion": raw_suggestion(candidate)}
    row = Assignment.objects.create(
        candidate=candidate, person=person, purpose=purpose, status="submitted", verdict=verdict, **when, **about
    )
    event = Event.objects.create(project_id=candidate.project_id, candidate=candidate, assignment=row, kind="submitted")
    Answer.objects.create(assignment=row, number=1, kind="first", verdict=verdict, active_ms=active_ms, event=event, **seen(exposure))
    return row


def answer_gold(worked: Worked, person: User, hits: int, misses: int, days_ago: float = 9, exposure: str = "none") -> None:
    """Let the person answer so many golds right and so many wrong, each of another task; by default in a week that people see."""
    at = timezone.now() - timedelta(days=days_ago)
    one_per_task = worked.candidates[::5]
    for number, candidate in enumerate(one_per_task[: hits + misses]):
        if not candidate.gold.exists():
            raw_gold(candidate, verdict="accept")
        when = at + timedelta(seconds=number)
        answer(candidate, person, say(number < hits), when, purpose="gold", exposure=exposure)

"""One case for each constraint of the protocol's tables: writes the database lets pass, and the writes it refuses.

A case is a generator of (PASS or FAIL, write); the writes are made in order and see each other's rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.utils import timezone

from labeling.models import Bundle, Candidate, Flag, Receipt, Skip, WalkPosition
from tests.factories import make_bundle, make_candidate, make_generator, make_image, make_task, make_user
from tests.labeling.raw_rows import (
    answered,
    raw_agreement,
    raw_answer,
    raw_assignment,
    raw_decision,
    raw_dispute,
    raw_event,
    raw_suggestion,
    released,
    update,
)

PASS, FAIL = True, False
Case = Callable[[], Iterator[tuple[bool, Callable[[], Any]]]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Register the case of the constraint `name`."""

    def register(function: Case) -> Case:
        CASES[name] = function
        return function

    return register


@case("assignment_one_per_seat")
def seats() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(4)]
    yield PASS, lambda: raw_assignment(candidate, people[0], seat=1)
    yield PASS, lambda: raw_assignment(candidate, people[1], seat=2, **answered())
    yield PASS, lambda: raw_assignment(candidate, people[2], seat=1, **released())
    yield PASS, lambda: raw_assignment(candidate, people[2], seat=1, **answered(status="surplus"))
    yield PASS, lambda: raw_assignment(candidate, people[2], seat=1, **answered(status="void"))
    yield PASS, lambda: raw_assignment(candidate, people[2], seat=1, round=2)
    yield FAIL, lambda: raw_assignment(candidate, people[3], seat=1)
    yield FAIL, lambda: raw_assignment(candidate, people[3], seat=2, **answered())


@case("assignment_one_adjudication")
def adjudications() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(4)]
    raw_dispute(candidate, *people[:2])
    yield PASS, lambda: raw_assignment(candidate, people[2], purpose="adjudication", **released())
    yield PASS, lambda: raw_assignment(candidate, people[2], purpose="adjudication", **answered())
    yield FAIL, lambda: raw_assignment(candidate, people[3], purpose="adjudication")


def one_of(purpose: str) -> Iterator[Any]:
    candidate, people = raw_agreement(make_candidate()), [make_user() for _ in range(3)]
    if purpose == "second_adjudication":
        candidate.assignments.filter(seat=1).update(verdict="reject")
        raw_assignment(candidate, make_user(), purpose="adjudication", **answered())
    yield PASS, lambda: raw_assignment(candidate, people[0], purpose=purpose, **released())
    yield PASS, lambda: raw_assignment(candidate, people[0], purpose=purpose)
    yield FAIL, lambda: raw_assignment(candidate, people[1], purpose=purpose, **answered())


CASES["assignment_one_audit"] = partial(one_of, "audit")
CASES["assignment_one_second_adjudication"] = partial(one_of, "second_adjudication")


@case("assignment_one_per_person")
def purposes_of_one_person() -> Iterator[Any]:
    candidate, (first, second, third) = make_candidate(), [make_user() for _ in range(3)]
    raw_dispute(candidate, first, second)
    yield PASS, lambda: raw_assignment(candidate, first, purpose="gold")
    yield PASS, lambda: raw_assignment(candidate, first, purpose="repeat")
    yield PASS, lambda: raw_assignment(candidate, first, seat=2, **released())
    yield FAIL, lambda: raw_assignment(candidate, first, purpose="adjudication")
    yield FAIL, lambda: raw_assignment(candidate, second, purpose="adjudication", **answered())
    yield PASS, lambda: raw_assignment(candidate, third, purpose="adjudication", **answered())
    yield FAIL, lambda: raw_assignment(candidate, third, purpose="second_adjudication")


@case("assignment_one_check_per_person")
def checks_of_one_person() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield PASS, lambda: raw_assignment(candidate, person, purpose="gold", **answered())
    yield PASS, lambda: raw_assignment(candidate, person, purpose="repeat")
    yield PASS, lambda: raw_assignment(candidate, make_user(), purpose="gold")
    yield FAIL, lambda: raw_assignment(candidate, person, purpose="gold")
    yield FAIL, lambda: raw_assignment(candidate, person, purpose="repeat", round=2)


@case("assignment_one_assisted")
def assisted_seats() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    yield PASS, lambda: raw_assignment(candidate, people[0], seat=1, arm="assisted", **released())
    yield PASS, lambda: raw_assignment(candidate, people[0], seat=1, arm="assisted")
    yield FAIL, lambda: raw_assignment(candidate, people[1], seat=2, arm="assisted")
    yield PASS, lambda: raw_assignment(candidate, people[1], purpose="gold", arm="assisted")
    yield PASS, lambda: raw_assignment(candidate, people[1], seat=2, arm="both")


@case("assignment_seat")
def seat_numbers() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield FAIL, lambda: raw_assignment(candidate, person, seat=0)
    yield FAIL, lambda: raw_assignment(candidate, person, seat=3)
    yield FAIL, lambda: raw_assignment(candidate, person, seat=None)
    yield FAIL, lambda: raw_assignment(candidate, person, purpose="gold", seat=1)
    yield PASS, lambda: raw_assignment(candidate, person, purpose="gold", seat=None)


@case("assignment_purpose")
def purposes() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield FAIL, lambda: raw_assignment(candidate, person, purpose="second look")
    for purpose in ("gold", "repeat", "primary"):
        yield PASS, lambda purpose=purpose: raw_assignment(candidate, person, purpose=purpose)


@case("assignment_status")
def statuses() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    make, now = partial(raw_assignment, candidate, person), timezone.now()
    yield FAIL, lambda: make(status="waiting")
    yield FAIL, lambda: make(lease_until=None)
    yield FAIL, lambda: make(verdict="accept")
    yield FAIL, lambda: make(submitted_at=now)
    yield FAIL, lambda: make(**released(lease_until=now))
    yield FAIL, lambda: make(**released(verdict="reject"))
    for status in ("submitted", "surplus", "void"):
        done = partial(answered, status=status)
        yield FAIL, lambda done=done: make(**done(verdict=None))
        yield FAIL, lambda done=done: make(**done(verdict="maybe"))
        yield FAIL, lambda done=done: make(**done() | {"submitted_at": None})
        yield FAIL, lambda done=done: make(**done() | {"editable_until": None})
        yield FAIL, lambda done=done: make(**done() | {"lease_until": now})
        yield PASS, lambda done=done: make(**done())
    yield PASS, lambda: make(seat=2, **released())


@case("assignment_confirmed")
def confirmations() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield FAIL, lambda: raw_assignment(candidate, person, **answered(confirmed_at=timezone.now()))
    yield PASS, lambda: raw_assignment(candidate, person, purpose="gold", **answered(confirmed_at=timezone.now()))


@case("assignment_void_reason")
def void_reasons() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield FAIL, lambda: raw_assignment(candidate, person, **answered(void_reason="Clicked through"))
    yield FAIL, lambda: raw_assignment(candidate, person, **answered(status="surplus", void_reason="Clicked through"))
    yield PASS, lambda: raw_assignment(candidate, person, **answered(status="void", void_reason="Clicked through"))
    yield PASS, lambda: raw_assignment(candidate, person, **answered(status="void"))


@case("assignment_arm")
def arms() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield FAIL, lambda: raw_assignment(candidate, person, arm="told")
    for arm in ("blind", "assisted", "both", "reveal"):
        yield PASS, lambda arm=arm: raw_assignment(candidate, person, arm=arm, **released())


@case("assignment_suggestion")
def seen_suggestions() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    suggestion = raw_suggestion(candidate)
    yield FAIL, lambda: raw_assignment(candidate, person, suggestion=suggestion)
    yield FAIL, lambda: raw_assignment(candidate, person, arm="assisted", suggestion=None)
    yield PASS, lambda: raw_assignment(candidate, person, arm="assisted", suggestion=suggestion)


@case("assignment_blind_purpose")
def blind_purposes() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    raw_dispute(candidate, people[0], people[1])
    yield FAIL, lambda: raw_assignment(candidate, people[2], purpose="adjudication", arm="assisted")
    yield PASS, lambda: raw_assignment(candidate, people[2], purpose="adjudication")
    yield PASS, lambda: raw_assignment(candidate, people[2], purpose="gold", arm="reveal")
    yield PASS, lambda: raw_assignment(candidate, people[0], purpose="repeat", arm="both")


@case("answer_one_per_number")
def answer_numbers() -> Iterator[Any]:
    row, other = (raw_assignment(make_candidate(), make_user(), **answered()) for _ in range(2))
    yield PASS, lambda: raw_answer(row, number=1)
    yield PASS, lambda: raw_answer(row, number=2, kind="edit")
    yield PASS, lambda: raw_answer(other, number=1)
    yield FAIL, lambda: raw_answer(row, number=2, kind="edit")


@case("answer_verdict")
def answer_verdicts() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), **answered())
    for number, kind in enumerate(("first", "edit", "confirm", "revise"), start=1):
        yield FAIL, lambda number=number, kind=kind: raw_answer(row, number=number, kind=kind, verdict=None)
        yield FAIL, lambda number=number, kind=kind: raw_answer(row, number=number, kind=kind, verdict="maybe")
        yield PASS, lambda number=number, kind=kind: raw_answer(row, number=number, kind=kind, verdict="reject")
    yield FAIL, lambda: raw_answer(row, number=9, kind="undo", verdict="accept")
    yield PASS, lambda: raw_answer(row, number=9, kind="undo", verdict=None)


@case("answer_kind")
def answer_kinds() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), **answered())
    yield FAIL, lambda: raw_answer(row, kind="guess")
    yield PASS, lambda: raw_answer(row, kind="first")


@case("answer_reason_class")
def reason_classes() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), **answered())
    yield FAIL, lambda: raw_answer(row, kind="first", reason_class="taste")
    yield PASS, lambda: raw_answer(row, kind="confirm", reason_class="taste")


@case("answer_exposure")
def exposures() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), arm="assisted", **answered())
    yield FAIL, lambda: raw_answer(row, exposure="whispered")
    yield PASS, lambda: raw_answer(row, exposure="prefilled")


@case("answer_suggestion")
def answered_suggestions() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), arm="assisted", **answered())
    yield FAIL, lambda: raw_answer(row, model_version="tiny-1")
    yield FAIL, lambda: raw_answer(row, probability=0.8)
    yield FAIL, lambda: raw_answer(row, exposure="prefilled", model_version="")
    yield FAIL, lambda: raw_answer(row, exposure="prefilled", probability=None)
    yield FAIL, lambda: raw_answer(row, exposure="revealed", probability=1.1)
    yield PASS, lambda: raw_answer(row, exposure="prefilled", probability=0.0)
    yield PASS, lambda: raw_answer(row, number=2, kind="edit")


@case("candidate_one_per_sample")
def samples() -> Iterator[Any]:
    candidate = make_candidate()
    twin = partial(twin_of, candidate, is_submitted_sample=False)
    yield FAIL, lambda: twin(sample=1)
    yield PASS, lambda: twin(sample=2)


@case("candidate_one_submitted_sample")
def submitted_samples() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, lambda: twin_of(candidate, sample=2, is_submitted_sample=True)
    yield PASS, lambda: twin_of(candidate, sample=2, is_submitted_sample=False)
    yield PASS, lambda: twin_of(candidate, sample=3, is_submitted_sample=False)


def twin_of(candidate: Candidate, **fields: Any) -> Candidate:
    """Another candidate of the same bundle and deliverable."""
    same = {"project": candidate.project, "bundle": candidate.bundle, "deliverable": candidate.deliverable, "sort": candidate.sort}
    same["lane"] = candidate.lane
    return Candidate.objects.create(image=make_image(), **same, **fields)


@case("candidate_state")
def states() -> Iterator[Any]:
    candidate = make_candidate()
    legal = {"open": {0, 1, 2}, "disputed": {2, 3, 4}, "settled": {2, 3, 4, 5}, "staged": {6}, "held": {6}, "withdrawn": {6}}
    excluded = {1: {"q_excl": 7, "q_excl2": 0}, 3: {"q_excl": 7, "q_excl2": 8}}
    for state, numbers in legal.items():
        for q_state in range(7):
            fields = {"q_excl": 0, "q_excl2": 0} | excluded.get(q_state, {})
            yield q_state in numbers, partial(update, candidate, state=state, q_state=q_state, **fields)
    yield FAIL, partial(update, candidate, state="lost")


@case("candidate_exclusions")
def exclusions() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, partial(update, candidate, q_state=0, q_excl=7)
    yield FAIL, partial(update, candidate, q_state=1, q_excl=0)
    yield FAIL, partial(update, candidate, q_state=1, q_excl=7, q_excl2=8)
    yield PASS, partial(update, candidate, q_state=1, q_excl=7)
    yield FAIL, partial(update, candidate, state="disputed", q_state=3, q_excl=7, q_excl2=7)
    yield FAIL, partial(update, candidate, state="disputed", q_state=3, q_excl=8, q_excl2=7)
    yield PASS, partial(update, candidate, state="disputed", q_state=3, q_excl=7, q_excl2=8)
    yield FAIL, partial(update, candidate, state="settled", q_state=5)


@case("candidate_ready_at")
def ready_times() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, partial(update, candidate, ready_at=timezone.now())
    yield PASS, partial(update, candidate, state="disputed", q_state=2, ready_at=timezone.now())
    yield PASS, partial(update, candidate, state="settled", q_state=2)
    yield FAIL, partial(update, candidate, state="settled", q_state=5)
    yield FAIL, partial(update, candidate, state="disputed", q_state=4)


@case("candidate_image")
def images() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, partial(update, candidate, image=None)
    yield PASS, partial(update, candidate, image=None, state="settled", q_state=5)
    yield FAIL, partial(update, candidate, state="open", q_state=0)


@case("decision_one_current")
def current_decisions() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: raw_decision(candidate, revoked_event=raw_event(candidate))
    yield PASS, lambda: raw_decision(candidate)
    yield FAIL, lambda: raw_decision(candidate, round=2)
    yield PASS, lambda: raw_decision(make_candidate())


@case("decision_verdict")
def decision_verdicts() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, lambda: raw_decision(candidate, verdict="maybe")
    yield PASS, lambda: raw_decision(candidate, verdict="reject")


@case("decision_how")
def decision_ways() -> Iterator[Any]:
    candidate = make_candidate()
    yield FAIL, lambda: raw_decision(candidate, how="coin")
    yield PASS, lambda: raw_decision(candidate, how="imported")


@case("skip_why")
def skip_reasons() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    lease = raw_assignment(candidate, person, **released())
    skip = partial(Skip.objects.create, assignment=lease, candidate=candidate, person=person, round=1)
    yield FAIL, lambda: skip(why="bored")
    yield PASS, lambda: skip(why="broken")


@case("flag_reply")
def flag_replies() -> Iterator[Any]:
    lease = raw_assignment(make_candidate(), make_user())
    flag, now, lead = Flag.objects.create(project=lease.project, assignment=lease, text="Look."), timezone.now(), make_user()
    yield FAIL, partial(update, flag, replied_at=now)
    yield FAIL, partial(update, flag, replied_by=lead)
    yield PASS, partial(update, flag, replied_at=now, replied_by=lead)


@case("receipt_one_per_key")
def receipts() -> Iterator[Any]:
    (person, other), key = (make_user(), make_user()), uuid.uuid4()
    yield PASS, lambda: Receipt.objects.create(person=person, key=key)
    yield PASS, lambda: Receipt.objects.create(person=other, key=key)
    yield FAIL, lambda: Receipt.objects.create(person=person, key=key)


@case("walk_position_one_per_person")
def positions() -> Iterator[Any]:
    project, person = make_candidate().project, make_user()
    yield PASS, lambda: WalkPosition.objects.create(project=project, person=person, sort=1)
    yield PASS, lambda: WalkPosition.objects.create(project=project, person=make_user(), sort=1)
    yield FAIL, lambda: WalkPosition.objects.create(project=project, person=person, sort=2)


@case("bundle_one_per_generator")
def bundles() -> Iterator[Any]:
    bundle = make_bundle(make_task(make_candidate().project))
    yield PASS, lambda: Bundle.objects.create(task=bundle.task, generator=make_generator(), place=1)
    yield FAIL, lambda: Bundle.objects.create(task=bundle.task, generator=bundle.generator, place=2)


@case("bundle_place")
def places() -> Iterator[Any]:
    task = make_task(make_candidate().project)
    yield FAIL, lambda: Bundle.objects.create(task=task, generator=make_generator(), place=-1)
    yield FAIL, lambda: Bundle.objects.create(task=task, generator=make_generator(), place=1 << 40)
    yield PASS, lambda: Bundle.objects.create(task=task, generator=make_generator(), place=0)
    yield PASS, lambda: Bundle.objects.create(task=task, generator=make_generator(), place=(1 << 40) - 1)

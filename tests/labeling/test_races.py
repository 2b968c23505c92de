"""Two things at once, with real threads and connections, on either database."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Project, Receipt, User
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.batches import BatchPlan, batch_candidate, change_batch, create_batch
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.examples import add_example
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.invitations import join_project, make_invitation
from labeling.protocol.lease import HELD_AT_MOST, keep_lease, take_cards
from labeling.protocol.members import Rights, add_member, drop_member, limit_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings
from labeling.protocol.reap import promote_ready, reap_due, release_ahead
from labeling.protocol.record import lock_candidate
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import (
    answer_as,
    dispute,
    expire,
    final_decision,
    lease_for,
    make_bundle,
    make_candidate,
    make_image,
    make_lead,
    make_person,
    make_project,
    make_task,
    make_user,
)
from tests.labeling.protocol_invariants import broken_invariants

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 12
ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave back or raised, all of them started at the same moment in threads of their own."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            results[number] = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def submit(lease: Assignment, submission: Submission = ACCEPT, key: UUID | None = None) -> Callable[[], Any]:
    """An answer to be sent by its thread."""
    key = key or uuid4()
    return lambda: submit_answer(lease.public_id, lease.person, submission, key)


def blind(lease: Assignment) -> Callable[[], Any]:
    """A blind answer to be sent by its thread."""
    return lambda: submit_blind(lease.public_id, lease.person, ACCEPT, uuid4())


def kinds(results: list[Any]) -> list[str]:
    """The codes of outcomes in order; an error stays what it is, so that a comparison shows it."""
    return sorted(getattr(result, "code", repr(result)) for result in results)


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_two_last_answers_at_once_settle_or_dispute_exactly_once(verdict):
    for _ in range(TIMES):
        candidate = make_candidate()
        leases = [lease_for(make_person(candidate.project), candidate) for _ in range(2)]

        results = at_once(submit(leases[0]), submit(leases[1], Submission(verdict=verdict)))

        candidate.refresh_from_db()
        assert kinds(results) == ["submitted", "submitted"]
        assert candidate.state == ("settled" if verdict == "accept" else "disputed")
        assert candidate.decisions.count() == (1 if verdict == "accept" else 0)
    assert broken_invariants() == []


def test_two_adjudicators_and_one_dispute():
    for _ in range(TIMES):
        candidate = make_candidate()
        dispute(candidate)
        people = [make_person(candidate.project) for _ in range(2)]

        results = at_once(*(lambda person=person: take_adjudication(candidate.project, person) for person in people))

        assert sorted(type(result).__name__ for result in results) == ["Assignment", "NoneType"]
    assert broken_invariants() == []


def test_a_late_adjudicator_and_the_next_one():
    for _ in range(TIMES):
        candidate = make_candidate()
        dispute(candidate)
        late = take_adjudication(candidate.project, make_person(candidate.project))
        expire(late)
        reap_due()
        other = take_adjudication(candidate.project, make_person(candidate.project))

        results = at_once(blind(late), blind(other))

        # The late one counts only if it came before the other's, and then the other has lost the dispute: never both.
        assert kinds(results) == ["adjudicated", "surplus"]
        assert candidate.decisions.count() == 1
    assert broken_invariants() == []


def test_the_same_key_twice_at_once_writes_once():
    for _ in range(TIMES):
        candidate = make_candidate()
        lease, key = lease_for(make_person(candidate.project), candidate), uuid4()

        first, second = at_once(submit(lease, ACCEPT, key), submit(lease, ACCEPT, key))

        assert (first.kind, first.answer) == (second.kind, second.answer)
        assert sorted([first.replayed, second.replayed]) == [False, True]
        assert (Answer.objects.filter(assignment=lease).count(), Receipt.objects.filter(key=key).count()) == (1, 1)


def test_one_key_with_two_bodies_at_once_writes_one_of_them():
    for _ in range(TIMES):
        candidate = make_candidate()
        lease, key = lease_for(make_person(candidate.project), candidate), uuid4()

        results = at_once(submit(lease, ACCEPT, key), submit(lease, REJECT, key))

        assert kinds(results) == ["key_reused", "submitted"]
        assert Answer.objects.filter(assignment=lease).count() == 1


def test_two_answers_of_one_person_at_once_are_one_answer():
    for _ in range(TIMES):
        candidate = make_candidate()
        lease = lease_for(make_person(candidate.project), candidate)

        results = at_once(submit(lease, ACCEPT), submit(lease, REJECT))

        assert kinds(results) == ["already_answered", "submitted"]
        assert Answer.objects.filter(assignment=lease).count() == 1


def test_undo_against_the_second_answer():
    for _ in range(TIMES):
        candidate = make_candidate(make_project(undo_minutes=15))
        first = make_person(candidate.project)
        outcome = answer_as(first, candidate, "accept")
        lease = lease_for(make_person(candidate.project), candidate)

        results = at_once(lambda: undo_answer(outcome.assignment, first, outcome.answer, uuid4()), submit(lease))

        candidate.refresh_from_db()
        assert kinds(results) == ["submitted", "undone"]
        assert (candidate.state, candidate.q_state, final_decision(candidate)) == ("open", 2, None)
    assert broken_invariants() == []


def test_undo_and_edit_of_one_answer_at_once():
    for _ in range(TIMES):
        candidate = make_candidate(make_project(undo_minutes=15))
        person = make_person(candidate.project)
        outcome = answer_as(person, candidate, "accept")

        results = at_once(
            lambda: undo_answer(outcome.assignment, person, outcome.answer, uuid4()),
            lambda: edit_answer(outcome.assignment, person, REJECT, outcome.answer, uuid4()),
        )

        assert kinds(results) in (["answer_changed", "edited"], ["not_answered", "undone"])
    assert broken_invariants() == []


def test_the_reaper_against_a_late_answer():
    seen = Counter()
    for _ in range(2 * TIMES):
        candidate = make_candidate()
        lease = lease_for(make_person(candidate.project), candidate)
        expire(lease)

        _reaped, outcome = at_once(lambda: reap_due(candidate.project_id), submit(lease))

        candidate.refresh_from_db()
        assert (outcome.kind, candidate.q_state) == ("submitted", 1)
        assert candidate.assignments.filter(status="submitted").count() == 1
        seen[outcome.code] += 1
    assert set(seen) <= {"submitted", "late"}
    assert broken_invariants() == []


def test_the_reaper_against_a_heartbeat():
    for _ in range(TIMES):
        candidate = make_candidate()
        lease = lease_for(make_person(candidate.project), candidate)
        expire(lease)

        reaped, kept = at_once(lambda: reap_due(candidate.project_id), lambda: keep_lease(lease.public_id, lease.person))

        # Whoever came first: the heartbeat never says that a lease goes on which has ended.
        lease.refresh_from_db()
        assert (reaped, kept, lease.status) in [(0, lease.lease_until, "leased"), (1, None, "released")]
    assert broken_invariants() == []


def test_two_reapers_end_a_lease_once():
    for _ in range(TIMES):
        candidate = make_candidate()
        expire(lease_for(make_person(candidate.project), candidate))

        results = at_once(lambda: reap_due(candidate.project_id), lambda: reap_due(candidate.project_id))

        assert sum(results) == 1
        assert candidate.events.filter(kind="released").count() == 1


def test_many_people_and_one_candidate():
    for _ in range(4):
        candidate = make_candidate()
        people = [make_person(candidate.project) for _ in range(6)]

        results = at_once(*(lambda person=person: take_cards(candidate.project, person) for person in people))

        # Whoever meets the lock of another waits for it before being told that there is nothing.
        assert sorted(map(len, results)) == [0, 0, 0, 0, 1, 1]
        held = candidate.assignments.filter(status="leased")
        assert sorted(held.values_list("seat", flat=True)) == [1, 2]
        assert held.values("person").distinct().count() == 2
    assert broken_invariants() == []


@pytest.mark.parametrize("act", ["label", "adjudicate"])
def test_whoever_comes_by_while_the_only_candidate_is_locked_waits_for_it(act):
    for _ in range(4):
        candidate = make_candidate()
        if act == "adjudicate":
            dispute(candidate)
        person, is_locked = make_person(candidate.project), threading.Event()

        def look_at_it():
            with transaction.atomic():
                lock_candidate(candidate.pk)
                is_locked.set()
                time.sleep(0.2)

        def take():
            is_locked.wait()
            return take_cards(candidate.project, person) if act == "label" else [take_adjudication(candidate.project, person)]

        _looked, taken = at_once(look_at_it, take)

        assert [card.candidate_id for card in taken] == [candidate.pk]


def test_two_tabs_of_one_person_hold_three_candidates_together():
    for _ in range(4):
        project = make_project()
        make_bundle(make_task(project, quantity=8))
        person = make_person(project)

        results = at_once(*(lambda: take_cards(project, person) for _ in range(3)))

        assert max(len(cards) for cards in results) == HELD_AT_MOST
        assert person.assignments.filter(status="leased").count() == HELD_AT_MOST
    assert broken_invariants() == []


def test_a_member_removed_while_taking_work_holds_nothing():
    for _ in range(TIMES):
        project = make_project()
        make_bundle(make_task(project, quantity=4))
        person, lead = make_person(project), make_lead(project)

        at_once(lambda: take_cards(project, person), lambda: drop_member(project, lead, person.public_id))

        assert not person.assignments.filter(status="leased").exists()
    assert broken_invariants() == []


def test_a_batch_that_is_closed_while_people_take_from_it_gives_nothing_afterwards():
    for _ in range(TIMES):
        candidate = make_candidate()
        project, lead = candidate.project, make_lead(candidate.project)
        batch = create_batch(project, lead, BatchPlan(name="first"))
        batch_candidate(candidate.public_id, lead, batch.number)
        people = [make_person(project) for _ in range(2)]
        close = BatchPlan(name="first", closed=True)

        *taken, _effects = at_once(
            *(lambda person=person: take_cards(project, person) for person in people),
            lambda: change_batch(project, lead, batch.public_id, close),
        )

        # Whoever came in time keeps it; nobody comes after.
        held = candidate.assignments.filter(status="leased").count()
        assert held == sum(map(len, taken))
        assert take_cards(project, make_person(project)) == []
    assert broken_invariants() == []


def test_a_candidate_moved_while_it_is_taken_is_leased_or_moved_and_never_lost():
    for _ in range(TIMES):
        candidate = make_candidate()
        project, lead, person = candidate.project, make_lead(candidate.project), make_person(candidate.project)
        batch = create_batch(project, lead, BatchPlan(name="first"))

        taken, _moved = at_once(lambda: take_cards(project, person), lambda: batch_candidate(candidate.public_id, lead, batch.number))

        # Moved just before the lock, it is no longer where it was seen, and is found in its new place the next time.
        assert [card.candidate_id for card in taken or take_cards(project, person)] == [candidate.pk]
    assert broken_invariants() == []


def test_two_skips_as_broken_at_once_put_the_candidate_on_hold():
    for _ in range(TIMES):
        candidate = make_candidate()
        leases = [lease_for(make_person(candidate.project), candidate) for _ in range(2)]

        at_once(*(lambda lease=lease: skip_candidate(lease.public_id, lease.person, "broken", "", uuid4()) for lease in leases))

        candidate.refresh_from_db()
        assert candidate.state == "held"


def test_reopening_against_the_second_answer():
    for _ in range(TIMES):
        candidate = make_candidate()
        lead, people = make_lead(candidate.project), [make_person(candidate.project) for _ in range(3)]
        answer_as(people[0], candidate, "accept")
        lease = lease_for(people[1], candidate)

        _reopened, outcome = at_once(lambda: reopen_candidate(candidate.public_id, lead, "new guideline"), submit(lease))

        candidate.refresh_from_db()
        assert (candidate.round, candidate.state, candidate.q_state) == (2, "open", 0)
        assert outcome.kind in ("submitted", "surplus")
    assert broken_invariants() == []


def test_two_people_come_by_the_last_use_of_an_invitation():
    for _ in range(TIMES):
        project = make_project()
        _invitation, token = make_invitation(project, make_lead(project), Rights(can_label=True))
        people = [make_user(), make_user()]

        results = at_once(*(lambda person=person: join_project(token, person) for person in people))

        refusals = [result.code for result in results if isinstance(result, ProtocolError)]
        assert refusals == ["invitation_over"], results
        assert project.memberships.filter(can_label=True).count() == 1


def test_making_an_example_against_reopening_its_candidate():
    for _ in range(TIMES):
        candidate = make_candidate()
        lead, people = make_lead(candidate.project), [make_person(candidate.project) for _ in range(3)]
        for person in people[:2]:
            answer_as(person, candidate, "accept")

        results = at_once(
            lambda: add_example(candidate.public_id, lead, "Good enough."),
            lambda: reopen_candidate(candidate.public_id, lead, "new guideline"),
        )

        # Whoever comes second is refused: an example is never reopened, an open candidate is no example.
        refusals = [result.code for result in results if isinstance(result, ProtocolError)]
        candidate.refresh_from_db()
        assert (refusals, candidate.state, candidate.examples.count()) in [(["is_example"], "settled", 1), (["not_settled"], "open", 0)]
    assert broken_invariants() == []


class Crowd:
    """People who make random calls on the same few candidates, and what went wrong."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.project = make_project(undo_minutes=15)
        self.people = [make_person(self.project) for _ in range(8)]
        self.lead = make_lead(self.project)
        for quantity in (10, 10, 5, 5):
            make_bundle(make_task(self.project, quantity=quantity))
        self.candidates = list(Candidate.objects.values_list("pk", "public_id"))
        self.image = make_image()
        self.batch = create_batch(self.project, self.lead, BatchPlan(name="first", priority=1))
        self.errors: list[BaseException] = []
        self.calls: Counter[str] = Counter()

    def work(self, seed: int) -> None:
        """One thread: random calls until the time is over."""
        rng = random.Random(seed)
        acts = [self.label] * 8 + [self.change] * 4 + [self.judge] * 3 + [self.lead_acts] * 2 + [self.pass_time] * 2
        try:
            while time.monotonic() < self.until:
                act = rng.choice(acts)
                self.calls[act.__name__] += 1
                try:
                    act(rng, rng.choice(self.people))
                except ProtocolError:
                    self.calls["refused"] += 1
        except Exception as error:  # noqa: BLE001 - the test reports whatever happened
            self.errors.append(error)
        finally:
            connections.close_all()

    def label(self, rng: random.Random, person: User) -> None:
        project = Project.objects.get(pk=self.project.pk)
        for card in take_cards(project, person, ahead=rng.random() < 0.5)[: rng.randint(0, 3)]:
            if rng.random() < 0.2:
                keep_lease(card.public_id, person)
            submit_answer(card.public_id, person, rng.choice([ACCEPT, REJECT]), uuid4())
        if rng.random() < 0.2:
            release_ahead(project, person)

    def change(self, rng: random.Random, person: User) -> None:
        row = person.assignments.order_by("-pk")[rng.randint(0, 5) :].first()
        if row is None:
            return
        newest = row.answers.order_by("-number").first()
        replaces = newest.public_id if newest else uuid4()
        rng.choice(
            [
                lambda: undo_answer(row.public_id, person, replaces, uuid4()),
                lambda: edit_answer(row.public_id, person, REJECT, replaces, uuid4()),
                lambda: skip_candidate(row.public_id, person, rng.choice(["broken", "other"]), "", uuid4()),
                lambda: raise_flag(row.public_id, person, "Look.", uuid4()),
                lambda: submit_answer(row.public_id, person, ACCEPT, uuid4()),
            ]
        )()

    def judge(self, rng: random.Random, person: User) -> None:
        lease = take_adjudication(Project.objects.get(pk=self.project.pk), person)
        if lease is not None:
            submit_blind(lease.public_id, person, rng.choice([ACCEPT, REJECT]), uuid4())
            confirm_adjudication(lease.public_id, person, "taste", rng.choice([None, ACCEPT]), uuid4())

    def lead_acts(self, rng: random.Random, person: User) -> None:
        pk, public_id = rng.choice(self.candidates)
        rng.choice(
            [
                lambda: hold_candidate(public_id, self.lead, "look closer"),
                lambda: return_candidate(public_id, self.lead),
                lambda: return_candidate(public_id, self.lead),
                lambda: withdraw_candidate(public_id, self.lead, "wrong file"),
                lambda: reopen_candidate(public_id, self.lead, "new guideline"),
                lambda: replace_image(public_id, self.lead, self.image, "better file"),
                lambda: import_decision(pk, "accept", self.lead),
                lambda: change_settings(self.project, self.lead, {"undo_minutes": rng.choice([0, 0, 15])}),
                lambda: self.leave_and_return(person),
                lambda: batch_candidate(public_id, self.lead, rng.choice([0, self.batch.number])),
                lambda: change_batch(self.project, self.lead, self.batch.public_id, BatchPlan(name="first", closed=rng.random() < 0.2)),
                lambda: limit_member(self.project, self.lead, person.public_id, ["Digital"], rng.choice([None, None, 30])),
            ]
        )()

    def leave_and_return(self, person: User) -> None:
        drop_member(self.project, self.lead, person.public_id)
        add_member(self.project, self.lead, person, Rights(can_label=True, can_adjudicate=True))

    def pass_time(self, rng: random.Random, person: User) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Assignment.objects.filter(person=person, status="leased").update(lease_until=past)
        reap_due()
        promote_ready()


def test_random_calls_of_eight_threads_meet_no_error_and_no_deadlock():
    crowd = Crowd(seconds=10)
    threads = [threading.Thread(target=crowd.work, args=(seed,)) for seed in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert crowd.errors == []
    assert broken_invariants() == []
    assert all(crowd.calls[act] > 3 for act in ("label", "change", "judge", "lead_acts", "pass_time"))

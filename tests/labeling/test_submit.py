"""Submitting answers: consensus, disputes, late answers, replays."""

from uuid import uuid4

import pytest

from labeling.models import Answer, Assignment
from labeling.protocol.edit import undo_answer
from labeling.protocol.lease import take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    expire,
    final_decision,
    lease_for,
    make_bundle,
    make_candidate,
    make_person,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")
REJECT = Submission(verdict="reject", reasons=("blurry",))


def test_two_equal_answers_settle_the_candidate():
    candidate = make_candidate()

    answer_as(make_person(candidate.project), candidate, "accept")
    answer_as(make_person(candidate.project), candidate, "accept")

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("settled", 5)
    assert final_decision(candidate) == ("accept", "consensus")


def test_two_different_answers_dispute_the_candidate():
    candidate = make_candidate()

    low, high = dispute(candidate)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("disputed", 3)
    assert (candidate.q_excl, candidate.q_excl2) == (low.pk, high.pk)
    assert final_decision(candidate) is None


def test_a_third_person_settles_a_dispute():
    candidate = make_candidate()
    dispute(candidate)

    adjudicate_as(make_person(candidate.project), candidate, "reject")

    candidate.refresh_from_db()
    assert candidate.state == "settled"
    assert final_decision(candidate) == ("reject", "adjudication")


def test_a_person_is_given_three_cards_and_the_same_three_again():
    project = make_project()
    make_bundle(make_task(project, quantity=5))
    person = make_person(project)

    first = take_cards(project, person)
    again = take_cards(project, person)

    assert len(first) == 3
    assert [card.pk for card in first] == [card.pk for card in again]
    assert [card.is_ahead for card in again] == [False, True, True]


def test_a_replay_returns_the_stored_outcome_and_another_body_is_refused():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease, key = lease_for(person, candidate), uuid4()

    first = submit_answer(lease.public_id, person, ACCEPT, key)
    second = submit_answer(lease.public_id, person, ACCEPT, key)

    assert (second.kind, second.answer, second.replayed) == ("submitted", first.answer, True)
    assert Answer.objects.count() == 1
    with pytest.raises(ProtocolError, match="different answer"):
        submit_answer(lease.public_id, person, REJECT, key)


def test_a_late_answer_counts_while_its_lease_was_not_reaped():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    expire(lease)

    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    assert outcome.kind == "submitted"
    assert outcome.assignment == lease.public_id


def test_a_late_answer_takes_a_free_seat_as_a_new_row():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    expire(lease)
    assert reap_due() == 1

    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    row = Assignment.objects.get(public_id=outcome.assignment)
    assert (outcome.kind, row.late_of_id, row.status) == ("submitted", lease.pk, "submitted")


def test_a_late_answer_without_a_free_seat_is_surplus_and_counts_nowhere():
    candidate = make_candidate()
    late = make_person(candidate.project)
    lease = lease_for(late, candidate)
    expire(lease)
    reap_due()
    answer_as(make_person(candidate.project), candidate, "accept")
    answer_as(make_person(candidate.project), candidate, "accept")

    outcome = submit_answer(lease.public_id, late, REJECT, uuid4())

    assert outcome.kind == "surplus"
    assert Assignment.objects.counted_primaries().count() == 2
    assert final_decision(candidate) == ("accept", "consensus")


def test_a_late_answer_that_counts_can_be_taken_back_and_given_again():
    candidate = make_candidate(make_project(undo_minutes=15))
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due()
    late = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    undone = undo_answer(late.assignment, person, late.answer, uuid4())
    again = submit_answer(late.assignment, person, REJECT, uuid4())

    row = Assignment.objects.get(public_id=late.assignment)
    assert (undone.kind, again.kind) == ("submitted", "submitted")
    assert (row.late_of_id, row.status, row.verdict) == (lease.pk, "submitted", "reject")


def test_a_refusal_is_stored_and_replayed():
    candidate = make_candidate(make_project(reasons_required=True))
    person = make_person(candidate.project)
    lease, key = lease_for(person, candidate), uuid4()

    first = submit_answer(lease.public_id, person, Submission(verdict="reject"), key)
    second = submit_answer(lease.public_id, person, Submission(verdict="reject"), key)

    assert (first.kind, first.code) == ("refused", "reason_required")
    assert (second.code, second.replayed) == ("reason_required", True)
    assert lease.status == "leased"


def test_times_no_clock_can_hold_are_clamped_to_thirty_days():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    absurd = Submission(verdict="accept", shown_ago_ms=10**30, answered_ago_ms=10**30)

    outcome = submit_answer(lease.public_id, person, absurd, uuid4())

    answer = Answer.objects.get(public_id=outcome.answer)
    assert (answer.received_at - answer.answered_at).days == 30

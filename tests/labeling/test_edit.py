"""Undo and edit: one's own recent answers, whatever happened elsewhere."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.edit import edit_answer, editable_answers, undo_answer
from labeling.protocol.hold import hold_candidate, reopen_candidate, return_candidate, withdraw_candidate
from labeling.protocol.lease import held_cards, take_cards
from labeling.protocol.reap import promote_ready, reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import (
    answer_as,
    expire,
    final_decision,
    lease_for,
    make_bundle,
    make_candidate,
    make_lead,
    make_person,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db

ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject", reasons=("blurry",))


@pytest.fixture
def candidate():
    """An open candidate of a project with an undo window of 15 minutes."""
    return make_candidate(make_project(undo_minutes=15))


def undo(person, outcome):
    return undo_answer(outcome.assignment, person, outcome.answer, uuid4())


def edit(person, outcome, submission, replaces=None):
    return edit_answer(outcome.assignment, person, submission, replaces or outcome.answer, uuid4())


def close_windows(candidate):
    """Let every window of the candidate have closed a second ago."""
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(candidate=candidate, status="submitted").update(editable_until=past)
    Candidate.objects.filter(pk=candidate.pk, ready_at__isnull=False).update(ready_at=past)


def test_an_edit_adds_an_answer_and_moves_the_decision(candidate):
    first, second = make_person(candidate.project), make_person(candidate.project)
    answer_as(first, candidate, "accept")
    outcome = answer_as(second, candidate, "accept")

    edited = edit(second, outcome, REJECT)

    row = Assignment.objects.get(public_id=outcome.assignment)
    assert (edited.kind, edited.code, row.verdict) == ("submitted", "edited", "reject")
    assert list(row.answers.order_by("number").values_list("kind", "verdict")) == [("first", "accept"), ("edit", "reject")]
    candidate.refresh_from_db()
    assert candidate.state == "disputed"
    assert final_decision(candidate) is None
    assert candidate.decisions.get().revoked_event.kind == "edited"


def test_an_edit_can_end_a_dispute_before_anybody_adjudicates_it(candidate):
    first, second = make_person(candidate.project), make_person(candidate.project)
    answer_as(first, candidate, "accept")
    outcome = answer_as(second, candidate, "reject")
    promote_ready()
    assert take_adjudication(candidate.project, make_person(candidate.project)) is None

    edit(second, outcome, ACCEPT)

    assert final_decision(candidate) == ("accept", "consensus")


def test_a_dispute_is_leasable_once_both_windows_have_closed_and_no_edit_comes_after(candidate):
    first, second, third = (make_person(candidate.project) for _ in range(3))
    answer_as(first, candidate, "accept")
    outcome = answer_as(second, candidate, "reject")
    close_windows(candidate)

    lease = take_adjudication(candidate.project, third)
    late_edit, late_undo = edit(second, outcome, ACCEPT), undo(second, outcome)

    assert lease.candidate_id == candidate.pk
    assert (late_edit.code, late_undo.code) == ("window_closed", "window_closed")


def test_an_open_dispute_stays_closed_to_edits_even_for_a_server_whose_clock_is_behind(candidate):
    first, second = make_person(candidate.project), make_person(candidate.project)
    answer_as(first, candidate, "accept")
    outcome = answer_as(second, candidate, "reject")
    Candidate.objects.filter(pk=candidate.pk).update(q_state=3, ready_at=None, q_excl=first.pk, q_excl2=second.pk)

    refused = edit(second, outcome, ACCEPT)

    assert (refused.kind, refused.code) == ("refused", "window_closed")


def test_a_window_keeps_its_end_when_the_setting_changes(candidate):
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")
    type(candidate.project).objects.filter(pk=candidate.project_id).update(undo_minutes=0)

    assert edit(person, outcome, REJECT).code == "edited"


def test_with_a_window_of_zero_nothing_can_be_changed():
    candidate = make_candidate(make_project(undo_minutes=0))
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")

    assert undo(person, outcome).code == "window_closed"
    assert editable_answers(candidate.project, person) == []


def test_only_the_last_twenty_answers_can_be_changed():
    project = make_project(undo_minutes=15)
    person = make_person(project)
    outcomes = [answer_as(person, candidate, "accept") for candidate in make_bundle(make_task(project, quantity=21)).candidates.all()]

    codes = [edit(person, outcome, REJECT).code for outcome in outcomes]

    assert codes == ["window_closed"] + ["edited"] * 20


def test_undo_gives_the_candidate_back_as_the_one_on_screen(candidate):
    make_bundle(make_task(candidate.project, quantity=2))
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")
    take_cards(candidate.project, person, ahead=False)

    undone = undo(person, outcome)

    cards = held_cards(candidate.project, person)
    assert (undone.code, undone.assignment, undone.answer) == ("undone", outcome.assignment, None)
    assert cards[0].public_id == outcome.assignment
    assert not cards[0].is_ahead
    assert list(cards[0].answers.order_by("number").values_list("kind", "verdict")) == [("first", "accept"), ("undo", None)]


def test_an_answer_taken_back_can_be_given_again_and_changed_again(candidate):
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")
    undo(person, outcome)

    again = submit_answer(outcome.assignment, person, REJECT, uuid4())

    assert (again.code, again.assignment) == ("submitted", outcome.assignment)
    assert edit(person, again, ACCEPT).code == "edited"


def test_an_old_replay_never_reverts_an_edit(candidate):
    person, key = make_person(candidate.project), uuid4()
    outcome = answer_as(person, candidate, "accept")
    first = edit_answer(outcome.assignment, person, REJECT, outcome.answer, key)
    edit(person, first, ACCEPT)

    replayed = edit_answer(outcome.assignment, person, REJECT, outcome.answer, key)
    stale = edit(person, outcome, REJECT)

    assert (replayed.answer, replayed.replayed) == (first.answer, True)
    assert stale.code == "answer_changed"
    assert Assignment.objects.get(public_id=outcome.assignment).verdict == "accept"


def test_somebody_elses_answer_cannot_be_changed(candidate):
    outcome = answer_as(make_person(candidate.project), candidate, "accept")

    refused = edit(make_person(candidate.project), outcome, REJECT)

    assert refused.code == "not_found"


def test_an_answer_that_does_not_count_cannot_be_changed(candidate):
    late = make_person(candidate.project)
    lease = lease_for(late, candidate)
    expire(lease)
    reap_due()
    for _ in range(2):
        answer_as(make_person(candidate.project), candidate, "accept")
    outcome = submit_answer(lease.public_id, late, REJECT, uuid4())

    assert outcome.kind == "surplus"
    assert edit(late, outcome, ACCEPT).code == "not_counted"


def test_a_late_answer_that_counts_can_be_taken_back(candidate):
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due()
    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    undone = undo(person, outcome)

    assert (outcome.code, undone.code) == ("late", "undone")
    assert [card.public_id for card in held_cards(candidate.project, person)] == [outcome.assignment]


@pytest.mark.parametrize("other", ["accept", "reject"])
def test_undo_and_edit_say_the_same_whatever_the_other_person_answered(candidate, other):
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")
    answer_as(make_person(candidate.project), candidate, other)

    edited = edit(person, outcome, REJECT)
    undone = undo(person, edited)

    assert (edited.kind, edited.code, edited.message) == ("submitted", "edited", "Changed")
    assert (undone.kind, undone.code, undone.message) == ("submitted", "undone", "Taken back")


def test_undo_never_makes_a_fourth_lease_and_gives_up_those_without_an_answer_first():
    project = make_project(undo_minutes=15)
    bundle = make_bundle(make_task(project, quantity=8))
    person = make_person(project)
    outcomes = [answer_as(person, candidate, "accept") for candidate in bundle.candidates.order_by("sort")[:4]]
    shown, *_ahead = take_cards(project, person)

    held, codes = [], []
    for outcome in outcomes:
        codes.append(undo(person, outcome).code)
        held.append([card.public_id for card in held_cards(project, person)])

    # Three were held. Each undo takes the place of an ahead one, then of the one on screen; for the fourth there is none left.
    assert codes == ["undone", "undone", "undone", "too_many_open"]
    assert [len(cards) for cards in held] == [3, 3, 3, 3]
    assert shown.public_id in held[1]
    assert held[2] == [outcome.assignment for outcome in reversed(outcomes[:3])]


def test_undo_after_the_candidate_was_reopened_takes_the_answer_out_of_the_old_round(candidate):
    lead, people = make_lead(candidate.project), [make_person(candidate.project) for _ in range(3)]
    outcome = answer_as(people[0], candidate, "accept")
    reopen_candidate(candidate.public_id, lead, "new guideline")

    undone = undo(people[0], outcome)

    row = Assignment.objects.get(public_id=outcome.assignment)
    assert (undone.kind, undone.code) == ("submitted", "undone")
    assert (row.status, row.round) == ("void", 1)
    assert held_cards(candidate.project, people[0]) == []


def test_undo_of_a_withdrawn_candidate_frees_the_seat_it_would_come_back_with(candidate):
    lead, person = make_lead(candidate.project), make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")
    withdraw_candidate(candidate.public_id, lead, "wrong file")

    undo(person, outcome)
    return_candidate(candidate.public_id, lead)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("open", 0)


def test_an_edit_of_a_held_candidate_counts_when_it_comes_back(candidate):
    lead, person = make_lead(candidate.project), make_person(candidate.project)
    answer_as(make_person(candidate.project), candidate, "accept")
    lease = lease_for(person, candidate)
    hold_candidate(candidate.public_id, lead, "look closer")
    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    edit(person, outcome, REJECT)
    return_candidate(candidate.public_id, lead)

    candidate.refresh_from_db()
    assert candidate.state == "disputed"


def test_the_answers_that_can_be_changed_are_the_newest_of_each_candidate():
    project = make_project(undo_minutes=15)
    person = make_person(project)
    first, second = (answer_as(person, candidate, "accept") for candidate in make_bundle(make_task(project, quantity=2)).candidates.all())
    edited = edit(person, first, REJECT)

    found = [answer.public_id for answer in editable_answers(project, person)]

    assert found == [second.answer, edited.answer]
    assert Answer.objects.count() == 3

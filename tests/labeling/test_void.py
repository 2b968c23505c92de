"""Voiding a person's answers: what becomes of the candidate, of the other person's answer, and who may answer again."""

from uuid import uuid4

import pytest

from labeling.models import Answer, Event
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.examples import add_example, remove_example
from labeling.protocol.hold import hold_candidate, reopen_candidate, return_candidate, withdraw_candidate
from labeling.protocol.lease import take_cards
from labeling.protocol.members import drop_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    expire,
    final_decision,
    lease_for,
    make_candidate,
    make_lead,
    make_person,
    make_project,
)

pytestmark = pytest.mark.django_db

WHY = "Clicked through without looking"
ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject")


@pytest.fixture
def candidate():
    return make_candidate()


@pytest.fixture
def lead(candidate):
    return make_lead(candidate.project)


def standing(candidate):
    candidate.refresh_from_db()
    return candidate.state, candidate.q_state, candidate.round


def void(candidate, lead, person, reason=WHY):
    """Void whatever the person answered of the candidate; the effect."""
    chosen = list(candidate.assignments.filter(person=person).values_list("pk", flat=True))
    return void_answers(candidate.pk, lead, person.pk, chosen, reason).effect.value


def refusal(candidate, lead, person, reason=WHY):
    with pytest.raises(ProtocolError) as error:
        void(candidate, lead, person, reason)
    return error.value.code


def rows(candidate):
    """(round, seat or purpose, status) of what was answered, oldest first."""
    answered = candidate.assignments.exclude(status__in=["leased", "released"]).order_by("pk")
    return [(row.round, row.seat or row.purpose, row.status) for row in answered]


def settle(candidate, verdict="accept"):
    """Two new people who agree."""
    people = make_person(candidate.project), make_person(candidate.project)
    for person in people:
        answer_as(person, candidate, verdict)
    return people


def test_the_only_answer_frees_its_seat_and_its_rows_stay(candidate, lead):
    person = make_person(candidate.project)
    answer_as(person, candidate, "accept")

    effect = void(candidate, lead, person)

    row = candidate.assignments.get()
    assert (effect, standing(candidate)) == ("void_seat", ("open", 0, 1))
    assert (row.status, row.verdict, row.void_reason) == ("void", "accept", WHY)
    assert Answer.objects.get(assignment=row).verdict == "accept"
    event = Event.objects.latest("pk")
    assert (event.kind, event.assignment, event.actor, event.data) == ("voided", row, lead, {"reason": WHY})


def test_a_seat_somebody_else_holds_goes_on(candidate, lead):
    first, second = make_person(candidate.project), make_person(candidate.project)
    answer_as(first, candidate, "accept")
    lease = lease_for(second, candidate)

    void(candidate, lead, first)

    assert (standing(candidate), candidate.q_excl) == (("open", 1, 1), second.pk)
    assert submit_answer(lease.public_id, second, ACCEPT, uuid4()).code == "submitted"


def test_a_settled_candidate_goes_back_to_one_seat_and_the_other_answer_counts_again(candidate, lead):
    first, second = settle(candidate)
    third = make_person(candidate.project)

    effect = void(candidate, lead, first)
    then = standing(candidate), candidate.q_excl, final_decision(candidate)
    answer_as(third, candidate, "accept")

    assert (effect, then) == ("void_one_seat", (("open", 1, 1), second.pk, None))
    assert final_decision(candidate) == ("accept", "consensus")
    assert rows(candidate) == [(1, 1, "void"), (1, 2, "submitted"), (1, 1, "submitted")]
    assert [decision.revoked_event_id is None for decision in candidate.decisions.order_by("pk")] == [False, True]


def test_a_dispute_goes_back_to_one_seat_and_the_adjudicators_lease_ends(candidate, lead):
    first, second = dispute(candidate)
    third = make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)

    effect = void(candidate, lead, second)
    outcome = submit_blind(lease.public_id, third, ACCEPT, uuid4())

    lease.refresh_from_db()
    assert (effect, standing(candidate), candidate.q_excl) == ("void_one_seat", ("open", 1, 1), first.pk)
    assert (lease.status, lease.release_reason, outcome.kind) == ("released", "voided", "surplus")


def test_an_adjudicated_candidate_starts_a_new_round_and_asks_both_anew(candidate, lead):
    first, second = dispute(candidate)
    third, fourth = make_person(candidate.project), make_person(candidate.project)
    adjudicate_as(third, candidate, "accept")

    effect = void(candidate, lead, first)

    assert (effect, standing(candidate), final_decision(candidate)) == ("void_new_round", ("open", 0, 2), None)
    assert rows(candidate) == [(1, 1, "void"), (1, 2, "submitted"), (1, "adjudication", "submitted")]
    assert take_cards(candidate.project, third) == []
    for person in (first, second, fourth):
        assert [card.candidate_id for card in take_cards(candidate.project, person)] in ([candidate.pk], [])
    reopened = candidate.events.get(kind="reopened")
    assert (reopened.data["reason"], candidate.decisions.get().revoked_event) == (WHY, reopened)


def test_an_adjudication_that_falls_leaves_both_answers_to_another_adjudicator(candidate, lead):
    dispute(candidate)
    third = make_person(candidate.project)
    adjudicate_as(third, candidate, "accept")
    fourth = make_person(candidate.project)

    effect = void(candidate, lead, third)
    then = standing(candidate), final_decision(candidate)
    again = take_adjudication(candidate.project, third)
    adjudicate_as(fourth, candidate, "reject")

    assert (effect, then, again) == ("void_adjudication", (("disputed", 3, 1), None), None)
    assert final_decision(candidate) == ("reject", "adjudication")


def test_whoever_adjudicated_in_vain_never_answers_that_candidate_in_this_round_or_the_next(candidate, lead):
    first, _second = dispute(candidate)
    third = make_person(candidate.project)
    early = take_adjudication(candidate.project, third)
    expire(early)
    reap_due()
    adjudicate_as(third, candidate, "accept")
    make_person(candidate.project)

    void(candidate, lead, third)
    late = submit_blind(early.public_id, third, REJECT, uuid4())
    void(candidate, lead, first)
    same_round = take_cards(candidate.project, third)
    reopen_candidate(candidate.public_id, lead, "new guideline")

    assert (late.kind, same_round, take_cards(candidate.project, third)) == ("surplus", [], [])


def test_a_primary_lease_from_before_a_void_adjudication_brings_no_answer_that_counts(candidate, lead):
    third = make_person(candidate.project)
    early = lease_for(third, candidate)
    expire(early)
    reap_due()
    first, _second = dispute(candidate)
    adjudicate_as(third, candidate, "accept")
    make_person(candidate.project)
    void(candidate, lead, third)
    void(candidate, lead, first)

    outcome = submit_answer(early.public_id, third, ACCEPT, uuid4())

    assert (outcome.kind, standing(candidate)) == ("surplus", ("open", 1, 1))


def test_whoever_answered_in_vain_may_answer_again_but_never_adjudicates_it(candidate, lead):
    first, second = dispute(candidate)
    third = make_person(candidate.project)
    void(candidate, lead, first)
    answer_as(third, candidate, "accept")

    adjudication = take_adjudication(candidate.project, first)
    void(candidate, lead, third)
    cards = take_cards(candidate.project, first)

    assert (adjudication, standing(candidate)) == (None, ("open", 2, 1))
    assert [card.candidate_id for card in cards] == [candidate.pk]
    assert second.pk in {row.person_id for row in candidate.assignments.filter(status="submitted")}


def test_an_answer_of_an_earlier_round_is_voided_without_touching_the_round_that_goes_on(candidate, lead):
    first, _second = settle(candidate)
    make_person(candidate.project)
    reopen_candidate(candidate.public_id, lead, "new guideline")
    settle(candidate, "reject")

    effect = void(candidate, lead, first)

    assert (effect, standing(candidate)) == ("void_earlier_round", ("settled", 5, 2))
    assert final_decision(candidate) == ("reject", "consensus")


def test_answers_of_both_rounds_are_voided_at_once(candidate, lead):
    first, _second = settle(candidate)
    make_person(candidate.project)
    reopen_candidate(candidate.public_id, lead, "new guideline")
    answer_as(first, candidate, "reject")

    effect = void(candidate, lead, first)

    assert (effect, standing(candidate)) == ("void_seat", ("open", 0, 2))
    assert rows(candidate) == [(1, 1, "void"), (1, 2, "submitted"), (2, 1, "void")]


def test_a_held_candidate_stays_held_and_comes_back_to_what_is_left(candidate, lead):
    first, second = dispute(candidate)
    third = make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)
    hold_candidate(candidate.public_id, lead, "look closer")
    submit_blind(lease.public_id, third, ACCEPT, uuid4())
    make_person(candidate.project)

    effect = void(candidate, lead, first)
    held = standing(candidate), candidate.reason
    return_candidate(candidate.public_id, lead)

    assert (effect, held) == ("void_new_round", (("held", 6, 2), "look closer"))
    assert standing(candidate) == ("open", 0, 2)
    assert second.pk in {row.person_id for row in candidate.assignments.filter(status="submitted")}


def test_a_withdrawn_candidate_is_refused_until_it_is_put_back(candidate, lead):
    first, _second = settle(candidate)
    make_person(candidate.project)
    withdraw_candidate(candidate.public_id, lead, "wrong file")

    assert refusal(candidate, lead, first) == "void_withdrawn"
    return_candidate(candidate.public_id, lead)
    assert void(candidate, lead, first) == "void_one_seat"


def test_fewer_than_three_people_keep_a_settled_candidate_as_it_is_but_not_a_half_answered_one(candidate, lead):
    first, _second = settle(candidate)
    half = make_candidate(candidate.project)
    answer_as(first, half, "accept")

    assert refusal(candidate, lead, first) == "void_too_few_people"
    assert (standing(candidate), rows(candidate)) == (("settled", 5, 1), [(1, 1, "submitted"), (1, 2, "submitted")])
    assert void(half, lead, first) == "void_seat"


def test_an_adjudication_stays_where_nobody_else_may_adjudicate():
    project = make_project()
    candidate, lead = make_candidate(project), make_lead(project)
    dispute(candidate)
    third = make_person(project)
    adjudicate_as(third, candidate, "accept")
    fourth = make_person(project, can_adjudicate=False)

    assert refusal(candidate, lead, third) == "void_no_adjudicator"
    drop_member(project, lead, fourth.public_id)
    assert refusal(candidate, lead, third) == "void_too_few_people"


def test_voiding_needs_a_reason_a_lead_and_an_answer(candidate, lead):
    person = make_person(candidate.project)
    answer_as(person, candidate, "accept")

    assert refusal(candidate, lead, person, "  ") == "reason_required"
    assert refusal(candidate, person, person) == "not_allowed"
    assert void(candidate, lead, person) == "void_seat"
    assert refusal(candidate, lead, person) == "nothing_to_void"


def test_the_rows_of_another_person_are_never_voided_with_them(candidate, lead):
    first, second = settle(candidate)
    make_person(candidate.project)
    everything = list(candidate.assignments.values_list("pk", flat=True))

    void_answers(candidate.pk, lead, first.pk, everything, WHY)

    assert {row.person_id: row.status for row in candidate.assignments.all()} == {first.pk: "void", second.pk: "submitted"}


def test_a_void_answer_cannot_be_changed_confirmed_or_given_again_under_its_lease(candidate, lead):
    candidate.project.undo_minutes = 15
    candidate.project.save()
    first = make_person(candidate.project)
    outcome = answer_as(first, candidate, "accept")
    void(candidate, lead, first)

    edited = edit_answer(outcome.assignment, first, REJECT, outcome.answer, uuid4())
    undone = undo_answer(outcome.assignment, first, outcome.answer, uuid4())
    repeated = submit_answer(outcome.assignment, first, ACCEPT, uuid4())

    assert (edited.code, undone.code, repeated.code) == ("not_answered", "not_answered", "already_answered")


def test_a_reveal_that_waits_goes_with_its_adjudication(candidate, lead):
    dispute(candidate)
    third = make_person(candidate.project)
    make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)
    submit_blind(lease.public_id, third, ACCEPT, uuid4())
    void(candidate, lead, third)

    outcome = confirm_adjudication(lease.public_id, third, "taste", None, uuid4())

    assert (outcome.code, take_adjudication(candidate.project, third)) == ("already_confirmed", None)


def test_what_is_an_example_is_voided_only_after_it_is_taken_out_of_the_gallery(candidate, lead):
    people = [make_person(candidate.project) for _ in range(4)]
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    example = add_example(candidate.public_id, lead, "Clean lettering")

    assert refusal(candidate, lead, people[0]) == "void_is_example"
    remove_example(candidate.project, lead, example.public_id)
    assert void(candidate, lead, people[0]) == "void_one_seat"

"""Adjudication: a third person answers blind, sees both answers, and confirms or revises."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Assignment, Candidate
from labeling.protocol.adjudicate import confirm_adjudication, pending_reveal, read_reveal, submit_blind, take_adjudication
from labeling.protocol.edit import edit_answer
from labeling.protocol.hold import hold_candidate, reopen_candidate, return_candidate
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings
from labeling.protocol.reap import promote_ready, reap_due
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
    make_lead,
    make_person,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db

ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject", reasons=("blurry",), note="Look at the text.")


def judge(lease, person, submission):
    return submit_blind(lease.public_id, person, submission, uuid4())


def confirm(lease, person, reason_class="taste", submission=None):
    return confirm_adjudication(lease.public_id, person, reason_class, submission, uuid4())


@pytest.fixture
def candidate():
    """A disputed candidate that an adjudicator may take."""
    found = make_candidate()
    dispute(found)
    return found


@pytest.fixture
def third(candidate):
    """A member who has not answered the candidate."""
    return make_person(candidate.project)


def test_the_blind_answer_settles_the_dispute_and_ends_the_lease(candidate, third):
    lease = take_adjudication(candidate.project, third)

    outcome = judge(lease, third, ACCEPT)

    lease.refresh_from_db()
    candidate.refresh_from_db()
    assert (outcome.kind, outcome.code, lease.status, candidate.state) == ("submitted", "adjudicated", "submitted", "settled")
    assert final_decision(candidate) == ("accept", "adjudication")


def test_nothing_is_revealed_before_the_blind_answer_and_both_answers_after_it(candidate, third):
    lease = take_adjudication(candidate.project, third)

    with pytest.raises(ProtocolError, match="after your own"):
        read_reveal(lease.public_id, third)
    judge(lease, third, REJECT)
    reveal = read_reveal(lease.public_id, third)

    assert sorted(answer.verdict for answer in reveal.primaries) == ["accept", "reject"]
    assert (reveal.own.verdict, reveal.own.reasons, reveal.own.note) == ("reject", ["blurry"], "Look at the text.")


def test_the_order_of_the_two_answers_is_random_but_stays_the_same(candidate):
    orders = set()
    for _ in range(12):
        another = make_candidate(make_project())
        dispute(another)
        person = make_person(another.project)
        lease = take_adjudication(another.project, person)
        judge(lease, person, ACCEPT)
        first, second = (read_reveal(lease.public_id, person).primaries for _ in range(2))
        assert first == second
        orders.add(tuple(answer.verdict for answer in first))

    # The chance that twelve fair draws agree is 2 in 4096.
    assert orders == {("accept", "reject"), ("reject", "accept")}


def test_only_the_adjudicator_sees_the_two_answers(candidate, third):
    lease = take_adjudication(candidate.project, third)
    judge(lease, third, ACCEPT)

    with pytest.raises(ProtocolError):
        read_reveal(lease.public_id, make_person(candidate.project))


def test_confirming_keeps_the_answer_and_says_why_the_two_differed(candidate, third):
    lease = take_adjudication(candidate.project, third)
    judge(lease, third, REJECT)

    outcome = confirm(lease, third, "ambiguous_brief")

    newest = Assignment.objects.get(pk=lease.pk).answers.latest("number")
    assert (outcome.code, newest.kind, newest.verdict, newest.reasons) == ("confirm", "confirm", "reject", ["blurry"])
    assert newest.reason_class == "ambiguous_brief"
    assert final_decision(candidate) == ("reject", "adjudication")
    assert candidate.decisions.count() == 1


def test_revising_moves_the_decision_and_keeps_the_blind_answer(candidate, third):
    lease = take_adjudication(candidate.project, third)
    judge(lease, third, REJECT)

    outcome = confirm(lease, third, "missed_defect", ACCEPT)

    answers = Assignment.objects.get(pk=lease.pk).answers.order_by("number")
    assert outcome.code == "revise"
    assert list(answers.values_list("kind", "verdict", "reason_class")) == [("first", "reject", ""), ("revise", "accept", "missed_defect")]
    assert final_decision(candidate) == ("accept", "adjudication")
    assert [row.verdict for row in candidate.decisions.order_by("id")] == ["reject", "accept"]


def test_confirming_needs_a_reason_class_and_happens_once(candidate, third):
    lease = take_adjudication(candidate.project, third)
    early = confirm(lease, third)
    judge(lease, third, ACCEPT)

    codes = [early.code, confirm(lease, third, "because").code, confirm(lease, third).code, confirm(lease, third).code]

    assert codes == ["already_confirmed", "reason_class_required", "confirm", "already_confirmed"]


def test_an_unconfirmed_reveal_comes_back_first_and_after_a_day_the_blind_answer_stands(candidate, third):
    other = make_candidate(candidate.project)
    dispute(other)
    lease = take_adjudication(candidate.project, third)
    judge(lease, third, ACCEPT)

    first = take_adjudication(candidate.project, third)
    day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    Assignment.objects.filter(pk=lease.pk).update(submitted_at=day_ago)

    assert first.pk == lease.pk
    assert pending_reveal(candidate.project, third) is None
    assert take_adjudication(candidate.project, third).pk != lease.pk
    assert confirm(lease, third, "taste", REJECT).code == "reveal_over"
    assert final_decision(Candidate.objects.get(pk=lease.candidate_id)) == ("accept", "adjudication")


def test_nobody_adjudicates_what_they_answered(candidate):
    for person in {row.person for row in candidate.assignments.select_related("person")}:
        assert take_adjudication(candidate.project, person) is None


def test_nobody_adjudicates_what_they_answered_too_late(candidate):
    project = make_project()
    late_candidate, late = make_candidate(project), make_person(project)
    lease = lease_for(late, late_candidate)
    expire(lease)
    reap_due()
    dispute(late_candidate)

    outcome = submit_answer(lease.public_id, late, ACCEPT, uuid4())

    assert outcome.kind == "surplus"
    assert take_adjudication(project, late) is None
    assert take_adjudication(project, make_person(project)).candidate_id == late_candidate.pk


def test_a_dispute_has_one_adjudicator_at_a_time_and_a_person_one_dispute(candidate, third):
    lease = take_adjudication(candidate.project, third)

    again = take_adjudication(candidate.project, third)
    other = take_adjudication(candidate.project, make_person(candidate.project))

    assert (again.pk, other) == (lease.pk, None)


def test_people_without_the_right_adjudicate_nothing(candidate):
    labeller = make_person(candidate.project, can_adjudicate=False)

    with pytest.raises(ProtocolError, match="not allowed"):
        take_adjudication(candidate.project, labeller)


def test_a_primary_lease_is_no_adjudication_and_the_other_way_round(candidate, third):
    adjudication = take_adjudication(candidate.project, third)
    primary = lease_for(third, make_candidate(candidate.project))

    assert judge(primary, third, ACCEPT).code == "wrong_purpose"
    assert submit_answer(adjudication.public_id, third, ACCEPT, uuid4()).code == "wrong_purpose"


def test_a_late_blind_answer_counts_while_nobody_else_holds_the_dispute(candidate, third):
    lease = take_adjudication(candidate.project, third)
    expire(lease)
    reap_due()

    outcome = judge(lease, third, ACCEPT)

    row = Assignment.objects.get(public_id=outcome.assignment)
    assert (outcome.kind, outcome.code, row.late_of_id) == ("submitted", "late", lease.pk)
    assert final_decision(candidate) == ("accept", "adjudication")


def test_a_late_blind_answer_is_surplus_once_another_adjudicator_holds_the_dispute(candidate, third):
    lease = take_adjudication(candidate.project, third)
    expire(lease)
    reap_due()
    other = make_person(candidate.project)
    take_adjudication(candidate.project, other)

    outcome = judge(lease, third, ACCEPT)

    assert outcome.kind == "surplus"
    assert final_decision(candidate) is None
    with pytest.raises(ProtocolError):
        read_reveal(outcome.assignment, third)


def test_a_late_blind_answer_to_a_held_dispute_counts_when_it_comes_back(candidate, third):
    lead = make_lead(candidate.project)
    lease = take_adjudication(candidate.project, third)
    expire(lease)
    reap_due()
    hold_candidate(candidate.public_id, lead, "look closer")

    outcome = judge(lease, third, REJECT)
    return_candidate(candidate.public_id, lead)

    assert outcome.code == "late"
    assert final_decision(candidate) == ("reject", "adjudication")


def test_one_lease_takes_one_late_blind_answer(candidate, third):
    lease = take_adjudication(candidate.project, third)
    expire(lease)
    reap_due()
    judge(lease, third, ACCEPT)

    assert judge(lease, third, REJECT).code == "already_answered"
    assert final_decision(candidate) == ("accept", "adjudication")


def test_a_former_adjudicator_takes_no_part_in_the_next_round(candidate, third):
    lead, (first, second, fourth) = make_lead(candidate.project), [make_person(candidate.project) for _ in range(3)]
    adjudicate_as(third, candidate, "accept")
    reopen_candidate(candidate.public_id, lead, "new guideline")

    with pytest.raises(AssertionError, match="no free seat"):
        lease_for(third, candidate)
    answer_as(first, candidate, "accept")
    answer_as(second, candidate, "reject")

    assert take_adjudication(candidate.project, third) is None
    assert take_adjudication(candidate.project, fourth).candidate_id == candidate.pk


def test_disputes_become_ready_by_the_clock_alone():
    candidate = make_candidate(make_project(undo_minutes=15))
    dispute(candidate)
    third = make_person(candidate.project)
    before = take_adjudication(candidate.project, third)
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(candidate=candidate).update(editable_until=past)
    Candidate.objects.filter(pk=candidate.pk).update(ready_at=past)

    ready = promote_ready()

    candidate.refresh_from_db()
    assert (before, ready, candidate.q_state, candidate.ready_at) == (None, 1, 3, None)
    assert take_adjudication(candidate.project, third) is not None


def test_a_paused_project_gives_out_no_dispute_but_lets_the_one_in_hand_end(candidate, third):
    lead = make_lead(candidate.project)
    lease = take_adjudication(candidate.project, third)
    change_settings(candidate.project, lead, {"paused": True})

    assert take_adjudication(candidate.project, third).pk == lease.pk
    assert take_adjudication(candidate.project, make_person(candidate.project)) is None
    assert judge(lease, third, ACCEPT).code == "adjudicated"


def test_an_adjudicated_answer_cannot_be_edited(candidate, third):
    lease = take_adjudication(candidate.project, third)
    outcome = judge(lease, third, ACCEPT)

    assert edit_answer(lease.public_id, third, REJECT, outcome.answer, uuid4()).code == "not_answered"


def test_many_disputes_of_many_pairs_are_all_found():
    project = make_project()
    people = [make_person(project) for _ in range(4)]
    pairs = [(first, second) for first in people for second in people if first.pk < second.pk]
    bundle = make_bundle(make_task(project, quantity=len(pairs)))
    for candidate, (first, second) in zip(bundle.candidates.order_by("sort"), pairs, strict=True):
        answer_as(first, candidate, "accept")
        answer_as(second, candidate, "reject")

    found = set()
    while (lease := take_adjudication(project, people[1])) is not None:
        found.add(lease.candidate_id)
        judge(lease, people[1], ACCEPT)
        confirm(lease, people[1])

    # Of the 6 pairs of 4 people, 3 leave out the second person.
    assert len(found) == 3

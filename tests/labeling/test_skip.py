"""Skipping: it needs a reason, frees the seat, and keeps the candidate from the person for the round."""

from uuid import uuid4

import pytest

from labeling.models import Assignment, Event, Skip
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.hold import reopen_candidate, return_candidate
from labeling.protocol.lease import take_cards
from labeling.protocol.members import drop_member
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import NOTE_LIMIT, Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, expire, lease_for, make_candidate, make_lead, make_person, make_project

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")


def skip(lease, person, why="cannot_judge", note=""):
    return skip_candidate(lease.public_id, person, why, note, uuid4())


def test_a_skip_frees_the_seat_and_the_person_never_sees_the_candidate_again_this_round():
    candidate = make_candidate()
    person, other = make_person(candidate.project), make_person(candidate.project)
    (lease,) = take_cards(candidate.project, person)

    outcome = skip(lease, person)

    candidate.refresh_from_db()
    assert (outcome.kind, outcome.code, candidate.q_state) == ("submitted", "skipped", 0)
    assert take_cards(candidate.project, person) == []
    assert [card.candidate_id for card in take_cards(candidate.project, other)] == [candidate.pk]


def test_a_new_round_brings_a_skipped_candidate_back():
    candidate = make_candidate()
    people = [make_person(candidate.project) for _ in range(3)]
    skip(lease_for(people[0], candidate), people[0])

    reopen_candidate(candidate.public_id, make_lead(candidate.project), "new guideline")

    assert [card.candidate_id for card in take_cards(candidate.project, people[0])] == [candidate.pk]


def test_a_skip_needs_one_of_the_listed_reasons_and_a_short_note():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)

    assert skip(lease, person, why="bored").code == "bad_skip_reason"
    assert skip(lease, person, note="x" * (NOTE_LIMIT + 1)).code == "note_too_long"
    assert skip(lease, person, note="x" * NOTE_LIMIT).code == "skipped"


def test_two_people_who_call_it_broken_put_it_on_hold():
    candidate = make_candidate()
    first, second, third = (make_person(candidate.project) for _ in range(3))

    skip(lease_for(first, candidate), first, "broken")
    skip(lease_for(third, candidate), third, "unclear_brief")
    candidate.refresh_from_db()
    before = candidate.state
    skip(lease_for(second, candidate), second, "broken")

    candidate.refresh_from_db()
    assert (before, candidate.state, candidate.q_state) == ("open", "held", 6)
    assert "broken" in candidate.reason
    assert take_cards(candidate.project, make_person(candidate.project)) == []


def test_reports_the_lead_has_answered_by_putting_it_back_do_not_count_again():
    candidate = make_candidate()
    people = [make_person(candidate.project) for _ in range(3)]
    skip(lease_for(people[0], candidate), people[0], "broken")
    late = lease_for(people[1], candidate)
    skip(late, people[1], "broken")
    return_candidate(candidate.public_id, make_lead(candidate.project))

    skip(lease_for(people[2], candidate), people[2], "broken")

    # The lead has seen the first two reports: only what comes after counts.
    candidate.refresh_from_db()
    assert candidate.state == "open"


def test_an_adjudicator_can_pass_a_dispute_on():
    candidate = make_candidate()
    dispute(candidate)
    third, fourth = make_person(candidate.project), make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)

    skip(lease, third)

    assert take_adjudication(candidate.project, third) is None
    assert take_adjudication(candidate.project, fourth).candidate_id == candidate.pk


def test_a_late_skip_keeps_the_candidate_away_and_ends_a_newer_lease_of_it():
    candidate = make_candidate()
    person = make_person(candidate.project)
    old = lease_for(person, candidate)
    expire(old)
    reap_due()
    (newer,) = take_cards(candidate.project, person)

    outcome = skip(old, person)

    newer.refresh_from_db()
    assert (outcome.code, newer.status, newer.release_reason) == ("skipped", "released", "skipped")
    assert take_cards(candidate.project, person) == []


def test_what_is_answered_cannot_be_skipped_and_what_is_skipped_cannot_be_answered():
    candidate = make_candidate(make_project(undo_minutes=15))
    person, other = make_person(candidate.project), make_person(candidate.project)
    answered = lease_for(person, candidate)
    submit_answer(answered.public_id, person, ACCEPT, uuid4())
    skipped = lease_for(other, candidate)
    skip(skipped, other)

    assert skip(answered, person).code == "already_answered"
    assert skip(skipped, other).code == "already_answered"
    assert submit_answer(skipped.public_id, other, ACCEPT, uuid4()).code == "skipped"
    assert Skip.objects.count() == 1


def test_a_late_answer_and_a_late_skip_of_one_lease_do_not_stand_side_by_side():
    candidate = make_candidate()
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due()
    submit_answer(lease.public_id, person, ACCEPT, uuid4())

    outcome = skip(lease, person)

    assert (outcome.kind, outcome.code) == ("refused", "already_answered")
    assert Assignment.objects.filter(status="submitted").count() == 1


def test_a_flag_reaches_the_lead_and_changes_nothing_else():
    candidate = make_candidate()
    person = make_person(candidate.project)
    outcome = answer_as(person, candidate, "accept")

    flagged = raise_flag(outcome.assignment, person, "  The hand has six fingers. ", uuid4())
    empty = raise_flag(outcome.assignment, person, "  ", uuid4())

    assert (flagged.code, empty.code) == ("flagged", "empty_flag")
    assert candidate.project.flags.get().text == "The hand has six fingers."
    assert Event.objects.filter(kind="flagged", candidate=candidate).count() == 1


def test_a_former_member_neither_skips_nor_flags():
    candidate = make_candidate()
    lead, person = make_lead(candidate.project), make_person(candidate.project)
    lease = lease_for(person, candidate)
    drop_member(candidate.project, lead, person.public_id)

    assert skip(lease, person, "broken").code == "not_allowed"
    assert raise_flag(lease.public_id, person, "Look.", uuid4()).code == "not_allowed"
    assert submit_answer(lease.public_id, person, ACCEPT, uuid4()).code == "not_allowed"

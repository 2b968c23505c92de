"""What a lead does to a candidate, and what that does to work in progress."""

from uuid import uuid4

import pytest

from labeling.models import Event
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.intake import enter_queue, import_decision
from labeling.protocol.lease import take_cards
from labeling.protocol.members import drop_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    final_decision,
    lease_for,
    make_candidate,
    make_image,
    make_lead,
    make_person,
)
from tests.labeling.raw_rows import update

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")


@pytest.fixture
def candidate():
    return make_candidate()


@pytest.fixture
def lead(candidate):
    return make_lead(candidate.project)


def status(candidate):
    candidate.refresh_from_db()
    return candidate.state, candidate.q_state


def code_of(error):
    return error.value.code


def test_a_held_candidate_is_given_to_nobody_and_a_lease_in_hand_goes_on_and_counts(candidate, lead):
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)

    hold_candidate(candidate.public_id, lead, "look closer")
    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    assert (outcome.code, status(candidate), candidate.reason) == ("submitted", ("held", 6), "look closer")
    assert take_cards(candidate.project, make_person(candidate.project)) == []
    return_candidate(candidate.public_id, lead)
    assert (status(candidate), candidate.reason) == (("open", 1), "")


def test_both_answers_given_while_held_settle_the_candidate_when_it_comes_back(candidate, lead):
    leases = [(person, lease_for(person, candidate)) for person in (make_person(candidate.project), make_person(candidate.project))]
    hold_candidate(candidate.public_id, lead, "look closer")

    for person, lease in leases:
        submit_answer(lease.public_id, person, ACCEPT, uuid4())
    decision_while_held = final_decision(candidate)
    return_candidate(candidate.public_id, lead)

    assert decision_while_held is None
    assert (status(candidate), final_decision(candidate)) == (("settled", 5), ("accept", "consensus"))


def test_a_held_dispute_comes_back_with_the_adjudication_given_meanwhile(candidate, lead):
    dispute(candidate)
    third = make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)
    hold_candidate(candidate.public_id, lead, "look closer")

    submit_blind(lease.public_id, third, ACCEPT, uuid4())
    return_candidate(candidate.public_id, lead)

    assert final_decision(candidate) == ("accept", "adjudication")


def test_only_open_and_disputed_candidates_are_held_and_each_act_needs_a_reason(candidate, lead):
    for act in (hold_candidate, withdraw_candidate, reopen_candidate):
        with pytest.raises(ProtocolError) as error:
            act(candidate.public_id, lead, "  ")
        assert code_of(error) in {"reason_required"}
    for _ in range(2):
        answer_as(make_person(candidate.project), candidate, "accept")

    with pytest.raises(ProtocolError) as error:
        hold_candidate(candidate.public_id, lead, "look closer")

    assert code_of(error) == "not_open"


def test_withdrawing_ends_leases_and_the_decision_and_coming_back_restores_the_answers(candidate, lead):
    for _ in range(2):
        answer_as(make_person(candidate.project), candidate, "accept")
    other = make_candidate(candidate.project)
    lease = lease_for(make_person(candidate.project), other)

    withdraw_candidate(candidate.public_id, lead, "wrong file")
    withdraw_candidate(other.public_id, lead, "wrong file")
    withdrawn = status(candidate), final_decision(candidate)
    return_candidate(candidate.public_id, lead)

    lease.refresh_from_db()
    assert (lease.status, lease.release_reason) == ("released", "withdrawn")
    assert withdrawn == (("withdrawn", 6), None)
    assert (status(candidate), final_decision(candidate)) == (("settled", 5), ("accept", "consensus"))
    assert candidate.decisions.count() == 2


def test_an_answer_to_a_withdrawn_candidate_is_kept_and_not_counted(candidate, lead):
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    withdraw_candidate(candidate.public_id, lead, "wrong file")

    outcome = submit_answer(lease.public_id, person, ACCEPT, uuid4())

    assert (outcome.kind, status(candidate)) == ("surplus", ("withdrawn", 6))


def test_reopening_starts_an_empty_round_and_keeps_the_old_rows(candidate, lead):
    people = [make_person(candidate.project) for _ in range(3)]
    answer_as(people[0], candidate, "accept")
    held = lease_for(people[1], candidate)

    reopen_candidate(candidate.public_id, lead, "new guideline")

    held.refresh_from_db()
    assert (held.status, held.release_reason) == ("released", "reopened")
    assert (status(candidate), candidate.round) == (("open", 0), 2)
    assert candidate.assignments.filter(round=1, status="submitted").count() == 1
    assert [card.candidate_id for card in take_cards(candidate.project, people[0])] == [candidate.pk]


def test_an_answer_under_a_lease_of_the_old_round_is_kept_and_not_counted(candidate, lead):
    people = [make_person(candidate.project) for _ in range(3)]
    lease = lease_for(people[0], candidate)
    reopen_candidate(candidate.public_id, lead, "new guideline")
    lease_for(people[0], candidate)

    outcome = submit_answer(lease.public_id, people[0], ACCEPT, uuid4())

    assert (outcome.kind, status(candidate)) == ("surplus", ("open", 1))


def test_reopening_revokes_the_decision_by_its_own_event(candidate, lead):
    dispute(candidate)
    make_person(candidate.project)
    adjudicate_as(make_person(candidate.project), candidate, "accept")

    reopen_candidate(candidate.public_id, lead, "new guideline")

    assert final_decision(candidate) is None
    assert candidate.decisions.get().revoked_event.kind == "reopened"


def test_reopening_is_refused_with_fewer_than_three_people_besides_the_last_adjudicator(candidate, lead):
    dispute(candidate)
    third = make_person(candidate.project)
    adjudicate_as(third, candidate, "accept")

    with pytest.raises(ProtocolError, match="there are 2") as error:
        reopen_candidate(candidate.public_id, lead, "new guideline")
    make_person(candidate.project)
    reopen_candidate(candidate.public_id, lead, "new guideline")

    assert code_of(error) == "too_few_people"
    assert status(candidate) == ("open", 0)


def test_people_who_left_do_not_count_as_people_for_a_new_round(candidate, lead):
    people = [make_person(candidate.project) for _ in range(3)]
    answer_as(people[0], candidate, "accept")
    drop_member(candidate.project, lead, people[2].public_id)

    with pytest.raises(ProtocolError) as error:
        reopen_candidate(candidate.public_id, lead, "new guideline")

    assert code_of(error) == "too_few_people"


def test_a_reveal_can_still_be_confirmed_after_the_candidate_was_reopened(candidate, lead):
    dispute(candidate)
    third = make_person(candidate.project)
    make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)
    submit_blind(lease.public_id, third, ACCEPT, uuid4())
    reopen_candidate(candidate.public_id, lead, "new guideline")

    outcome = confirm_adjudication(lease.public_id, third, "taste", Submission(verdict="reject"), uuid4())

    assert (outcome.code, status(candidate), final_decision(candidate)) == ("revise", ("open", 0), None)


def test_another_image_starts_a_round_only_where_people_have_been_at_the_old_one(candidate, lead):
    [make_person(candidate.project) for _ in range(3)]
    fresh, image = make_candidate(candidate.project), make_image()
    answer_as(make_person(candidate.project), candidate, "accept")
    old = candidate.image

    replace_image(candidate.public_id, lead, image, "better file")
    replace_image(fresh.public_id, lead, image, "better file")

    fresh.refresh_from_db()
    assert (status(candidate), candidate.round, candidate.image) == (("open", 0), 2, image)
    assert (fresh.round, fresh.image) == (1, image)
    assert candidate.assignments.get().image == old
    with pytest.raises(ProtocolError) as error:
        replace_image(candidate.public_id, lead, image, "better file")
    assert code_of(error) == "same_image"


def test_a_withdrawn_candidate_comes_back_only_by_being_put_back(candidate, lead):
    withdraw_candidate(candidate.public_id, lead, "wrong file")

    codes = []
    for act in (
        lambda: reopen_candidate(candidate.public_id, lead, "new guideline"),
        lambda: replace_image(candidate.public_id, lead, make_image(), "better file"),
        lambda: import_decision(candidate.pk, "accept", lead),
        lambda: withdraw_candidate(candidate.public_id, lead, "again"),
    ):
        with pytest.raises(ProtocolError) as error:
            act()
        codes.append(code_of(error))

    assert codes == ["not_reopenable", "not_reopenable", "out_of_queue", "withdrawn"]
    assert status(candidate) == ("withdrawn", 6)


def test_a_candidate_without_an_image_is_not_opened(candidate, lead):
    update(candidate, image=None, state="withdrawn", q_state=6)

    with pytest.raises(ProtocolError) as error:
        return_candidate(candidate.public_id, lead)

    assert code_of(error) == "no_image"


def test_the_first_image_of_a_candidate_decided_elsewhere_keeps_the_decision(candidate, lead):
    update(candidate, image=None, state="staged", q_state=6)
    import_decision(candidate.pk, "accept", lead)

    replace_image(candidate.public_id, lead, make_image(), "the file has come")

    assert (status(candidate), candidate.round) == (("settled", 5), 1)
    assert final_decision(candidate) == ("accept", "imported")


def test_an_imported_decision_never_overwrites_one_made_here(candidate, lead):
    lease_for(make_person(candidate.project), candidate)
    elsewhere = make_candidate(candidate.project)

    with pytest.raises(ProtocolError) as error:
        import_decision(candidate.pk, "accept", lead)
    outcomes = [import_decision(elsewhere.pk, verdict, lead) for verdict in ("accept", "accept", "reject")]

    assert code_of(error) == "decided_here"
    assert outcomes == ["created", "unchanged", "updated"]
    assert (status(elsewhere), final_decision(elsewhere)) == (("settled", 5), ("reject", "imported"))
    with pytest.raises(ValueError, match="maybe"):
        import_decision(elsewhere.pk, "maybe", lead)


def test_staged_candidates_with_an_image_enter_the_queue_once(candidate, lead):
    update(candidate, state="staged", q_state=6)
    blank = make_candidate(candidate.project)
    update(blank, state="staged", q_state=6, image=None)

    counts = [enter_queue([candidate.pk, blank.pk], lead) for _ in range(2)]

    assert (counts, status(candidate), status(blank)) == ([1, 0], ("open", 0), ("staged", 6))
    assert Event.objects.filter(kind="queued").count() == 1


def test_the_time_of_the_last_change_of_state_is_kept(candidate, lead):
    times = []
    for act in (
        lambda: hold_candidate(candidate.public_id, lead, "look closer"),
        lambda: return_candidate(candidate.public_id, lead),
        lambda: withdraw_candidate(candidate.public_id, lead, "wrong file"),
    ):
        act()
        candidate.refresh_from_db()
        times.append(candidate.state_changed_at)
    lease_time = times[-1]
    return_candidate(candidate.public_id, lead)
    lease_for(make_person(candidate.project), candidate)

    candidate.refresh_from_db()
    assert times == sorted(set(times))
    assert candidate.state_changed_at > lease_time
    assert candidate.state_changed_at < candidate.assignments.get().leased_at


def test_only_a_lead_of_the_project_acts_on_its_candidates(candidate):
    elsewhere = make_lead(make_candidate().project)

    for person in (elsewhere, make_person(candidate.project)):
        with pytest.raises(ProtocolError) as error:
            hold_candidate(candidate.public_id, person, "look closer")
        assert code_of(error) == "not_allowed"
    with pytest.raises(ProtocolError) as error:
        hold_candidate(uuid4(), elsewhere, "look closer")
    assert code_of(error) == "not_found"

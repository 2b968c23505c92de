"""What seats see of suggestions under each policy, and what their answers say of it."""

import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Draw, Task
from labeling.protocol.adjudicate import confirm_adjudication, read_reveal, submit_blind, take_adjudication
from labeling.protocol.arms import hash_candidate
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.lease import make_lease, take_cards, take_seat
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import give_back
from labeling.protocol.record import lock_candidate
from labeling.protocol.replace import replace_untouched
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.quality.pairs import read_pairs
from tests.factories import answer_as, lease_for, make_bundle, make_candidate, make_image, make_lead, make_person, make_project, make_task
from tests.labeling.raw_rows import raw_suggestion
from tests.labeling.test_races import at_once

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject")


def make_suggested(policy="measured", control_share=0, count=1, p_accept=0.8, **fields):
    """Candidates of a project that uses version tiny-1, which has said something about each of them."""
    project = make_project(policy=policy, control_share=control_share, model_version="tiny-1", **fields)
    candidates = [make_candidate(project) for _ in range(count)]
    for candidate in candidates:
        raw_suggestion(candidate, p_accept)
    return candidates


def lease_both(candidate):
    """Both seats, taken by two new people."""
    return [lease_for(make_person(candidate.project), candidate) for _ in range(2)]


def submit(lease, submission):
    return submit_answer(lease.public_id, lease.person, submission, uuid.uuid4())


def arms_of(candidate):
    return [row.arm for row in Assignment.objects.filter(candidate=candidate).order_by("seat")]


def seen_of(answer):
    return answer.exposure, answer.model_version, answer.probability


def test_measured_shows_the_suggestion_to_exactly_one_of_two_seats():
    candidates = make_suggested(count=30)

    for candidate in candidates:
        lease_both(candidate)

    drawn = Counter(tuple(arms_of(candidate)) for candidate in candidates)
    assert set(drawn) == {("assisted", "blind"), ("blind", "assisted")}
    assert drawn == Counter(
        ("assisted", "blind") if hash_candidate(candidate)[1] == 1 else ("blind", "assisted") for candidate in candidates
    )


def test_the_control_share_never_sees_a_suggestion():
    candidates = make_suggested(control_share=40, count=40)

    for candidate in candidates:
        lease_both(candidate)

    control = [candidate for candidate in candidates if hash_candidate(candidate)[0] < 40]
    assert {candidate.pk for candidate in control} == set(Draw.objects.filter(is_control=True).values_list("candidate", flat=True))
    assert {tuple(arms_of(candidate)) for candidate in control} == {("blind", "blind")}
    # 40 draws of 40 %: fewer than 4 or more than 30 has a probability below one in a million.
    assert 4 <= len(control) <= 30


def test_the_draw_is_that_of_a_seeded_hash_over_many_candidates():
    project = make_project(seed=7)
    drawn = [hash_candidate(Candidate(project=project, public_id=uuid.UUID(int=number), round=1)) for number in range(4000)]

    control = sum(percent < 20 for percent, _seat in drawn)
    first = sum(seat == 1 for _percent, seat in drawn)
    # Five standard deviations: sqrt(4000 * 0.2 * 0.8) = 25.3 and sqrt(4000 / 4) = 31.6.
    assert abs(control - 800) < 127
    assert abs(first - 2000) < 158


def test_the_draw_is_written_with_the_first_lease_and_stays():
    [candidate] = make_suggested(control_share=0)
    first = lease_for(make_person(candidate.project), candidate)
    [draw] = Draw.objects.all()

    give_back(first, "expired")
    candidate.project.policy = "off"
    candidate.project.save()
    again = lease_for(make_person(candidate.project), candidate)

    assert (draw.policy, draw.control_share, draw.is_control, draw.suggestion.p_accept) == ("measured", 0, False, 0.8)
    assert draw.drawn_at <= first.leased_at
    assert [lease.arm == "assisted" for lease in (first, again)] == [lease.seat == draw.assisted_seat for lease in (first, again)]
    assert Draw.objects.get() == draw


@pytest.mark.parametrize(("policy", "arms"), [("all", ["both", "both"]), ("reveal", ["reveal", "reveal"]), ("off", ["blind", "blind"])])
def test_the_other_policies_treat_both_seats_alike(policy, arms):
    [candidate] = make_suggested(policy)

    lease_both(candidate)

    assert arms_of(candidate) == arms
    assert Draw.objects.count() == (policy != "off")


def test_under_all_the_control_share_counts_for_nothing():
    [candidate] = make_suggested("all", control_share=100)

    assert lease_for(make_person(candidate.project), candidate).arm == "both"


def test_without_a_version_in_use_or_a_suggestion_about_the_image_everybody_is_blind():
    unused = make_candidate(make_project())
    raw_suggestion(unused)
    unknown = make_candidate(make_project(model_version="tiny-1", control_share=0))
    raw_suggestion(unknown, model_version="tiny-0")

    assert [lease_for(make_person(candidate.project), candidate).arm for candidate in (unused, unknown)] == ["blind", "blind"]
    assert not Draw.objects.exists()


def test_a_suggestion_that_comes_between_the_two_seats_is_shown_to_neither():
    candidate = make_candidate(make_project(model_version="tiny-1", control_share=0))
    lease_for(make_person(candidate.project), candidate)
    raw_suggestion(candidate)

    lease_for(make_person(candidate.project), candidate)

    assert arms_of(candidate) == ["blind", "blind"]


@pytest.mark.parametrize("policy", ["measured", "reveal", "all"])
def test_a_task_of_the_test_side_is_always_control(policy):
    [candidate] = make_suggested(policy)
    Task.objects.update(is_test_side=True)

    lease_both(candidate)

    assert arms_of(candidate) == ["blind", "blind"]
    assert Draw.objects.get().control_share == 100


def test_an_assisted_answer_says_what_was_on_screen_and_a_blind_one_nothing():
    [candidate] = make_suggested()
    for lease in lease_both(candidate):
        submit(lease, REJECT)

    seen = {answer.assignment.arm: seen_of(answer) for answer in Answer.objects.select_related("assignment")}
    assert seen == {"assisted": ("prefilled", "tiny-1", 0.8), "blind": ("none", "", None)}


def test_an_edit_of_an_assisted_answer_says_it_too():
    [candidate] = make_suggested("all", undo_minutes=15)
    lease = lease_for(make_person(candidate.project), candidate)
    first = submit(lease, ACCEPT)

    edit_answer(lease.public_id, lease.person, REJECT, first.answer, uuid.uuid4())

    assert [seen_of(answer)[0] for answer in Answer.objects.order_by("number")] == ["prefilled", "prefilled"]


def test_whoever_let_the_assisted_seat_go_never_gets_the_blind_one():
    [candidate] = make_suggested(count=1)
    first = lease_for(make_person(candidate.project), candidate)
    assisted = first if first.arm == "assisted" else lease_for(make_person(candidate.project), candidate)
    person = assisted.person
    give_back(assisted, "expired")
    if first.arm == "assisted":
        # Somebody else takes the seat: the blind one is free.
        lease_for(make_person(candidate.project), candidate)
    else:
        give_back(first, "expired")

    cards = take_cards(candidate.project, person)

    # Whoever came first has the blind seat, so they may have the assisted one again, and nothing else.
    assert [card.arm for card in cards] == ["assisted"]
    assert not Assignment.objects.filter(person=person, arm="blind").exists()


def test_what_was_only_held_ahead_and_never_shown_bars_nobody():
    candidates = make_suggested(count=20)
    candidate = next(candidate for candidate in candidates if hash_candidate(candidate)[1] == 1)
    first = make_person(candidate.project)
    with transaction.atomic():
        ahead = take_seat(lock_candidate(candidate.pk), first, is_ahead=True)
    assert ahead.arm == "assisted"
    give_back(ahead, "page_left")
    submit(lease_for(make_person(candidate.project), candidate), ACCEPT)

    assert lease_for(first, candidate).arm == "blind"


def test_two_people_finish_a_project_however_often_they_close_the_page():
    candidates = make_suggested(count=30, control_share=20)
    project = candidates[0].project
    people = [make_person(project) for _ in range(2)]

    for _ in range(10):
        for person in people:
            for card in take_cards(project, person):
                give_back(card, "page_left")
            for card in take_cards(project, person)[:1]:
                submit(card, ACCEPT)
    for person in people * 2:
        while cards := take_cards(project, person, ahead=False):
            submit(cards[0], ACCEPT)

    assert set(Candidate.objects.filter(project=project).values_list("state", flat=True)) == {"settled"}


def test_a_late_answer_given_blind_counts_not_once_its_author_has_seen_the_suggestion():
    candidates = make_suggested(count=20)
    candidate = next(candidate for candidate in candidates if hash_candidate(candidate)[1] == 1)
    other, person = make_person(candidate.project), make_person(candidate.project)
    assisted, blind = lease_for(other, candidate), lease_for(person, candidate)
    give_back(blind, "expired")
    give_back(assisted, "expired")
    Assignment.objects.filter(pk=assisted.pk).update(is_ahead=True)
    with transaction.atomic():
        seen = make_lease(lock_candidate(candidate.pk), person, "primary", 1, WEEK, arm="assisted", suggestion=assisted.suggestion)
    give_back(seen, "expired")

    outcome = submit(blind, ACCEPT)

    assert outcome.kind == "surplus"


@pytest.mark.parametrize("late", [False, True])
def test_a_revealed_suggestion_stays_known_after_undo_under_whichever_lease_the_answer_comes(late):
    [candidate] = make_suggested("reveal", undo_minutes=15)
    person = make_person(candidate.project)
    lease = lease_for(person, candidate)
    first = submit(lease, REJECT)
    undo_answer(lease.public_id, person, first.answer, uuid.uuid4())
    lease.refresh_from_db()
    give_back(lease, "expired")

    outcome = submit(lease if late else lease_for(person, candidate), ACCEPT)
    submit(lease_for(make_person(candidate.project), candidate), ACCEPT)

    assert Answer.objects.get(public_id=outcome.answer).exposure == "revealed"
    assert not read_pairs(candidate.project).are_blind.any()


def test_a_suggestion_about_an_image_that_was_replaced_is_shown_to_nobody():
    candidates = make_suggested(count=20)
    candidate = next(candidate for candidate in candidates if hash_candidate(candidate)[1] == 1)
    give_back(lease_for(make_person(candidate.project), candidate), "expired")
    assert replace_untouched(candidate.pk, make_image(), None)
    candidate.refresh_from_db()

    assert lease_for(make_person(candidate.project), candidate).arm == "blind"
    assert Draw.objects.filter(candidate=candidate).count() == 1


def test_an_adjudicator_who_was_once_shown_the_suggestion_says_so():
    candidates = make_suggested(count=20)
    candidate = next(candidate for candidate in candidates if hash_candidate(candidate)[1] == 1)
    third = make_person(candidate.project)
    give_back(lease_for(third, candidate), "expired")
    for verdict in (ACCEPT, REJECT):
        submit(lease_for(make_person(candidate.project), candidate), verdict)

    lease = take_adjudication(candidate.project, third)
    submit_blind(lease.public_id, third, REJECT, uuid.uuid4())

    assert Answer.objects.get(assignment=lease).exposure == "revealed"


@pytest.mark.django_db(transaction=True)
def test_two_first_leases_at_once_make_one_draw():
    candidates = make_suggested(count=12, control_share=20)
    project = candidates[0].project
    people = [make_person(project) for _ in range(4)]

    at_once(*(partial(take_cards, project, person) for person in people))

    arms = {(row.candidate_id, row.seat): row.arm for row in Assignment.objects.filter(status="leased")}
    draws = {draw.candidate_id: draw for draw in Draw.objects.all()}
    assert arms
    for (candidate, seat), arm in arms.items():
        assert arm == ("assisted" if draws[candidate].assisted_seat == seat else "blind")


def test_a_late_answer_counts_in_a_seat_of_its_own_arm_alone():
    [candidate] = make_suggested()
    leases = {lease.arm: lease for lease in lease_both(candidate)}
    for lease in leases.values():
        give_back(lease, "expired")
    other = lease_for(make_person(candidate.project), candidate)
    late = leases[other.arm]

    outcome = submit(late, ACCEPT)
    free = submit(leases["blind" if other.arm == "assisted" else "assisted"], ACCEPT)

    # The only free seat is of the other arm.
    assert (outcome.kind, free.kind) == ("surplus", "submitted")
    row = Assignment.objects.get(public_id=free.assignment)
    assert (row.arm, row.seat) == (late_arm(other), 3 - other.seat)
    surplus = Assignment.objects.get(public_id=outcome.assignment)
    assert (surplus.arm, surplus.suggestion_id) == (late.arm, late.suggestion_id)


def late_arm(other):
    return "blind" if other.arm == "assisted" else "assisted"


def test_under_reveal_the_first_answer_is_blind_and_the_last_one_decides():
    [candidate] = make_suggested("reveal", p_accept=0.9)
    leases = lease_both(candidate)
    first, second = (submit(lease, verdict) for lease, verdict in zip(leases, (ACCEPT, REJECT), strict=True))

    edit_answer(leases[1].public_id, leases[1].person, ACCEPT, second.answer, uuid.uuid4())
    edit_answer(leases[0].public_id, leases[0].person, ACCEPT, first.answer, uuid.uuid4())

    candidate.refresh_from_db()
    [decision] = candidate.decisions.filter(revoked_event=None)
    said = [(answer.kind, answer.verdict, *seen_of(answer)) for answer in Answer.objects.order_by("assignment__seat", "number")]
    assert said == [
        ("first", "accept", "none", "", None),
        ("confirm", "accept", "revealed", "tiny-1", 0.9),
        ("first", "reject", "none", "", None),
        ("revise", "accept", "revealed", "tiny-1", 0.9),
    ]
    assert (decision.verdict, decision.how) == ("accept", "consensus")
    pairs = read_pairs(candidate.project)
    assert (int(pairs.are_blind.sum()), int(pairs.are_equal.sum())) == (1, 0)


def test_a_reveal_can_be_answered_where_undo_is_off_but_nothing_is_taken_back():
    [candidate] = make_suggested("reveal", undo_minutes=0)
    lease = lease_for(make_person(candidate.project), candidate)
    outcome = submit(lease, ACCEPT)

    undone = undo_answer(lease.public_id, lease.person, outcome.answer, uuid.uuid4())
    revised = edit_answer(lease.public_id, lease.person, REJECT, outcome.answer, uuid.uuid4())

    assert (undone.kind, undone.code, revised.kind) == ("refused", "window_closed", "submitted")
    lease.refresh_from_db()
    assert lease.editable_until > timezone.now()


def test_a_dispute_of_revealed_answers_waits_until_both_may_change_no_more():
    [candidate] = make_suggested("reveal", undo_minutes=0)
    for lease, verdict in zip(lease_both(candidate), (ACCEPT, REJECT), strict=True):
        submit(lease, verdict)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("disputed", 2)
    assert candidate.ready_at > timezone.now()


def test_a_reopened_candidate_is_answered_blind_and_who_saw_the_suggestion_before_says_so():
    [candidate] = make_suggested()
    leases = lease_both(candidate)
    for lease in leases:
        submit(lease, ACCEPT)
    assisted = next(lease for lease in leases if lease.arm == "assisted")
    make_person(candidate.project)
    reopen_candidate(candidate.public_id, make_lead(candidate.project), "Look again")

    candidate.refresh_from_db()
    again = lease_for(assisted.person, candidate)
    submit(again, REJECT)
    fresh = lease_for(make_person(candidate.project), candidate)
    submit(fresh, REJECT)

    answers = {answer.assignment_id: seen_of(answer) for answer in Answer.objects.filter(assignment__round=2)}
    assert (again.arm, fresh.arm) == ("blind", "blind")
    assert answers == {again.pk: ("revealed", "tiny-1", 0.8), fresh.pk: ("none", "", None)}


@pytest.mark.parametrize(("control_share", "exposure"), [(0, "revealed"), (100, "none")])
def test_an_adjudicator_sees_the_suggestion_after_the_blind_answer_unless_the_candidate_is_control(control_share, exposure):
    [candidate] = make_suggested(control_share=control_share)
    for lease, verdict in zip(lease_both(candidate), (ACCEPT, REJECT), strict=True):
        submit(lease, verdict)
    third = make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)

    submit_blind(lease.public_id, third, REJECT, uuid.uuid4())
    shown = read_reveal(lease.public_id, third).suggestion
    confirm_adjudication(lease.public_id, third, "taste", ACCEPT, uuid.uuid4())

    blind, revised = Answer.objects.filter(assignment=lease).order_by("number")
    assert (shown is not None) == (exposure == "revealed")
    assert seen_of(blind) == ("none", "", None)
    assert revised.exposure == exposure


def test_leasing_through_the_queue_draws_as_well():
    project = make_project(model_version="tiny-1", control_share=0)
    bundle = make_bundle(make_task(project, quantity=3))
    for candidate in bundle.candidates.all():
        raw_suggestion(candidate)
    first, second = make_person(project), make_person(project)

    taken = [*take_cards(project, first), *take_cards(project, second)]

    assert len(taken) == 6
    assert Counter(row.arm for row in taken) == {"assisted": 3, "blind": 3}


def test_answering_in_another_policy_later_changes_nothing_that_was_drawn():
    [candidate] = make_suggested()
    first = lease_for(make_person(candidate.project), candidate)
    candidate.project.policy = "all"
    candidate.project.save()

    second = lease_for(make_person(candidate.project), candidate)

    assert {first.arm, second.arm} == {"assisted", "blind"}


def test_nobody_answers_the_reveal_of_another_person():
    [candidate] = make_suggested("reveal")
    lease = lease_for(make_person(candidate.project), candidate)
    outcome = submit(lease, ACCEPT)

    with pytest.raises(ProtocolError):
        read_reveal(lease.public_id, lease.person)
    refused = edit_answer(lease.public_id, make_person(candidate.project), REJECT, outcome.answer, uuid.uuid4())

    assert (refused.kind, refused.code) == ("refused", "not_found")


def test_two_answers_of_one_person_do_not_meet_in_a_candidate():
    [candidate] = make_suggested()
    person = make_person(candidate.project)
    answer_as(person, candidate, "accept")

    assert take_cards(candidate.project, person) == []

"""Leases: how long they last, who gives them back, and what a person can be given."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Assignment, Candidate, Event, Skip
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.hold import hold_candidate
from labeling.protocol.lease import held_cards, keep_ahead, keep_lease, take_cards
from labeling.protocol.members import Rights, change_member, drop_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings
from labeling.protocol.reap import reap_due, release_ahead
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import (
    answer_as,
    expire,
    lease_for,
    make_bundle,
    make_candidate,
    make_lead,
    make_person,
    make_project,
    make_task,
)
from tests.labeling.raw_rows import raw_assignment, released

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def minutes_left(lease):
    lease.refresh_from_db()
    return round((lease.lease_until - timezone.now()) / timedelta(minutes=1), 1)


def move_back(lease, minutes):
    """Let the lease have begun, and end, so much earlier."""
    shift = timedelta(minutes=minutes)
    Assignment.objects.filter(pk=lease.pk).update(leased_at=lease.leased_at - shift, lease_until=lease.lease_until - shift)
    lease.refresh_from_db()


def test_the_card_on_screen_has_the_whole_lease_and_those_ahead_three_minutes(project):
    make_bundle(make_task(project, quantity=4))
    person = make_person(project)

    cards = take_cards(project, person)

    assert [(card.is_ahead, minutes_left(card)) for card in cards] == [(False, 15.0), (True, 3.0), (True, 3.0)]


def test_a_card_taken_ahead_gets_the_whole_lease_when_it_comes_on_screen(project):
    make_bundle(make_task(project, quantity=4))
    person = make_person(project)
    first, second, _third = take_cards(project, person)
    submit_answer(first.public_id, person, Submission(verdict="accept"), uuid4())

    cards = take_cards(project, person, shown=second.public_id)

    assert cards[0].pk == second.pk
    assert [(card.is_ahead, minutes_left(card)) for card in cards] == [(False, 15.0), (True, 3.0), (True, 3.0)]


def test_without_a_word_about_the_screen_the_next_card_is_the_one_shown(project):
    make_bundle(make_task(project, quantity=3))
    person = make_person(project)
    first, *_ahead = take_cards(project, person)
    submit_answer(first.public_id, person, Submission(verdict="accept"), uuid4())

    cards = take_cards(project, person)

    assert [card.is_ahead for card in cards] == [False, True]


def test_a_heartbeat_extends_a_lease_to_an_hour_after_it_began_and_no_further(project):
    candidate, person = make_candidate(project), make_person(project)
    lease = lease_for(person, candidate)

    lefts = []
    for minutes in (10, 10, 30, 5):
        move_back(lease, minutes)
        keep_lease(lease.public_id, person)
        lefts.append(minutes_left(lease))

    # The lease is 10, 20, 50 and 55 minutes old: 15 minutes more, but never beyond the sixtieth.
    assert lefts == [15.0, 15.0, 10.0, 5.0]


def test_a_heartbeat_for_a_lease_that_is_gone_says_so(project):
    candidate, person = make_candidate(project), make_person(project)
    lease = lease_for(person, candidate)
    stranger = make_person(project)
    expire(lease)
    reap_due()

    assert keep_lease(lease.public_id, person) is None
    assert keep_lease(lease.public_id, stranger) is None
    assert keep_lease(uuid4(), person) is None


def test_a_page_in_use_keeps_what_it_holds_ahead(project):
    make_bundle(make_task(project, quantity=3))
    person = make_person(project)
    _shown, ahead, _last = take_cards(project, person)
    move_back(ahead, 2)

    kept = keep_ahead(project, person)

    assert (kept, minutes_left(ahead)) == (2, 3.0)


def test_what_is_held_ahead_is_kept_for_an_hour_at_most(project):
    make_bundle(make_task(project, quantity=3))
    person = make_person(project)
    _shown, ahead, _last = take_cards(project, person)
    Assignment.objects.filter(pk=ahead.pk).update(leased_at=timezone.now() - timedelta(minutes=58))

    kept = keep_ahead(project, person)

    # 58 minutes and three more would be 61.
    assert kept == 1


def test_a_page_that_goes_gives_back_what_it_held_ahead_and_keeps_the_card_on_screen(project):
    make_bundle(make_task(project, quantity=3))
    person = make_person(project)
    shown, *_ahead = take_cards(project, person)

    count = release_ahead(project, person)

    assert (count, [card.pk for card in held_cards(project, person)]) == (2, [shown.pk])
    assert set(Assignment.objects.filter(status="released").values_list("release_reason", flat=True)) == {"page_left"}
    assert Candidate.objects.filter(q_state=0).count() == 2


def test_asking_for_work_first_ends_up_to_five_leases_that_are_due(project):
    bundle, other = make_bundle(make_task(project, quantity=7)), make_person(project)
    for candidate in bundle.candidates.all():
        expire(lease_for(other, candidate))

    take_cards(project, make_person(project), ahead=False)

    assert Assignment.objects.filter(status="released", release_reason="expired").count() == 5


def test_the_reaper_does_the_rest_in_every_project(project):
    leases = [lease_for(make_person(one), make_candidate(one)) for one in (project, make_project())]
    for lease in leases:
        expire(lease)

    counts = [reap_due(), reap_due()]

    assert counts == [2, 0]
    assert Event.objects.filter(kind="released").count() == 2


def test_a_lease_extended_while_the_reaper_waited_is_not_due(project):
    lease = lease_for(make_person(project), make_candidate(project))
    expire(lease)
    keep_lease(lease.public_id, lease.person)

    assert reap_due() == 0


def test_a_paused_project_leases_nothing_new_and_keeps_what_is_held(project):
    make_bundle(make_task(project, quantity=3))
    person = make_person(project)
    (card,) = take_cards(project, person, ahead=False)
    change_settings(project, make_lead(project), {"paused": True})

    assert [found.pk for found in take_cards(project, person)] == [card.pk]
    assert take_cards(project, make_person(project)) == []


def test_whoever_may_not_label_is_given_nothing(project):
    make_candidate(project)

    for person in (make_lead(project), make_person(make_project()), make_person(project, can_label=False)):
        with pytest.raises(ProtocolError, match="not allowed"):
            take_cards(project, person)


def test_a_person_removed_or_without_the_right_any_more_holds_nothing(project):
    make_bundle(make_task(project, quantity=6))
    lead, gone, changed = make_lead(project), make_person(project), make_person(project)
    for person in (gone, changed):
        take_cards(project, person)

    counts = [drop_member(project, lead, gone.public_id), change_member(project, lead, changed.public_id, Rights(can_adjudicate=True))]

    assert counts == [3, 3]
    assert not Assignment.objects.filter(status="leased").exists()


def test_a_lease_keeps_what_the_person_was_shown(project):
    candidate = make_candidate(project)

    lease = lease_for(make_person(project), candidate)

    assert (lease.image, lease.task_version, lease.round) == (candidate.image, 1, 1)


def test_a_late_answer_to_an_older_brief_does_not_count(project):
    candidate, person = make_candidate(project), make_person(project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due()
    type(candidate.bundle.task).objects.filter(pk=candidate.bundle.task_id).update(version=2)

    outcome = submit_answer(lease.public_id, person, Submission(verdict="accept"), uuid4())

    assert outcome.kind == "surplus"


def test_one_lease_takes_one_late_answer(project):
    candidate, person = make_candidate(project), make_person(project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due()
    submit_answer(lease.public_id, person, Submission(verdict="accept"), uuid4())

    second = submit_answer(lease.public_id, person, Submission(verdict="reject"), uuid4())

    assert (second.kind, second.code) == ("refused", "already_answered")
    assert Assignment.objects.filter(status="surplus").count() == 0


def test_a_late_answer_counts_on_the_newer_lease_of_the_same_candidate(project):
    candidate, person = make_candidate(project), make_person(project)
    old = lease_for(person, candidate)
    expire(old)
    reap_due()
    newer = lease_for(person, candidate)

    outcome = submit_answer(old.public_id, person, Submission(verdict="accept"), uuid4())

    newer.refresh_from_db()
    assert (outcome.code, outcome.assignment, newer.status) == ("submitted", newer.public_id, "submitted")


def skip_all(candidates, person):
    """The person has skipped all of these in this round."""
    for candidate in candidates:
        lease = raw_assignment(candidate, person, **released(release_reason="skipped"))
        Skip.objects.create(assignment=lease, candidate=candidate, person=person, round=candidate.round, why="cannot_judge")


def test_a_fresh_candidate_behind_hundreds_that_were_skipped_is_still_found(project):
    bundles = [make_bundle(make_task(project, quantity=60), place=place) for place in (1000, 2000)]
    last = make_bundle(make_task(project), place=3000).candidates.get()
    person = make_person(project)
    skip_all([candidate for bundle in bundles for candidate in bundle.candidates.all()], person)

    (card,) = take_cards(project, person)

    # 120 skipped ones come before it: more than the 5 pages of 20 that one look reads.
    assert card.candidate_id == last.pk


def test_a_half_taken_candidate_behind_many_that_were_skipped_is_still_found(project):
    person, other = make_person(project), make_person(project)
    skipped = make_bundle(make_task(project, quantity=25), place=1000)
    last = make_bundle(make_task(project), place=2000).candidates.get()
    for candidate in [*skipped.candidates.all(), last]:
        answer_as(other, candidate, "accept")
    skip_all(skipped.candidates.all(), person)

    (card,) = take_cards(project, person)

    # All 26 are in the other person's bucket, of which one look reads 20.
    assert card.candidate_id == last.pk


def explain(project, person):
    return explain_empty(project, person, "primary").kind


def test_an_empty_queue_says_why(project):
    person, other = make_person(project), make_person(project)
    found = [explain(project, person)]
    candidate = make_candidate(project)
    lease = lease_for(other, candidate)
    found.append(explain(project, person))
    answer_as(person, candidate, "accept")
    found.append(explain(project, person))
    submit_answer(lease.public_id, other, Submission(verdict="reject"), uuid4())
    found.append(explain(project, person))
    change_settings(project, make_lead(project), {"paused": True})
    found.append(explain(project, person))

    # While the other person still holds it there is nothing to wait for: this person has answered it.
    assert found == ["no_candidates", "waiting", "all_yours", "finished", "paused"]


def test_an_empty_queue_says_that_the_rest_waits_for_the_lead(project):
    hold_candidate(make_candidate(project).public_id, make_lead(project), "Is this the right picture?")

    assert explain(project, make_person(project)) == "held"


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_why_the_queue_is_empty_does_not_depend_on_an_answer(project, verdict):
    candidate, person = make_candidate(project), make_person(project)
    answer_as(person, candidate, "accept")
    answer_as(make_person(project), candidate, verdict)

    empty = explain_empty(project, person, "primary")
    other = explain_empty(project, person, "adjudication")

    assert (empty.kind, empty.next_at) == ("finished", None)
    assert (other.kind, other.next_at) == ("waiting", None)

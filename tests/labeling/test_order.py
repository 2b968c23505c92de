"""The order of work: where bundles stand, and in which order a person is given their candidates."""

import random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.models import Candidate, WalkPosition
from labeling.protocol.lease import TOP, WINDOW, find_position, take_cards
from labeling.protocol.order import PLACES, place_bundle
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, lease_for, make_bundle, make_person, make_project, make_task

PLACE = st.integers(0, PLACES - 1)


def distance(one: int, other: int) -> int:
    """The shorter way round between two places."""
    return min((one - other) % PLACES, (other - one) % PLACES)


@pytest.mark.pure
@given(existing=st.lists(PLACE, max_size=30), spare=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_a_bundle_keeps_its_distance_from_every_other_of_its_task(existing, spare, seed):
    total = len(existing) + spare

    place = place_bundle(existing, total, random.Random(seed))

    assert 0 <= place < PLACES
    assert all(distance(place, other) * 2 * total >= PLACES for other in existing)


@pytest.mark.pure
@given(total=st.integers(1, 40), seed=st.integers(0, 2**32))
@settings(max_examples=50)
def test_all_bundles_of_a_task_find_room_one_after_the_other(total, seed):
    rng, places = random.Random(seed), []

    for _ in range(total):
        places.append(place_bundle(places, total, rng))

    gaps = [distance(one, other) for one in places for other in places if one is not other]
    assert all(gap * 2 * total >= PLACES for gap in gaps)


@pytest.mark.pure
def test_a_bundle_has_no_place_where_the_total_is_too_small():
    with pytest.raises(ValueError, match="3 bundles are placed already"):
        place_bundle([1, 2, 3], 3, random.Random(1))


@pytest.mark.pure
def test_the_first_bundle_may_stand_anywhere_and_the_second_anywhere_far_enough():
    rng = random.Random(7)

    first = [place_bundle([], 4, rng) for _ in range(4000)]
    second = [place_bundle([0], 4, rng) for _ in range(4000)]

    # Uniform over 8 parts of the range: 500 each, standard deviation sqrt(4000 * 1/8 * 7/8) = 21.
    assert all(400 < sum(place * 8 // PLACES == part for place in first) < 600 for part in range(8))
    # At least 1/8 away from 0, so uniform over the inner 6 of the 8 parts: 667 each, standard deviation 24.
    counts = [sum(place * 8 // PLACES == part for place in second) for part in range(8)]
    assert counts[0] == 0
    assert counts[7] <= 1
    assert all(560 < count < 780 for count in counts[1:7])


@pytest.fixture
def project(db):
    return make_project()


def stand(project, person, sort, bundle=None):
    """Put the person at a place of the order."""
    find_position(project, person)
    WalkPosition.objects.filter(project=project, person=person).update(sort=sort, bundle=bundle)


def bundles_at(project, *places, quantity=1):
    """One bundle at each of these places, given in 1/1024 of the range."""
    return [make_bundle(make_task(project, quantity=quantity), place=place * PLACES // 1024) for place in places]


def only(bundle):
    return bundle.candidates.get()


def serve(project, person, count=None):
    """Take and accept one card after the other; the candidates in the order in which they came."""
    served = []
    while count is None or len(served) < count:
        cards = take_cards(project, person, ahead=False)
        if not cards:
            break
        served.append(cards[0].candidate)
        submit_answer(cards[0].public_id, person, Submission(verdict="accept"), uuid4())
    return served


def test_each_person_starts_at_a_place_of_their_own_that_never_changes(project):
    people = [make_person(project) for _ in range(40)]

    places = [find_position(project, person).sort for person in people]

    assert [find_position(project, person).sort for person in people] == places
    # 40 random places in ten equal parts: that four parts stay empty has a probability of about 210 * 0.6^40, or 3e-7.
    assert len({place * 10 // TOP for place in places}) > 6
    assert all(0 <= place < TOP for place in places)


def test_a_person_walks_upward_and_wraps(project):
    low, middle, high = bundles_at(project, 100, 500, 900)
    person = make_person(project)
    stand(project, person, 400 * (TOP // 1024))

    assert serve(project, person) == [only(middle), only(high), only(low)]


def test_a_person_stays_in_the_bundle_last_served_while_it_has_free_seats(project):
    near, far = bundles_at(project, 100, 101, quantity=3)
    person, other = make_person(project), make_person(project)
    stand(project, person, 99 * (TOP // 1024))
    for candidate in far.candidates.all():
        answer_as(other, candidate, "accept")

    served = serve(project, person)

    # Half-taken candidates close ahead come first, so the walk begins in the far bundle and leaves it when it is done.
    assert [candidate.bundle_id for candidate in served] == [far.pk] * 3 + [near.pk] * 3
    assert [candidate.sort for candidate in served[:3]] == sorted(candidate.sort for candidate in served[:3])


def test_a_bundle_is_served_from_where_the_person_stands_and_then_from_its_start(project):
    (bundle,) = bundles_at(project, 100, quantity=4)
    person = make_person(project)
    candidates = list(bundle.candidates.order_by("sort"))
    stand(project, person, candidates[2].sort, bundle)

    assert serve(project, person) == [candidates[2], candidates[3], candidates[0], candidates[1]]


def test_half_taken_candidates_come_first_only_within_the_window_ahead(project):
    # The window is 1/32 of the range: 32 of these 1024 parts.
    assert WINDOW == TOP // 32
    fresh, close, beyond = bundles_at(project, 210, 230, 260)
    person, other = make_person(project), make_person(project)
    stand(project, person, 200 * (TOP // 1024))
    answer_as(other, only(close), "accept")
    answer_as(other, only(beyond), "accept")

    served = serve(project, person)

    # `close` is in the window; then, from 230 on, `beyond` is in it too; the fresh one is left for the next time round.
    assert served == [only(close), only(beyond), only(fresh)]


def test_a_half_taken_candidate_beyond_the_window_waits_for_the_fresh_ones(project):
    fresh, beyond = bundles_at(project, 210, 260)
    person, other = make_person(project), make_person(project)
    stand(project, person, 200 * (TOP // 1024))
    answer_as(other, only(beyond), "accept")

    assert serve(project, person, 1) == [only(fresh)]


def test_nobody_is_given_the_same_candidate_twice(project):
    bundles_at(project, 100, 500, 900, quantity=3)
    first, second, third = (make_person(project) for _ in range(3))

    served = [serve(project, person) for person in (first, second, third)]

    assert [len(one) for one in served] == [9, 9, 0]
    assert all(len(set(one)) == len(one) for one in served)
    assert set(Candidate.objects.values_list("state", flat=True)) == {"settled"}


def test_the_three_cards_in_hand_are_three_candidates(project):
    (bundle,) = bundles_at(project, 100, quantity=5)
    person = make_person(project)
    stand(project, person, only_sort(bundle, 1))

    cards = take_cards(project, person)

    assert [card.candidate.sort & 255 for card in cards] == [1, 2, 3]


def only_sort(bundle, number):
    """The place of one deliverable's candidate."""
    return bundle.candidates.get(deliverable__number=number).sort


def test_samples_of_one_deliverable_are_all_served_though_they_share_a_place(project):
    (bundle,) = bundles_at(project, 100)
    first = only(bundle)
    same = {"project": project, "bundle": bundle, "deliverable": first.deliverable, "image": first.image, "sort": first.sort}
    same["lane"] = first.lane
    for sample in range(2, 46):
        Candidate.objects.create(sample=sample, is_submitted_sample=False, state="open", q_state=0, **same)
    person = make_person(project)

    assert len(serve(project, person)) == 45


def test_a_seat_given_back_is_given_to_the_next(project):
    (bundle,) = bundles_at(project, 100)
    first, second, third = (make_person(project) for _ in range(3))
    lease_for(first, only(bundle))
    (card,) = take_cards(project, second)

    assert card.seat == 2
    assert take_cards(project, third) == []

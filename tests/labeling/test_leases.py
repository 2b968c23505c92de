"""What is in people's hands: the page, and taking it back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.lead.leases import describe_lease, live_leases, open_reveals
from labeling.models import Assignment, Candidate, Event
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.lease import keep_lease, take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.release import release_lease, release_person
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, expire, lease_for, make_candidate, make_lead, make_person, make_project
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def lead(project):
    return make_lead(project, username="lead")


def moved(lease, minutes):
    """The lease as if it had been taken earlier."""
    shift = timedelta(minutes=minutes)
    Assignment.objects.filter(pk=lease.pk).update(leased_at=lease.leased_at - shift, lease_until=lease.lease_until - shift)
    lease.refresh_from_db()
    return lease


def test_a_released_lease_frees_its_seat_and_says_who_did_it_and_why(project, lead):
    person, candidate = make_person(project), make_candidate(project)
    lease = lease_for(person, candidate)

    release_lease(project, lead, lease.public_id, " gone home ")

    lease.refresh_from_db()
    candidate.refresh_from_db()
    event = Event.objects.get(kind="released")
    assert (lease.status, lease.release_reason, candidate.q_state) == ("released", "by_lead", 0)
    assert (event.actor, event.data) == (lead, {"reason": "by_lead", "note": "gone home"})


def test_an_answer_after_the_release_counts_while_the_seat_is_free_and_is_kept_otherwise(project, lead):
    slow, slower = make_person(project), make_person(project)
    candidate = make_candidate(project)
    leases = [lease_for(person, candidate) for person in (slow, slower)]
    for lease in leases:
        release_lease(project, lead, lease.public_id, "needed at once")
    answer_as(make_person(project), candidate, "accept")

    outcomes = [submit_answer(lease.public_id, lease.person, ACCEPT, uuid4()).code for lease in leases]

    assert outcomes == ["late", "surplus"]
    candidate.refresh_from_db()
    assert candidate.state == "settled"


def test_a_lease_that_has_ended_or_was_answered_is_not_released_again(project, lead):
    person = make_person(project)
    answered = answer_as(person, make_candidate(project), "accept")

    for assignment, code in ((answered.assignment, "not_leased"), (uuid4(), "not_found")):
        with pytest.raises(ProtocolError) as error:
            release_lease(project, lead, assignment, "why not")
        assert error.value.code == code
    assert Assignment.objects.get().status == "submitted"


def test_only_a_lead_of_the_project_releases_and_only_with_a_reason(project, lead):
    lease = lease_for(make_person(project), make_candidate(project))
    elsewhere = make_project()

    for where, who, reason, code in (
        (project, make_person(project), "x", "not_allowed"),
        (elsewhere, make_lead(elsewhere), "x", "not_found"),
        (project, lead, " ", "reason_required"),
    ):
        with pytest.raises(ProtocolError) as error:
            release_lease(where, who, lease.public_id, reason)
        assert error.value.code == code
    lease.refresh_from_db()
    assert lease.status == "leased"


def test_everything_one_person_holds_is_released_and_nothing_else(project, lead):
    kim, lee = make_person(project), make_person(project)
    for _ in range(6):
        make_candidate(project)
    dispute(make_candidate(project))
    take_cards(project, kim)
    take_adjudication(project, kim)
    take_cards(project, lee)
    here = Assignment.objects.filter(status="leased", person=kim).count()

    ended = release_person(project, lead, kim, "on holiday")

    assert ended == here == 4
    assert set(Assignment.objects.filter(status="leased").values_list("person", flat=True)) == {lee.pk}
    assert release_person(project, lead, kim, "on holiday") == 0


def test_the_last_sign_of_life_is_when_it_was_taken_or_when_the_page_last_asked_for_time(project):
    silent = moved(lease_for(make_person(project), make_candidate(project)), 10)
    active = moved(lease_for(make_person(project), make_candidate(project)), 10)
    keep_lease(active.public_id, active.person)
    active.refresh_from_db()

    now = timezone.now()
    seen = [now - describe_lease(row).seen_at for row in (silent, active)]

    assert [round(ago.total_seconds() / 60) for ago in seen] == [10, 0]


def test_a_lease_whose_time_is_over_is_marked_late(project, lead):
    late, fresh = (lease_for(make_person(project), make_candidate(project)) for _ in range(2))
    expire(late)

    rows = [describe_lease(row) for row in live_leases(project)]

    assert [(row.row.pk, row.is_late) for row in rows] == [(late.pk, True), (fresh.pk, False)]


def test_reveals_that_wait_are_listed_until_they_are_over(project, lead):
    candidate = make_candidate(project)
    dispute(candidate)
    third = make_person(project)
    lease = take_adjudication(project, third)
    submit_blind(lease.public_id, third, ACCEPT, uuid4())

    waiting = open_reveals(project)
    Assignment.objects.filter(pk=lease.pk).update(submitted_at=timezone.now() - timedelta(hours=25))

    assert [reveal.row.pk for reveal in waiting] == [lease.pk]
    assert waiting[0].stands_at - waiting[0].row.submitted_at == timedelta(hours=24)
    assert open_reveals(project) == []


def test_the_page_shows_who_holds_what_and_releases_it(project, lead):
    kim, candidate = make_person(project, username="kim"), make_candidate(project)
    lease = lease_for(kim, candidate)
    lease_for(make_person(project, username="lee"), candidate)
    client = visit_as(lead)

    text = read(client.get(address("leases", project)))
    of_kim = read(client.get(address("leases", project, person="kim")))
    refused = client.post(address("release_lease", project, lease.public_id), {"reason": ""})
    released = client.post(address("release_lease", project, lease.public_id), {"reason": "gone"})
    again = client.post(address("release_person", project, kim.public_id), {"reason": "gone"})
    stranger = client.post(address("release_person", project, make_person(make_project()).public_id), {"reason": "x"})

    assert "kim" in text
    assert "lee" in text
    assert candidate.bundle.task.external_id in text
    assert "Release everything kim holds" in of_kim
    assert "on screen" in of_kim
    assert told(refused) == ["Say why."]
    assert "Released: kim no longer holds it." in told(released)
    assert "0 leases of kim ended." in told(again)
    assert stranger.status_code == 404
    assert Candidate.objects.get().q_state == 1


def test_without_a_lease_the_page_says_so(project, lead):
    text = read(visit_as(lead).get(address("leases", project)))

    assert "Nobody holds anything now." in text


def test_pausing_and_going_on_are_one_click_each_and_sent_twice_change_nothing(project, lead):
    make_candidate(project)
    person = make_person(project)
    client = visit_as(lead)
    before = read(client.get(address("project", project)))

    client.post(address("pause", project), {"paused": "yes"})
    client.post(address("pause", project), {"paused": "yes"})
    project.refresh_from_db()
    nothing = take_cards(project, person)
    during = read(client.get(address("project", project)))
    client.post(address("pause", project), {"paused": "no"})
    project.refresh_from_db()

    assert "0 candidates are in hand. A pause gives nobody anything new." in before
    assert nothing == []
    assert "The project is paused." in during
    assert len(take_cards(project, person)) == 1
    assert [event.data["changed"]["paused"] for event in Event.objects.filter(kind="settings_changed").order_by("pk")] == [
        [False, True],
        [True, False],
    ]

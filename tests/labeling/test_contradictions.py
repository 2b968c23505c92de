"""Audits and second adjudications that contradict: what the lead is shown of them, and can do."""

import uuid

import pytest

from labeling.lead.contradictions import find_open
from labeling.lead.timeline import read_timeline
from labeling.models import Event, Project
from labeling.protocol.adjudicate import confirm_adjudication
from labeling.protocol.checks import review_check
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.submission import Submission
from tests.factories import adjudicate_as, agree, dispute, final_decision, make_candidate, make_lead, make_person, make_project, review_as
from tests.labeling.api.programs import Program
from tests.labeling.query_plans import watch_plans
from tests.labeling.visiting import HTMX, address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """A project in which everything that is settled is looked at once more."""
    return make_project(audit_share=100, second_share=100)


@pytest.fixture
def lead(project):
    return make_lead(project)


@pytest.fixture
def client(lead):
    return visit_as(lead)


@pytest.fixture
def contradiction(project):
    """An audit that contradicts two accepts."""
    candidate = make_candidate(project)
    agree(candidate)
    return review_as(make_person(project, username="third"), candidate, "reject")


def test_only_what_contradicts_waits_for_the_lead(project, contradiction):
    confirmed = make_candidate(project)
    agree(confirmed)
    review_as(make_person(project), confirmed, "accept")

    assert find_open(project) == [contradiction.pk]


def test_a_second_adjudication_is_held_against_what_the_first_one_came_to(project):
    candidate, first = make_candidate(project), make_person(project)
    dispute(candidate)
    blind = review_as(first, candidate, "accept")
    second = review_as(make_person(project), candidate, "reject")
    assert find_open(project) == [second.pk]

    confirm_adjudication(blind.public_id, first, "taste", Submission(verdict="reject"), uuid.uuid4())

    assert find_open(project) == []


def test_the_inbox_says_who_said_what(client, project, contradiction):
    candidate = contradiction.candidate
    names = set(candidate.assignments.values_list("person__username", flat=True))

    page = client.get(address("inbox", project))

    text = read(page)
    assert "Contradictions 1" in text
    assert all(name in text for name in names)
    assert f"/{candidate.image.sha256}/" in page.text
    assert address("candidate", project, candidate.public_id) in page.text
    assert address("review_contradiction", project, contradiction.public_id) in page.text


def test_looking_at_it_ends_it_and_changes_no_decision(client, project, contradiction, lead):
    response = client.post(address("review_contradiction", project, contradiction.public_id))

    assert told(response) == ["Looked at"]
    contradiction.refresh_from_db()
    assert contradiction.reviewed_at is not None
    assert find_open(project) == []
    assert final_decision(contradiction.candidate) == ("accept", "consensus")
    event = Event.objects.latest("pk")
    assert (event.kind, event.actor, event.candidate_state) == ("check_reviewed", lead, "settled")


def test_with_a_script_the_item_says_what_became_of_it(client, project, contradiction):
    page = client.post(address("review_contradiction", project, contradiction.public_id), **HTMX)

    assert read(page).startswith("✓ Looked at")
    assert 'id="number-contradictions" hx-swap-oob="true"' in page.text


def test_it_is_reopened_from_the_inbox(client, project, contradiction):
    candidate = contradiction.candidate

    page = client.post(
        address("reopen_candidate", project, candidate.public_id), {"reason": "The text is wrong.", "back": "contradictions"}, **HTMX
    )

    candidate.refresh_from_db()
    assert read(page).startswith("✓ Reopened")
    assert (candidate.state, candidate.round, find_open(project)) == ("open", 2, [])


def test_a_reopening_that_is_refused_leaves_the_item(client, project, contradiction):
    page = client.post(
        address("reopen_candidate", project, contradiction.candidate.public_id), {"reason": "", "back": "contradictions"}, **HTMX
    )

    assert "Say why." in read(page)
    assert address("review_contradiction", project, contradiction.public_id) in page.text


def test_nobody_looks_at_it_twice_or_at_something_else(project, contradiction, lead):
    review_check(project, contradiction.public_id, lead)

    with refused("already_reviewed"):
        review_check(project, contradiction.public_id, lead)
    with refused("not_found"):
        review_check(project, contradiction.candidate.assignments.filter(purpose="primary").first().public_id, lead)
    with refused("not_found"):
        review_check(make_project(), contradiction.public_id, make_lead(Project.objects.latest("pk")))
    with refused("not_allowed"):
        review_check(project, contradiction.public_id, contradiction.person)


def test_a_reopened_candidate_waits_no_more(project, contradiction, lead):
    reopen_candidate(contradiction.candidate.public_id, lead, "audit contradicts")

    assert find_open(project) == []


def test_the_timeline_tells_of_audits_in_words(project, contradiction, lead):
    review_check(project, contradiction.public_id, lead)

    newest = [(sentence.what, sentence.actor) for sentence in read_timeline(contradiction.candidate)[0]][:3]

    assert newest == [("contradiction looked at", lead.username), ("audited blind", "third"), ("taken", "third")]


def test_programs_read_them_and_say_that_they_looked(project, contradiction, lead):
    program = Program(lead, project)

    [found] = program.get("inbox_contradictions").data["results"]

    assert (found["assignment"], found["purpose"]) == (str(contradiction.public_id), "audit")
    assert [(one["verdict"], one["is_check"]) for one in found["said"]] == [("accept", False), ("accept", False), ("reject", True)]
    assert program.post("review_contradiction", found["assignment"]).data["assignment"] == found["assignment"]
    assert program.get("inbox").data["contradictions"] == 0
    assert program.post("review_contradiction", found["assignment"]).data["code"] == "already_reviewed"


def test_they_are_found_by_the_index_of_checks(project, contradiction):
    adjudicated = make_candidate(project)
    dispute(adjudicated)
    adjudicate_as(make_person(project), adjudicated, "accept")

    with watch_plans() as watch:
        find_open(project)

    assert not watch.scans, "\n".join(map(str, watch.scans))

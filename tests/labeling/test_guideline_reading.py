"""The guideline is read again when it changes: before new work, never instead of work in hand; answers carry the version read."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.lead.readers import list_readers
from labeling.models import Answer, Assignment, Event, GuidelineReading
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.edit import undo_answer
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.lease import take_cards
from labeling.protocol.projects import publish_guideline
from labeling.protocol.reading import find_unread, read_guideline
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, lease_for, make_candidate, make_lead, make_person, make_project, make_user, newest_answer
from tests.labeling.visiting import HTMX, address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")


@pytest.fixture
def project():
    """Four open candidates and no guideline."""
    project = make_project(undo_minutes=15)
    for _ in range(4):
        make_candidate(project)
    return project


@pytest.fixture
def lead(project):
    return make_lead(project)


@pytest.fixture
def person(project):
    return make_person(project)


# Who is asked


def test_a_project_without_a_guideline_asks_nothing(project, person):
    assert find_unread(project, person) is None
    assert len(take_cards(project, person)) == 3


def test_nobody_takes_work_before_they_have_read_the_guideline(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")

    before = take_cards(project, person)
    why = explain_empty(project, person, "primary")
    read_guideline(project, person, 1)

    assert before == []
    assert (why.kind, why.message) == ("must_read", "Before your first image, read how this project decides.")
    assert len(take_cards(project, person)) == 3


def test_a_new_version_asks_again_and_a_typo_does_not(project, lead, person):
    publish_guideline(project, lead, "Read evry letter.")
    read_guideline(project, person, 1)

    publish_guideline(project, lead, "Read every letter.", must_read=False)
    after_typo = find_unread(project, person)
    publish_guideline(project, lead, "Read every second letter.")

    assert after_typo is None
    assert find_unread(project, person).number == 3
    assert explain_empty(project, person, "primary").message.startswith("The guideline has changed since you read it.")


def test_a_newcomer_reads_the_version_in_force_even_if_the_last_change_was_a_typo(project, lead, person):
    publish_guideline(project, lead, "Read evry letter.")
    publish_guideline(project, lead, "Read every letter.", must_read=False)

    asked = find_unread(project, person)
    read_guideline(project, person, asked.number)

    assert asked.number == 2
    assert find_unread(project, person) is None


def test_a_guideline_taken_back_asks_nothing(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")

    publish_guideline(project, lead, " \n")

    assert find_unread(project, person) is None


def test_reading_in_one_project_says_nothing_about_another(project, lead, person):
    publish_guideline(project, lead, "Here.")
    other = make_project()
    their_lead = make_lead(other)
    make_candidate(other)
    publish_guideline(other, their_lead, "There.")
    both = make_person(other)
    read_guideline(other, both, 1)

    assert find_unread(other, both) is None
    assert find_unread(project, both).number == 1


def test_asking_takes_one_statement(project, lead, person, django_assert_num_queries):
    publish_guideline(project, lead, "Read every letter.")
    read_guideline(project, person, 1)

    with django_assert_num_queries(1):
        find_unread(project, person)


# Work in hand


def test_what_is_in_hand_is_still_shown_and_counts(project, lead, person):
    held = take_cards(project, person)
    publish_guideline(project, lead, "Read every letter.")

    still = take_cards(project, person, shown=held[0].public_id)
    outcomes = [submit_answer(row.public_id, person, ACCEPT, uuid.uuid4()) for row in held]

    assert [row.pk for row in still] == [row.pk for row in held]
    assert [outcome.kind for outcome in outcomes] == ["submitted"] * 3
    assert take_cards(project, person) == []


def test_an_answer_can_be_taken_back_and_given_again_before_reading(project, lead, person):
    [row] = take_cards(project, person, ahead=False)
    given = submit_answer(row.public_id, person, ACCEPT, uuid.uuid4())
    publish_guideline(project, lead, "Read every letter.")

    undone = undo_answer(given.assignment, person, given.answer, uuid.uuid4())
    [held] = take_cards(project, person)

    assert undone.kind == "submitted"
    assert held.pk == row.pk
    assert submit_answer(held.public_id, person, ACCEPT, uuid.uuid4()).kind == "submitted"


def test_a_late_answer_counts_before_reading(project, lead, person):
    [row] = take_cards(project, person, ahead=False)
    publish_guideline(project, lead, "Read every letter.")
    Assignment.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    take_cards(project, person)  # reaps it

    outcome = submit_answer(row.public_id, person, ACCEPT, uuid.uuid4())

    assert (outcome.kind, outcome.code) == ("submitted", "late")


def test_an_adjudicator_reads_before_the_next_dispute_and_finishes_the_one_in_hand():
    candidate = make_candidate()
    project = candidate.project
    lead, third = make_lead(project), make_person(project)
    dispute(candidate)
    dispute(make_candidate(project))
    lease = take_adjudication(project, third)
    publish_guideline(project, lead, "Read every letter.")

    held = take_adjudication(project, third)
    submit_blind(lease.public_id, third, ACCEPT, uuid.uuid4())
    revealed = take_adjudication(project, third)
    confirm_adjudication(lease.public_id, third, "taste", None, uuid.uuid4())
    waiting = take_adjudication(project, third)
    why = explain_empty(project, third, "adjudication")
    read_guideline(project, third, 1)

    assert held.pk == revealed.pk == lease.pk
    assert waiting is None
    assert why.kind == "must_read"
    assert take_adjudication(project, third) is not None


# What an answer carries


def test_an_answer_carries_the_version_its_author_had_read_not_the_one_in_force(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")
    read_guideline(project, person, 1)
    held = take_cards(project, person)
    publish_guideline(project, lead, "Zoom in once.")

    submit_answer(held[0].public_id, person, ACCEPT, uuid.uuid4())
    read_guideline(project, person, 2)
    submit_answer(held[1].public_id, person, ACCEPT, uuid.uuid4())

    assert [newest_answer(row).guideline.number for row in held[:2]] == [1, 2]


def test_an_answer_of_somebody_who_read_nothing_carries_none(project, lead, person):
    candidate = project.candidates.first()
    answer_as(person, candidate, "accept")
    publish_guideline(project, lead, "Read every letter.")

    answer_as(make_person(project), candidate, "accept")

    assert set(Answer.objects.values_list("guideline", flat=True)) == {None}


def test_an_answer_that_waited_to_be_sent_carries_what_was_read_when_it_was_given(project, lead, person):
    [row] = take_cards(project, person, ahead=False)
    publish_guideline(project, lead, "Read every letter.")
    read_guideline(project, person, 1)

    submit_answer(row.public_id, person, Submission(verdict="accept", answered_ago_ms=60_000), uuid.uuid4())

    assert newest_answer(row).guideline is None


# Saying that one has read it


def test_saying_it_twice_is_saying_it_once(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")

    for _ in range(2):
        read_guideline(project, person, 1)

    assert GuidelineReading.objects.count() == 1
    assert Event.objects.filter(kind="guideline_read").count() == 1


@pytest.mark.parametrize("number", [2, 3])
def test_what_is_empty_or_not_there_cannot_be_read(project, lead, person, number):
    publish_guideline(project, lead, "Read every letter.")

    with refused("not_found"):
        read_guideline(project, person, number)


def test_only_a_member_reads(project, lead):
    publish_guideline(project, lead, "Read every letter.")

    with refused("not_allowed"):
        read_guideline(project, make_user(), 1)


# The pages


def test_the_label_page_says_what_to_read_and_the_button_leads_back_to_it(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")
    client = visit_as(person)

    fragment = client.post(address("take", project), **HTMX).content.decode()
    plain = client.post(address("take", project)).content.decode()
    page = client.get(address("guidelines", project)).content.decode()
    done = client.post(address("read_guideline", project), {"number": 1})

    for shown in (fragment, plain):
        assert 'data-state="must_read"' in shown
        assert f'href="{address("guidelines", project)}?back=label"' in shown
    assert "I have read it" in page
    assert done["Location"] == address("label", project)
    assert "I have read it" not in client.get(address("guidelines", project)).content.decode()


def test_somebody_who_came_from_the_disputes_goes_back_to_them(project, lead, person):
    publish_guideline(project, lead, "Read every letter.")
    client = visit_as(person)

    empty = client.post(address("adjudicate_take", project)).content.decode()
    page = client.get(address("guidelines", project) + "?back=adjudicate").content.decode()
    done = client.post(address("read_guideline", project), {"number": 1, "back": "adjudicate"})

    assert "?back=adjudicate" in empty
    assert 'name="back" value="adjudicate"' in page
    assert done["Location"] == address("adjudicate", project)


def test_the_answer_to_a_card_in_hand_is_taken_and_the_reply_says_what_to_read(project, lead, person):
    [row] = take_cards(project, person, ahead=False)
    publish_guideline(project, lead, "Read every letter.")

    reply = visit_as(person).post(
        address("answer", project), {"assignment": row.public_id, "key": uuid.uuid4(), "answer": "accept"}, **HTMX
    )

    assert 'data-outcome="submitted"' in reply.content.decode()
    assert 'data-state="must_read"' in reply.content.decode()


def test_the_page_shows_what_changed_since_the_version_this_person_read(project, lead, person):
    publish_guideline(project, lead, "One.\nTwo.\nThree.")
    read_guideline(project, person, 1)
    publish_guideline(project, lead, "One.\n2.\nThree.")

    page = visit_as(person).get(address("guidelines", project)).content.decode()

    assert "What changed since version 1, which you read" in page
    assert "<del>Two.</del>" in page
    assert "<ins>2.</ins>" in page
    assert "What changed" not in visit_as(make_person(project)).get(address("guidelines", project)).content.decode()


def test_a_version_published_while_somebody_read_is_asked_for_next(project, lead, person):
    publish_guideline(project, lead, "One.")
    publish_guideline(project, lead, "Two.")
    client = visit_as(person)

    response = client.post(address("read_guideline", project), {"number": 1})

    assert told(response) == ["Version 2 was published meanwhile. Read what is new in it."]
    assert response["Location"] == address("guidelines", project)
    assert GuidelineReading.objects.get().guideline.number == 1


def test_a_lead_who_answers_nothing_is_not_asked(project, lead):
    publish_guideline(project, lead, "Read every letter.")

    assert "I have read it" not in visit_as(lead).get(address("guidelines", project)).content.decode()


def test_publishing_asks_everybody_unless_the_tick_is_taken_off(project, lead):
    client = visit_as(lead)

    page = client.get(address("edit_guideline", project)).content.decode()
    client.post(address("edit_guideline", project), {"body": "One.", "based_on": 0, "must_read": "on"})
    client.post(address("edit_guideline", project), {"body": "1.", "based_on": 1})

    assert '<input type="checkbox" name="must_read" id="id_must_read" checked>' in page
    assert list(project.guidelines.order_by("number").values_list("number", "must_read")) == [(1, True), (2, False)]


def test_the_lead_sees_who_has_read_which_version(project, lead):
    kim, lee, ada = (make_person(project, username=name) for name in ("kim", "lee", "ada"))
    publish_guideline(project, lead, "One.")
    read_guideline(project, kim, 1)
    read_guideline(project, lee, 1)
    publish_guideline(project, lead, "Two.")
    read_guideline(project, kim, 2)

    readers = list_readers(project)

    assert [(row.person, row.number, row.must_read) for row in readers] == [(ada, None, True), (kim, 2, False), (lee, 1, True)]
    page = read(visit_as(lead).get(address("edit_guideline", project)))
    assert "lee 1" in page
    assert "waits until they have read the newest" in page
    assert lease_for(kim, project.candidates.first()) is not None

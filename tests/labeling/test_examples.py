"""The gallery of closed examples: what can get in, what everybody sees of it, and what it keeps a lead from."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.examples import list_examples
from labeling.lead.examples import list_lines
from labeling.models import Assignment, Candidate, Event, Example
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.examples import MOST_EXAMPLES, add_example, change_caption, move_example, remove_example
from labeling.protocol.hold import reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.submission import Submission
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    lease_for,
    make_candidate,
    make_image,
    make_lead,
    make_person,
    make_project,
    make_user,
)
from tests.labeling.exporting import export, read_lines
from tests.labeling.visiting import address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db


def settle(project, verdict="reject", reasons=(("blurry",), ("bad_text", "blurry")), **fields):
    """A candidate that two new people answered alike."""
    candidate = make_candidate(project, **fields)
    for given in reasons:
        answer_as(make_person(project), candidate, verdict, reasons=given if verdict == "reject" else (), note="private remark")
    candidate.refresh_from_db()
    return candidate


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def lead(project):
    return make_lead(project)


# What can be an example


def test_a_settled_candidate_becomes_an_example_from_its_page(project, lead):
    candidate = settle(project)
    client = visit_as(lead)

    before = client.get(address("candidate", project, candidate.public_id)).content.decode()
    client.post(address("add_example", project, candidate.public_id), {"caption": " Too soft to print. "})
    after = client.get(address("candidate", project, candidate.public_id)).content.decode()

    assert "Use as an example" in before
    assert "Use as an example" not in after
    assert "It is an example on the guidelines page" in after
    assert Example.objects.get().caption == "Too soft to print."
    assert Event.objects.filter(candidate=candidate, kind="example_added").count() == 1


@pytest.mark.parametrize("caption", ["", "   ", "x" * 501])
def test_an_example_says_what_it_shows(project, lead, caption):
    candidate = settle(project)

    response = visit_as(lead).post(address("add_example", project, candidate.public_id), {"caption": caption})

    assert len(told(response)) == 1
    assert not Example.objects.exists()


def test_an_open_candidate_is_no_example(project, lead):
    candidate = make_candidate(project)
    answer_as(make_person(project), candidate, "accept")

    with refused("not_settled"):
        add_example(candidate.public_id, lead, "Soft.")

    assert "Use as an example" not in visit_as(lead).get(address("candidate", project, candidate.public_id)).content.decode()


def test_an_answer_that_can_still_be_changed_makes_no_example(lead, project):
    project.undo_minutes = 15
    project.save()
    candidate = settle(project)

    with refused("not_closed"):
        add_example(candidate.public_id, lead, "Soft.")
    Assignment.objects.filter(candidate=candidate).update(editable_until=timezone.now() - timedelta(seconds=1))

    assert add_example(candidate.public_id, lead, "Soft.").candidate == candidate


def test_an_adjudication_that_can_still_be_revised_makes_no_example(project, lead):
    candidate = make_candidate(project)
    dispute(candidate)
    third = make_person(project)
    lease = take_adjudication(project, third)
    submit_blind(lease.public_id, third, Submission(verdict="reject", reasons=("unreal",)), uuid.uuid4())

    with refused("not_closed"):
        add_example(candidate.public_id, lead, "Six fingers.")
    confirm_adjudication(lease.public_id, third, "taste", None, uuid.uuid4())

    assert add_example(candidate.public_id, lead, "Six fingers.").round == 1


def test_an_adjudication_nobody_confirmed_is_closed_after_its_day(project, lead):
    candidate = make_candidate(project)
    dispute(candidate)
    third = make_person(project)
    lease = take_adjudication(project, third)
    submit_blind(lease.public_id, third, Submission(verdict="reject"), uuid.uuid4())

    Assignment.objects.filter(pk=lease.pk).update(submitted_at=timezone.now() - timedelta(hours=24))

    assert add_example(candidate.public_id, lead, "Six fingers.").candidate == candidate


def test_a_candidate_is_an_example_once(project, lead):
    candidate = settle(project)
    add_example(candidate.public_id, lead, "Soft.")

    with refused("is_example"):
        add_example(candidate.public_id, lead, "Soft again.")


def test_a_gallery_has_an_end(project, lead, monkeypatch):
    monkeypatch.setattr("labeling.protocol.examples.MOST_EXAMPLES", 1)
    add_example(settle(project).public_id, lead, "Soft.")

    with refused("gallery_full"):
        add_example(settle(project).public_id, lead, "Soft.")

    assert MOST_EXAMPLES == 60


# What everybody sees


def test_the_guidelines_page_shows_what_was_decided_and_why_and_nobody(project, lead):
    candidate = settle(project)
    add_example(candidate.public_id, lead, "Too soft to print.")
    task, generator = candidate.bundle.task, candidate.bundle.generator
    kim = make_person(project)

    response = visit_as(kim).get(address("guidelines", project))

    text, source = read(response), response.content.decode()
    assert f"Rejected · Blurry, Bad text Too soft to print. Digital · {task.name} · Image 1 A poster." in text
    people = list(Assignment.objects.filter(candidate=candidate).values_list("person__username", flat=True))
    secrets = [
        *people,
        "private remark",
        generator.slug,
        generator.display_name,
        str(candidate.public_id),
        candidate.image.sha256,
        lead.username,
    ]
    assert [secret for secret in secrets if secret in source] == []


def test_an_adjudicated_example_gives_the_reasons_of_the_adjudicator_alone(project, lead):
    candidate = make_candidate(project)
    answer_as(make_person(project), candidate, "reject", reasons=("blurry",))
    answer_as(make_person(project), candidate, "accept")
    third = make_person(project)
    lease = take_adjudication(project, third)
    submit_blind(lease.public_id, third, Submission(verdict="accept"), uuid.uuid4())
    confirm_adjudication(lease.public_id, third, "missed_defect", Submission(verdict="reject", reasons=("unreal",)), uuid.uuid4())
    add_example(candidate.public_id, lead, "Six fingers.")

    [card] = list_examples(project)

    assert (card.verdict, [str(reason) for reason in card.reasons]) == ("reject", ["Unreal"])


def test_an_accepted_dispute_gives_no_reason(project, lead):
    candidate = make_candidate(project)
    dispute(candidate)
    adjudicate_as(make_person(project), candidate, "accept")
    add_example(candidate.public_id, lead, "Good enough.")

    [card] = list_examples(project)

    assert (card.verdict, card.reasons) == ("accept", [])


def test_an_imported_decision_can_be_an_example(project, lead):
    candidate = make_candidate(project)
    import_decision(candidate.pk, "accept", lead)
    add_example(candidate.public_id, lead, "Good enough.")

    assert [card.verdict for card in list_examples(project)] == ["accept"]


def test_a_long_brief_is_cut(project, lead):
    candidate = settle(project)
    task = candidate.bundle.task
    task.brief = "word " * 200
    task.save()
    add_example(candidate.public_id, lead, "Soft.")

    [card] = list_examples(project)

    assert len(card.brief) <= 240
    assert card.brief.endswith("…")


def test_ten_examples_take_no_more_queries_than_one(project, lead, django_assert_num_queries):
    for number in range(10):
        if number in (1, 0):
            with django_assert_num_queries(4 if number else 1):
                list_examples(project)
        add_example(settle(project).public_id, lead, "Soft.")

    with django_assert_num_queries(4):
        assert len(list_examples(project)) == 10


def test_a_picture_is_served_by_example_to_members_while_it_is_shown(project, lead):
    candidate = settle(project)
    example = add_example(candidate.public_id, lead, "Soft.")
    url = address("example_image", project, example.public_id, "thumb")
    # No file behind it: the test is who may ask. tests/labeling/test_blindness.py loads one.
    assert visit_as(make_user()).get(url).status_code == 404
    withdraw_candidate(candidate.public_id, lead, "wrong file")
    assert visit_as(make_person(project)).get(url).status_code == 404


# Disappearing, and reopening


def hidden(project):
    return [line.hidden for line in list_lines(project)]


def test_a_withdrawn_candidate_leaves_the_page_and_comes_back_with_its_candidate(project, lead):
    candidate = settle(project)
    add_example(candidate.public_id, lead, "Soft.")

    withdraw_candidate(candidate.public_id, lead, "wrong file")
    gone = list_examples(project), hidden(project)
    return_candidate(candidate.public_id, lead)

    assert gone[0] == []
    assert gone[1] == ["Not shown: the candidate is withdrawn. It comes back here if it is put back."]
    assert len(list_examples(project)) == 1
    assert hidden(project) == [""]


def test_a_replaced_image_is_no_longer_the_example_even_when_it_is_settled_again(project, lead):
    candidate = settle(project)
    add_example(candidate.public_id, lead, "Soft.")

    make_person(project)
    replace_image(candidate.public_id, lead, make_image(), "better file")
    while_open = list_examples(project)
    for person in (make_person(project), make_person(project)):
        answer_as(person, Candidate.objects.get(pk=candidate.pk), "accept")

    assert while_open == []
    assert list_examples(project) == []
    assert hidden(project)[0].startswith("Not shown: the candidate began a new round since.")
    assert "began a new round" in read(visit_as(lead).get(address("examples", project)))


def test_an_example_cannot_be_reopened_before_it_is_taken_out(project, lead):
    candidate = settle(project)
    example = add_example(candidate.public_id, lead, "Soft.")
    make_person(project)
    client = visit_as(lead)

    refused = client.post(address("reopen_candidate", project, candidate.public_id), {"reason": "new guideline"})
    page = client.get(address("candidate", project, candidate.public_id)).content.decode()
    remove_example(project, lead, example.public_id)
    reopen_candidate(candidate.public_id, lead, "new guideline")

    assert told(refused)[0].startswith("This candidate is an example on the guidelines page")
    assert 'name="reopen"' not in page
    assert address("reopen_candidate", project, candidate.public_id) not in page
    candidate.refresh_from_db()
    assert candidate.round == 2


def test_the_lead_is_warned_that_people_could_see_the_decision_of_a_former_example(project, lead):
    candidate = settle(project)
    other = settle(project)
    example = add_example(candidate.public_id, lead, "Soft.")
    remove_example(project, lead, example.public_id)
    client = visit_as(lead)

    # Two people answered each of the two candidates.
    warning = "It was an example: the 4 people who answer here could see its decision."
    assert warning in read(client.get(address("candidate", project, candidate.public_id)))
    assert "It was an example" not in read(client.get(address("candidate", project, other.public_id)))


def test_an_export_marks_the_rounds_whose_decision_was_an_example(project, lead, tmp_path):
    candidate = settle(project)
    example = add_example(candidate.public_id, lead, "Soft.")
    remove_example(project, lead, example.public_id)
    make_person(project)
    reopen_candidate(candidate.public_id, lead, "new guideline")
    settle(project)

    lines = read_lines(export(project, "full", tmp_path)[0])

    assert [(line["round"], line["example_rounds"]) for line in lines] == [(2, [1]), (1, [])]


# Order, caption, taking out


def test_the_lead_orders_the_examples(project, lead):
    first, second, third = (add_example(settle(project).public_id, lead, name) for name in ("one", "two", "three"))
    client = visit_as(lead)

    client.post(address("move_example", project, third.public_id), {"step": -1})
    client.post(address("move_example", project, first.public_id), {"step": 1})
    move_example(project, lead, first.public_id, 1)
    move_example(project, lead, first.public_id, 1)

    assert [card.caption for card in list_examples(project)] == ["three", "two", "one"]
    assert second.pk in Event.objects.filter(kind="examples_ordered").latest("pk").data["order"]


def test_the_lead_changes_a_caption(project, lead):
    example = add_example(settle(project).public_id, lead, "Soft.")

    response = visit_as(lead).post(address("example_caption", project, example.public_id), {"caption": "Too soft."})

    assert told(response) == ["The caption is changed."]
    assert Example.objects.get().caption == "Too soft."


def test_an_example_of_another_project_is_left_alone(project, lead):
    there = make_project()
    example = add_example(settle(there).public_id, make_lead(there), "Soft.")
    client = visit_as(lead)

    for name, fields in [("example_caption", {"caption": "x"}), ("move_example", {"step": 1}), ("remove_example", {})]:
        assert told(client.post(address(name, project, example.public_id), fields))[-1] == "There is no such example."

    assert Example.objects.get().caption == "Soft."


def test_only_a_lead_makes_examples(project):
    candidate = settle(project)

    with refused("not_allowed"):
        add_example(candidate.public_id, make_person(project), "Soft.")


def test_changing_a_caption_keeps_the_candidate_settled(project, lead):
    candidate = settle(project)
    example = add_example(candidate.public_id, lead, "Soft.")

    change_caption(project, lead, example.public_id, "Softer.")

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("settled", 5)
    assert candidate.decisions.count() == 1
    assert lease_for(make_person(project), make_candidate(project)) is not None

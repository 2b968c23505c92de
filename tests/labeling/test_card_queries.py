"""Cards are read together, whatever was read of their rows before."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from labeling.cards import make_cards
from labeling.models import Asset, Assignment
from labeling.protocol.lease import take_cards
from labeling.views.images import ASSIGNED, find_picture
from tests.factories import lease_for, make_bundle, make_candidate, make_image, make_person, make_project, make_task
from tests.labeling.raw_rows import raw_suggestion

pytestmark = pytest.mark.django_db


def make_leases(project, person):
    """Three leases of three tasks, two read from the database and one that was just made."""
    for _ in range(3):
        make_bundle(make_task(project, quantity=2))
    first = take_cards(project, person, ahead=False)
    return first, take_cards(project, person)


def test_three_cards_take_two_queries_and_new_leases_one(django_assert_num_queries):
    project = make_project()
    one, three = make_leases(project, make_person(project))

    # What hangs on tasks and bundles in one; the rows of the first lease, which was read back, in another.
    for rows, queries in ((one, 1), (three[1:], 1), (three, 2)):
        with django_assert_num_queries(queries):
            cards = make_cards(rows)

        assert [card.assignment for card in cards] == [row.public_id for row in rows]


def test_what_a_suggestion_comes_from_takes_no_query(django_assert_num_queries):
    project = make_project(policy="all", model_version="stats-1")
    for _ in range(3):
        raw_suggestion(make_candidate(project), model_version="stats-1", backend="stats")
    person = make_person(project)
    new = take_cards(project, person)
    old = [Assignment.objects.get(pk=row.pk) for row in new]

    # As many as without a suggestion.
    for rows, queries in ((new, 1), (old, 2)):
        with django_assert_num_queries(queries):
            cards = make_cards(rows)

        assert [card.suggestion.backend for card in cards] == ["image statistics"] * 3


def test_a_new_lease_has_the_card_it_has_when_it_is_read_again():
    project = make_project()
    person = make_person(project)
    task = make_task(project, quantity=3, is_editing=True)
    for role, number, image in (("reference", 2, None), ("reference", 1, make_image()), ("source", 1, make_image(width=99))):
        Asset.objects.create(task=task, role=role, number=number, image=image)
    make_bundle(task)
    made = take_cards(project, person)

    read = [Assignment.objects.get(pk=row.pk) for row in made]

    assert [replace(card, key=None) for card in make_cards(made)] == [replace(card, key=None) for card in make_cards(read)]


@pytest.mark.parametrize(
    ("fields", "is_shown"),
    [
        ({}, True),
        ({"state": "held", "q_state": 6}, True),
        ({"state": "withdrawn", "q_state": 6}, False),
        ({"state": "staged", "q_state": 6}, False),
        ({"is_submitted_sample": False}, False),
        ({"image": None, "state": "settled", "q_state": 5}, False),
    ],
)
def test_the_strip_of_a_card_shows_what_its_addresses_open(fields, is_shown):
    project = make_project()
    person = make_person(project)
    bundle = make_bundle(make_task(project, quantity=2))
    lease = lease_for(person, bundle.candidates.select_related("project").get(deliverable__number=1))
    bundle.candidates.filter(deliverable__number=2).update(**fields)

    card = make_cards([lease])[0]

    row = ASSIGNED.get(pk=lease.pk)
    assert [picture.number for picture in card.strip] == ([1, 2] if is_shown else [1])
    assert (find_picture(row, "sibling", 2) is not None) == is_shown


def test_a_reply_sends_only_the_cards_the_page_lacks(client):
    project = make_project()
    person = make_person(project)
    _one, three = make_leases(project, person)
    client.force_login(person)
    have = [str(row.public_id) for row in three[:2]]

    reply = client.post(reverse("labeling:take", args=[project.slug]), {"have": have}, headers={"HX-Request": "true"})

    assert re.findall(r'<article class="card" data-assignment="([^"]*)"', reply.content.decode()) == [str(three[2].public_id)]

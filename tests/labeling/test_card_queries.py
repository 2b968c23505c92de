"""Cards are read together, whatever was read of their rows before."""

import re

import pytest
from django.urls import reverse

from labeling.cards import make_cards
from labeling.protocol.lease import take_cards
from tests.factories import make_bundle, make_person, make_project, make_task

pytestmark = pytest.mark.django_db


def make_leases(project, person):
    """Three leases of three tasks, two read from the database and one that was just made."""
    for _ in range(3):
        make_bundle(make_task(project, quantity=2))
    first = take_cards(project, person, ahead=False)
    return first, take_cards(project, person)


def test_three_cards_take_no_more_queries_than_one(django_assert_num_queries):
    project = make_project()
    one, three = make_leases(project, make_person(project))

    # The rows, then points, assets, siblings and answers of all of them.
    for rows in (one, three):
        with django_assert_num_queries(5):
            cards = make_cards(rows)

        assert [card.assignment for card in cards] == [row.public_id for row in rows]


def test_a_reply_sends_only_the_cards_the_page_lacks(client):
    project = make_project()
    person = make_person(project)
    _one, three = make_leases(project, person)
    client.force_login(person)
    have = [str(row.public_id) for row in three[:2]]

    reply = client.post(reverse("labeling:take", args=[project.slug]), {"have": have}, headers={"HX-Request": "true"})

    assert re.findall(r'<article class="card" data-assignment="([^"]*)"', reply.content.decode()) == [str(three[2].public_id)]

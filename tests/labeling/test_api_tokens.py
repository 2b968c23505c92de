"""Tokens on the page of the account and on the command line."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from labeling.api_tokens import find_token, make_token
from labeling.models import ApiToken
from tests.factories import make_user
from tests.labeling.visiting import read, visit_as

pytestmark = pytest.mark.django_db
PAGE = "/account/tokens/"


def test_a_token_is_shown_once_and_then_only_its_name():
    person = make_user()
    client = visit_as(person)

    made = client.post(PAGE, {"name": "nightly", "days": "30"})
    again = client.get(PAGE)

    text = re.search(r"servimage_[\w-]+", made.content.decode())[0]
    token = find_token(text)
    assert token.person == person
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert text not in again.content.decode()
    assert "nightly" in read(again)
    assert "no-store" in made.headers["Cache-Control"]


def test_a_token_without_a_name_or_for_ever_is_not_made_on_the_page():
    client = visit_as(make_user())

    statuses = [client.post(PAGE, sent).status_code for sent in ({"name": "", "days": "30"}, {"name": "x", "days": "0"})]

    assert statuses == [422, 422]
    assert not ApiToken.objects.exists()


def test_a_revoked_token_opens_nothing_and_leaves_the_list():
    person = make_user()
    token, text = make_token(person, "nightly", None)

    visit_as(person).post(f"{PAGE}{token.pk}/revoke")

    assert find_token(text) is None
    assert "nightly" not in read(visit_as(person).get(PAGE))


def test_the_token_of_somebody_else_is_neither_seen_nor_revoked():
    token, text = make_token(make_user(), "theirs", None)
    client = visit_as(make_user())

    response = client.post(f"{PAGE}{token.pk}/revoke")

    assert response.status_code == 404
    assert find_token(text) is not None
    assert "theirs" not in read(client.get(PAGE))


def test_the_command_prints_the_token_alone():
    make_user(username="robot")
    out = StringIO()

    call_command("create_token", "robot", "--days", "0", "--name", "cron", stdout=out)

    token = find_token(out.getvalue().strip())
    assert (token.person.username, token.name, token.expires_at) == ("robot", "cron", None)


@pytest.mark.parametrize("arguments", [["nobody"], ["robot", "--name", " "], ["robot", "--name", "n" * 81], ["robot", "--days", "-1"]])
def test_the_command_says_what_is_wrong(arguments):
    make_user(username="robot")

    with pytest.raises(CommandError):
        call_command("create_token", *arguments)

    assert not ApiToken.objects.exists()

"""What a visitor sees where something is missing, forbidden, outdated or broken."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from labeling.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    client.force_login(User.objects.create_user("wei"))
    client.raise_request_exception = False
    return client


@pytest.fixture
def broken_home(monkeypatch):
    """A function that makes the first page raise `error`."""

    def break_it(error):
        def fail(*_args, **_options):
            raise error

        monkeypatch.setattr("labeling.views.home.render", fail)

    return break_it


def test_a_missing_page_and_a_foreign_project_look_the_same(signed_in):
    missing, foreign = signed_in.get("/nothing/"), signed_in.get("/p/not-yours/label/")

    assert (missing.status_code, foreign.status_code) == (404, 404)
    assert "There is no page at this address, or it is not yours to open." in missing.content.decode()
    assert "not yours to open" in foreign.content.decode()


def test_a_missing_page_is_told_to_a_visitor_as_well(client):
    assert "Nothing here" in client.get("/nothing/").content.decode()


def test_a_refusal_says_whom_to_ask(signed_in, broken_home):
    broken_home(PermissionDenied())

    response = signed_in.get(reverse("labeling:home"))

    assert (response.status_code, "ask the lead of your project" in response.content.decode()) == (403, True)


def test_an_outdated_form_says_that_nothing_was_changed():
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(reverse("sign_in"), {"username": "wei", "password": "x"})

    assert (response.status_code, "nothing was changed" in response.content.decode()) == (403, True)


def test_a_fault_shows_a_page_that_needs_neither_database_nor_static_files(signed_in, broken_home):
    broken_home(RuntimeError("secret detail"))

    response = signed_in.get(reverse("labeling:home"), headers={"Accept-Language": "en"})

    page = response.content.decode()
    assert (response.status_code, "Something broke" in page) == (500, True)
    assert "secret detail" not in page
    assert "/static/" not in page

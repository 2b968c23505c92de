"""Signing in by password or link, locking out guesses, one's own password and language."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.urls import reverse
from django.utils import timezone

from labeling.models import SignInLink, User

pytestmark = pytest.mark.django_db

PASSWORD = "seven green lamps"


@pytest.fixture
def person():
    return User.objects.create_user("wei", password=PASSWORD)


@pytest.fixture
def link(person):
    """The address of a fresh sign-in link."""
    return reverse("use_link", args=[SignInLink.make(person)])


def sign_in(client, password, username="wei"):
    return client.post(reverse("sign_in"), {"username": username, "password": password})


def test_a_password_signs_in(client, person):
    response = sign_in(client, PASSWORD)

    assert response.status_code == 302
    assert get_user(client) == person


def test_every_page_asks_for_the_sign_in_first(client):
    response = client.get(reverse("change_password"))

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('sign_in')}?next={reverse('change_password')}"


def test_htmx_is_sent_to_the_sign_in_page_instead_of_being_given_it(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/p/sample/label/"}

    response = client.get(reverse("change_password"), headers=headers)

    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{reverse('sign_in')}?next=%2Fp%2Fsample%2Flabel%2F"


def test_fetch_is_refused_without_a_page(client):
    response = client.get(reverse("change_password"), headers={"Sec-Fetch-Mode": "cors"})

    assert (response.status_code, response.content) == (401, b"")


def test_the_sixth_wrong_password_is_locked_out_and_the_right_one_with_it(client, person):
    for _ in range(4):
        assert sign_in(client, "wrong").status_code == 200

    assert sign_in(client, "wrong").status_code == 429
    locked = sign_in(client, PASSWORD)
    assert locked.status_code == 429
    assert "Too many attempts" in locked.content.decode()


def test_somebody_else_at_the_same_address_is_not_locked_out(client, person):
    User.objects.create_user("mei", password=PASSWORD)
    for _ in range(6):
        sign_in(client, "wrong")

    assert sign_in(client, PASSWORD, username="mei").status_code == 302


def test_looking_at_a_link_does_not_use_it_up(client, person, link):
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert not get_user(client).is_authenticated

    client.post(link)

    assert get_user(client) == person


def test_a_link_works_once(client, link):
    client.post(link)
    client.post(reverse("sign_out"))

    again = client.post(link)

    assert again.status_code == 410
    assert not get_user(client).is_authenticated


def test_an_old_link_is_over(client, link):
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410


def test_a_link_of_a_closed_account_is_over(client, person, link):
    User.objects.update(is_active=False)

    assert client.post(link).status_code == 410


def test_a_link_nobody_made_is_over(client):
    assert client.post(reverse("use_link", args=["invented"])).status_code == 410


def test_the_token_of_a_link_is_not_stored(person):
    token = SignInLink.make(person)

    assert token not in str(SignInLink.objects.values().get())


def test_a_link_signs_the_person_before_out(client, person, link):
    client.force_login(User.objects.create_user("mei"))
    session = client.session
    session["left_by"] = "mei"
    session.save()

    assert "mei is signed in on this device" in client.get(link).content.decode()
    client.post(link)

    assert get_user(client) == person
    assert "left_by" not in client.session


def test_signing_out_needs_a_post(client, person):
    client.force_login(person)

    assert client.get(reverse("sign_out")).status_code == 405
    client.post(reverse("sign_out"))

    assert not get_user(client).is_authenticated


def test_changing_the_password_needs_the_old_one_and_keeps_this_session(client, person):
    client.force_login(person)
    new = "eight green lamps"

    refused = client.post(reverse("change_password"), {"old_password": "guess", "new_password1": new, "new_password2": new})
    changed = client.post(reverse("change_password"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert (refused.status_code, changed.status_code) == (200, 302)
    assert get_user(client) == person
    assert User.objects.get().check_password(new)


def test_somebody_without_a_password_chooses_the_first_one(client):
    person = User(username="new")
    person.set_unusable_password()
    person.save()
    client.force_login(person)

    page = client.get(reverse("change_password")).content.decode()
    client.post(reverse("change_password"), {"new_password1": PASSWORD, "new_password2": PASSWORD})

    assert "Choose a password" in page
    assert "old_password" not in page
    assert User.objects.get().check_password(PASSWORD)


def test_a_chosen_language_follows_the_person_to_another_device(client, person):
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    client.cookies.pop("django_language")

    response = client.get(reverse("change_password"), headers={"Accept-Language": "en"})

    assert 'lang="zh-hans"' in response.content.decode()


def test_an_unknown_language_changes_nothing(client, person):
    client.force_login(person)

    client.post(reverse("set_language"), {"language": "xx", "next": "/"})

    assert User.objects.get().language == ""


def test_a_link_to_another_site_is_not_followed_after_the_language_changes(client):
    response = client.post(reverse("set_language"), {"language": "en", "next": "https://elsewhere.example/"})

    assert response["Location"] == "/"

"""The commands that make the first account and print sign-in links."""

import io
import re

import pytest
from django.contrib.auth import get_user
from django.core.management import CommandError, call_command

from labeling.bench_project import prepare_bench_project
from labeling.models import Membership, Project, SignInLink, User
from labeling.sign_in_links import find_site_url, note_site_url
from tests.factories import make_person, make_project, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "seven green lamps"


def run(command, *arguments, **options):
    """What the command prints."""
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def links_in(text):
    """{first word of the line: path of the link} for every line with a link."""
    return {line.split()[0]: re.search(r"/account/link/.*", line).group() for line in text.splitlines() if "/account/link/" in line}


def test_a_lead_made_with_a_password_on_standard_input_can_sign_in(client, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))

    run("create_lead", "wei", "--password-stdin", "--email", "wei@example.org")

    person = User.objects.get()
    assert (person.username, person.email, person.is_staff, person.is_superuser) == ("wei", "wei@example.org", True, False)
    assert client.post("/account/sign-in/", {"username": "wei", "password": PASSWORD}).status_code == 302


def test_a_lead_may_be_made_from_the_environment(monkeypatch):
    monkeypatch.setenv("SERVIMAGE_LEAD_PASSWORD", PASSWORD)

    run("create_lead", "wei")

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "password", "words"), [("wei", "123", "too short"), ("we i!", PASSWORD, "valid username"), ("Mei", PASSWORD, "already")]
)
def test_an_unusable_lead_is_refused_in_clear_words(monkeypatch, username, password, words):
    make_user(username="mei")
    monkeypatch.setenv("SERVIMAGE_LEAD_PASSWORD", password)

    with pytest.raises(CommandError, match=words):
        run("create_lead", username)

    assert User.objects.count() == 1


def test_without_a_terminal_and_a_password_nobody_is_made(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(CommandError, match="no terminal to ask"):
        run("create_lead", "wei")


def test_links_are_printed_for_every_role_and_sign_in_different_people(client):
    project = make_project()
    lead = make_person(project, can_label=True, can_adjudicate=True, is_lead=True)
    annotator = make_person(project, can_adjudicate=False)
    adjudicator = make_person(project, can_label=False)

    links = links_in(run("links"))

    assert list(links) == ["annotator", "adjudicator", "lead"]
    for role, person in {"annotator": annotator, "adjudicator": adjudicator, "lead": lead}.items():
        client.post(links[role])
        assert get_user(client) == person


def test_one_person_with_every_role_gets_a_link_for_each():
    make_person(make_project(), is_lead=True)

    assert list(links_in(run("links"))) == ["annotator", "adjudicator", "lead"]


def test_the_newest_project_is_meant_and_the_sample_beside_it():
    make_person(make_project(slug="first"))
    make_person(make_project(slug="second"))
    make_person(make_project(slug="sample", is_sample=True))

    printed = run("links")

    assert printed.index("(second)") < printed.index("(sample)")
    assert "(first)" not in printed
    assert "(sample)" not in run("links", "--project", "first")


def test_links_for_named_accounts_need_no_project():
    make_user(username="wei")

    assert list(links_in(run("links", "wei"))) == ["wei"]


def test_no_link_is_made_if_one_account_is_missing():
    make_user(username="wei")
    make_user(username="gone", is_active=False)

    with pytest.raises(CommandError, match="no active account: gone, nobody"):
        run("links", "wei", "gone", "nobody")

    assert not SignInLink.objects.exists()


def test_links_without_a_project_say_so():
    with pytest.raises(CommandError, match="there is no project yet"):
        run("links")
    with pytest.raises(CommandError, match="there is no project 'other'"):
        run("links", "--project", "other")


def test_the_project_for_the_benchmark_is_made_once_with_enough_people():
    first = prepare_bench_project()
    again = prepare_bench_project()

    assert first == again == Project.objects.get(slug="servimage")
    rights = Membership.objects.values_list("person__username", "can_label", "can_adjudicate", "is_lead")
    assert set(rights) == {
        ("lead", False, False, True),
        ("annotator", True, False, False),
        ("annotator2", True, False, False),
        ("adjudicator", False, True, False),
    }
    assert list(User.objects.filter(is_staff=True).values_list("username", flat=True)) == ["lead"]


def test_links_from_another_terminal_lead_to_where_the_site_was_started(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    for name in ("SITE_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    before = find_site_url()

    note_site_url("http://127.0.0.1:8123")

    assert (before, find_site_url()) == (settings.SITE_URL, "http://127.0.0.1:8123")
    monkeypatch.setenv("PORT", "8200")
    assert find_site_url() == settings.SITE_URL

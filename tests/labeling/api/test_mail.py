"""One's own e-mail by program, and what a lead reads of the mails to members."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from labeling.lead.notices import DAYS
from labeling.models import MailAddress, MailConfirmation, Membership, Notice
from tests.factories import make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.mail_server import serve_mail

pytestmark = pytest.mark.django_db
NOTHING = {"address": None, "confirmed_at": None, "work": False, "disputes": False}


@pytest.fixture
def box():
    """The mailbox of the running server."""
    with serve_mail() as (box, _controller):
        yield box


@pytest.fixture
def project():
    return make_project(slug="posters")


@pytest.fixture
def program(project):
    return Program(make_person(project, username="kim"), project)


def choose(program, **choices):
    return program.send("put", "mail", address="kim@example.org", **choices)


def test_an_address_counts_once_its_link_was_opened_and_then_its_kinds_change_at_once(program, box):
    asked = choose(program, work=True)
    Client().post(re.search(r"https://label\.example\.org(/\S+)", box.messages[0].get_content())[1])
    confirmed = program.get("mail").data
    changed = choose(program, disputes=True)

    assert (asked.status_code, asked.data) == (202, {"is_on": True, **NOTHING})
    assert (confirmed["address"], confirmed["work"], confirmed["disputes"]) == ("kim@example.org", True, False)
    assert (changed.status_code, changed.data["work"], changed.data["disputes"]) == (200, False, True)
    assert len(box.messages) == 1


def test_stopping_mail_forgets_the_address_and_can_be_repeated(program, box):
    MailAddress.objects.create(person=make_person(make_project()), address="other@example.org")
    MailAddress.objects.create(person_id=Membership.objects.get(person__username="kim").person_id, address="kim@example.org")

    stopped = [program.send("delete", "mail") for _ in range(2)]

    assert [(reply.status_code, reply.data) for reply in stopped] == [(200, {"is_on": True, **NOTHING})] * 2
    assert MailAddress.objects.get().address == "other@example.org"


@pytest.mark.parametrize(("choices", "wrong"), [({"work": True, "address": "nowhere"}, "address"), ({"work": "maybe"}, "work"), ({}, None)])
def test_choices_that_cannot_be_are_refused(program, box, choices, wrong):
    reply = program.send("put", "mail", **{"address": "kim@example.org", **choices})

    assert (reply.status_code, list(reply.data.get("fields", {}))) == (422, [wrong] if wrong else [])
    assert (box.messages, MailConfirmation.objects.count()) == ([], 0)


def test_links_are_few_and_an_address_the_server_refuses_says_so(program, box):
    box.refuse = "550 no such user"
    refused = choose(program, work=True)
    box.refuse = ""
    replies = [choose(program, work=True) for _ in range(5)]

    assert (refused.status_code, refused.data["code"]) == (409, "address_not_taken")
    assert [reply.status_code for reply in replies] == [202] * 4 + [409]
    assert (replies[-1].data["code"], len(box.messages)) == ("enough_links", 4)


def test_a_site_without_a_server_says_so_and_stores_nothing(program):
    told, refused = program.get("mail").data, choose(program, work=True)

    assert told == {"is_on": False, **NOTHING}
    assert (refused.status_code, refused.data["code"], MailConfirmation.objects.count()) == (409, "mail_off", 0)


def make_notice(person, days_ago=0, **fields):
    """A notice of that day."""
    day = timezone.localdate() - timedelta(days=days_ago)
    return Notice.objects.create(person=person, kind="work", day=day, due_at=timezone.now(), **fields)


def test_notices_tell_a_lead_what_was_said_of_this_project_and_nothing_of_another(project):
    kim, other = make_person(project, username="kim"), make_project()
    Membership.objects.create(project=other, person=kim, can_label=True)
    make_notice(kim, DAYS + 1, projects=[project.pk])
    make_notice(kim, 2, projects=[other.pk])
    sent = {"state": "sent", "sent_at": timezone.now()}
    make_notice(kim, 1, projects=[project.pk, other.pk], counts={str(project.pk): 3, str(other.pk): 8}, **sent)
    make_notice(kim, projects=[project.pk], state="failed", attempt=1, error="550 no such user …")
    program = Program(make_lead(project), project)

    whole, first = program.get("notices").data, program.get("notices", limit=1).data
    second = program.follow(first["next"]).data

    rows = [(row["person"]["username"], row["state"], row["told"], row["error"]) for row in whole["results"]]
    assert rows == [("kim", "failed", None, "550 no such user …"), ("kim", "sent", 3, "")]
    assert [row["state"] for row in first["results"] + second["results"]] == ["failed", "sent"]
    assert program.follow(second["next"]).data == {"results": [], "next": None}

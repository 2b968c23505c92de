"""E-mail: somebody asks for it, opens the link that arrives, changes their mind; the lead sees what was sent."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from labeling.models import MailAddress, Notice, NoticeKind
from tests.browser.conftest import PHONE
from tests.factories import make_lead, make_person, make_project
from tests.labeling.mail_server import serve_mail
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def box(live_server, settings):
    """The mailbox of a mail server that the site sends by."""
    with serve_mail() as (box, _controller):
        settings.SITE_URL = live_server.url
        yield box


@pytest.fixture
def project():
    return make_project(name="Spring pilot")


@pytest.fixture
def person(project):
    return make_person(project, username="kim")


def link_in(message) -> str:
    """The first link of a mail."""
    return re.search(r"https?://\S+", message.get_content()).group()


def test_mail_is_asked_for_confirmed_changed_and_stopped_with_the_keyboard(open_page, box, person):
    page: Page = open_page(person)
    page.goto(reverse("labeling:home"))

    page.get_by_label("Your account").press("Enter")
    page.get_by_role("link", name="E-mail").press("Enter")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("kim@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("kim@example.org")
    page.goto(link_in(box.messages[0]))
    page.locator("main button").press("Enter")
    own = MailAddress.objects.get(person=person)
    assert (own.address, own.wants_work, own.wants_disputes) == ("kim@example.org", True, False)
    page.goto(reverse("labeling:mail"))
    expect(page.locator("main")).to_contain_text("Mail goes to kim@example.org.")
    page.get_by_label("when disputes that I could settle").press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_label("when disputes that I could settle")).to_be_checked()
    page.get_by_role("button", name="Stop all mail and forget my address").press("Enter")

    expect(page.locator("#notices")).to_contain_text("your address is forgotten")
    expect(page.get_by_label("E-mail address")).to_have_value("")
    assert not MailAddress.objects.exists()


def test_without_scripts_on_a_phone_errors_are_said_and_ticks_are_large_enough(open_page, box, person):
    page: Page = open_page(person, java_script_enabled=False, **PHONE)
    page.goto(reverse("labeling:mail"))
    ticks = [page.get_by_label(what) for what in ("when there is work again", "when disputes that I could settle")]

    assert {tick.bounding_box()["width"] for tick in ticks} == {20}
    page.get_by_label("E-mail address").fill("kim@example.org")
    for tick in ticks:
        tick.uncheck()
    page.get_by_role("button", name="Save").tap()

    expect(page.get_by_role("alert")).to_have_text("Tick what you want to be told, or stop all mail.")
    expect(page.get_by_label("E-mail address")).to_have_value("kim@example.org")
    assert box.messages == []


def test_where_no_mail_can_be_sent_the_page_says_so_and_keeps_what_was_typed(open_page, box, person):
    box.fail = "451 try later"
    page: Page = open_page(person)
    page.goto(reverse("labeling:mail"))

    page.get_by_label("E-mail address").fill("kim@example.org")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("kim@example.org")
    assert not MailAddress.objects.exists()


def test_the_lead_sees_what_was_sent_and_what_was_refused(open_page, box, project, person):
    lead = make_lead(project, username="lead")
    now = timezone.now()
    sent = {"state": "sent", "sent_at": now, "counts": {str(project.pk): 1204}}
    failed = {"state": "failed", "attempt": 1, "error": "550 no such user"}
    for kind, fields in ((NoticeKind.WORK, sent), (NoticeKind.DISPUTES, failed)):
        Notice.objects.create(person=person, kind=kind, day=timezone.localdate(), projects=[project.pk], due_at=now, **fields)
    page: Page = open_page(lead)
    page.goto(address("members", project))

    page.get_by_role("link", name="Mail to members").press("Enter")

    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("550 no such user")
    expect(rows.nth(1)).to_contain_text("1,204")
    expect(rows.nth(1)).to_contain_text("sent")

"""From an invitation to the first answer, and through a change of the guideline, as somebody new would."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.models import Answer, User
from labeling.protocol.projects import publish_guideline
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, expect_saved, open_label, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def copy_link(page: Page, project) -> str:
    """Make an invitation as a lead and copy its link."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(reverse("labeling:members", args=[project.slug]))
    form = page.locator("section", has=page.get_by_role("heading", name="Invite people by a link"))
    form.get_by_label("annotator").check()
    form.get_by_label("For how many people").fill("2")
    form.get_by_label("Note").fill("class of May")
    form.get_by_role("button", name="Make an invitation link").click()
    expect(page.get_by_text("It lets in 2 people")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.get_by_role("textbox", name="Invitation link").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == link
    return link


def make_account(page: Page, link: str, name: str) -> None:
    """Open an invitation and make an account with the keyboard."""
    page.goto(link)
    page.keyboard.type(name)
    for text in ("seven green lamps", "seven green lamps"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are a member of")).to_be_visible()


def test_somebody_new_joins_reads_and_answers(open_page, project, lead):
    publish_guideline(project, lead, "Read every letter.\nZoom in once.")
    link = copy_link(open_page(lead), project)
    page = open_page()

    make_account(page, link, "kim")
    expect(page.get_by_role("heading", name="Read the guideline first")).to_be_visible()
    page.get_by_role("link", name="Read the guideline").press("Enter")
    page.get_by_role("button", name="I have read it").press("Enter")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(3)
    page.wait_for_timeout(LOOK_MS)
    press(page, "a")
    expect(page.locator("#counts")).to_have_text("1 today")
    expect_saved(page)

    assert Answer.objects.get().guideline.number == 1
    assert Answer.objects.get().assignment.person == User.objects.get(username="kim")


def test_a_changed_guideline_waits_until_what_is_in_hand_is_done(open_page, project, lead, annotator):
    page = open_page(annotator, **PHONE)
    open_label(page, project)
    publish_guideline(project, lead, "Read every letter.")

    for done in (1, 2, 3):
        page.get_by_role("button", name="Accept").click()
        expect(page.locator("#counts")).to_have_text(f"{done} today", use_inner_text=False)
        page.wait_for_timeout(LOOK_MS)
    expect(page.get_by_role("heading", name="Read the guideline first")).to_be_visible()
    page.get_by_role("link", name="Read the guideline").click()
    page.get_by_role("button", name="I have read it").click()
    expect(page.locator("article.card:not([hidden])")).to_be_visible()

    assert list(Answer.objects.values_list("guideline", flat=True)) == [None] * 3
    publish_guideline(project, lead, "Read every letter twice.")
    page.goto(reverse("labeling:guidelines", args=[project.slug]))
    expect(page.locator("ins")).to_have_text("Read every letter twice.")
    expect(page.locator("del")).to_have_text("Read every letter.")


def test_a_member_who_opens_a_link_keeps_their_rights(open_page, project, lead, annotator):
    link = copy_link(open_page(lead), project)
    page = open_page(annotator)

    page.goto(link)

    expect(page.get_by_role("heading", name=f"You are a member of {project.name} already")).to_be_visible()
    expect(page.get_by_role("button", name="Join")).to_have_count(0)


def test_a_revoked_invitation_lets_nobody_else_in_and_whoever_came_by_it_stays(open_page, project, lead):
    desk = open_page(lead)
    link = copy_link(desk, project)
    make_account(open_page(), link, "kim")

    desk.goto(reverse("labeling:members", args=[project.slug]))
    line = desk.locator(".invitations li", has_text="class of May")
    expect(line).to_contain_text("1 of 2 used: kim")
    line.get_by_role("button", name="Revoke").press("Enter")
    expect(desk.locator("#notices")).to_contain_text("The invitation is revoked. Whoever came by it stays.")
    expect(line).to_contain_text("revoked")
    expect(line.get_by_role("button")).to_have_count(0)
    expect(desk.get_by_role("region", name="kim")).to_be_visible()
    late = open_page()
    late.goto(link)

    expect(late.get_by_role("heading", name="This invitation is over")).to_be_visible()


def test_an_invitation_is_made_and_used_on_a_phone_without_scripts(open_page, project, lead):
    desk = open_page(lead, java_script_enabled=False, **PHONE)
    desk.goto(reverse("labeling:members", args=[project.slug]))
    form = desk.get_by_role("region", name="Invite people by a link")
    form.get_by_role("button", name="Make an invitation link").tap()
    expect(form.get_by_role("alert")).to_have_text("Tick at least one right.")
    expect(desk.get_by_text("Nothing is saved yet")).to_be_visible()
    form.get_by_label("annotator").check()
    form.get_by_role("button", name="Make an invitation link").tap()
    link = desk.get_by_role("textbox", name="Invitation link").input_value()
    assert desk.get_by_role("button", name="Copy").count() == 0
    page = open_page(java_script_enabled=False, **PHONE)
    page.goto(link)

    page.get_by_label("Username").fill("kim")
    page.get_by_label("Password", exact=True).fill("seven green lamps")
    page.get_by_label("Password confirmation").fill("seven red lamps")
    page.get_by_role("button", name="Make the account and join").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password", exact=True).fill("seven green lamps")
    page.get_by_label("Password confirmation").fill("seven green lamps")
    page.get_by_role("button", name="Make the account and join").tap()

    expect(page.get_by_text("You are a member of")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

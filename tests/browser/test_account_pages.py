"""One's own account: a password of one's own, and tokens for programs, each used as it is meant."""

from __future__ import annotations

import httpx
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from labeling.models import User
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_token_is_made_with_the_keyboard_works_once_copied_and_no_longer_once_revoked(open_page, live_server, lead):
    page = open_page(lead)
    page.goto(reverse("tokens"))

    page.get_by_label("Name").fill("nightly export")
    page.get_by_role("button", name="Make a token").press("Enter")
    text = page.get_by_role("textbox", name="Your new token").input_value()
    me = httpx.get(live_server.url + reverse("api:me"), headers={"Authorization": f"Bearer {text}"})
    page.goto(reverse("tokens"))
    expect(page.get_by_role("rowheader", name="nightly export")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your new token")).to_have_count(0)
    page.get_by_role("button", name="Revoke").press("Enter")
    expect(page.get_by_text("You have none.")).to_be_visible()

    assert me.json()["username"] == "lead"
    assert httpx.get(live_server.url + reverse("api:me"), headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_a_password_is_chosen_on_a_phone_without_scripts_and_opens_the_account(open_page, annotator):
    page = open_page(annotator, java_script_enabled=False, **PHONE)
    page.goto(reverse("change_password"))
    for field in page.locator("input[type=password]").all():
        field.fill("seven green lamps")
    page.get_by_role("button", name="Save password").tap()
    expect(page.get_by_role("button", name="Save password")).to_have_count(0)

    other = open_page()
    other.goto(reverse("sign_in"))
    other.get_by_label("Username").fill(annotator.username)
    other.locator("input[type=password]").fill("seven green lamps")
    other.keyboard.press("Enter")

    expect(other.get_by_role("link", name="Label").first).to_be_visible()
    assert User.objects.get(pk=annotator.pk).check_password("seven green lamps")

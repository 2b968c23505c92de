"""The label page on a phone, without scripts, and with a screen reader."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from labeling.models import Skip
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, answers_of, expect_saved, open_label, press
from tests.browser.pictures import make_pictured_bundle
from tests.factories import make_person, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_phone_labels_by_touch_without_scrolling_sideways(open_page, project, annotator):
    page = open_label(open_page(annotator, **PHONE), project)

    page.get_by_role("button", name="Accept").tap()
    page.wait_for_timeout(LOOK_MS)
    page.get_by_role("button", name="Blurry").tap()
    page.wait_for_timeout(LOOK_MS)
    page.get_by_role("button", name="Several").tap()
    page.get_by_role("button", name="Unreal").tap()
    page.get_by_role("button", name="Other").tap()
    page.get_by_role("button", name="Reject", exact=False).last.tap()

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"]), ("reject", ["other", "unreal"])]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator("article.card:visible .answer button:visible").evaluate_all("buttons => buttons.map((b) => b.offsetHeight)")
    assert min(heights) >= 44


def test_everything_works_without_scripts(open_page, project, annotator):
    page = open_page(annotator, java_script_enabled=False)
    page.goto(f"/p/{project.slug}/label/")

    page.get_by_role("button", name="Start labelling").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("#notices")).to_contain_text("Saved")
    page.get_by_role("button", name="Blurry").click()
    page.get_by_text("Skip", exact=True).first.click()
    page.locator("select[name=reason]").select_option("personal")
    page.get_by_role("button", name="Skip").click()
    page.get_by_role("link", name="Change a recent answer").click()
    page.get_by_role("link", name="Change").first.click()
    page.get_by_role("button", name="Change to accept").click()

    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"]), ("accept", [])]
    assert Skip.objects.get().why == "personal"
    page.get_by_role("button", name="Take back").first.click()
    assert answers_of(annotator)[-1] == ("undo", [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_on_the_label_page_and_its_dialogs(open_page, annotator, scheme, device):
    project = make_project(undo_minutes=15)
    make_pictured_bundle(project, quantity=3, is_editing=True, brief="一" * 700, name="活动海报")
    person = make_person(project, can_adjudicate=False)
    page = open_label(open_page(person, color_scheme=scheme, **device), project)

    found = []
    for key in ("", "c", "r", "s", "Escape", "?", "Escape", "g", "Escape", "v"):
        if key:
            press(page, key)
        found += [(key, rule["id"], rule["nodes"][0]["html"]) for rule in Axe().run(page).response["violations"]]

    assert found == []

"""The adjudication page as a person uses it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Answer, Assignment
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, expect_saved, press
from tests.browser.pictures import make_pictured_bundle
from tests.factories import answer_as, final_decision, make_person, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_dispute(project):
    """A candidate that one person accepts and another rejects for its text."""
    candidate = make_pictured_bundle(project).candidates.get()
    answer_as(make_person(project), candidate, "accept", note="Just what they asked for")
    answer_as(make_person(project), candidate, "reject", reasons=("bad_text",), note="标题拼错了")
    return candidate


def open_adjudication(page: Page, project) -> Page:
    """Go to the adjudication page and look at the first picture."""
    page.goto(f"/p/{project.slug}/adjudicate/")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(1)
    page.wait_for_timeout(LOOK_MS)
    return page


def adjudications() -> list[tuple[str, str, list[str], str]]:
    rows = Answer.objects.filter(assignment__purpose="adjudication").order_by("id")
    return [(row.kind, row.verdict, row.reasons, row.reason_class) for row in rows]


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def adjudicator(project):
    return make_person(project, can_label=False)


def test_two_keys_close_a_dispute(open_page, project, adjudicator):
    candidate = make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    expect(page.locator(".opinion")).to_have_count(0)

    press(page, "a")
    expect(page.locator(".opinion")).to_have_count(3)
    page.wait_for_timeout(LOOK_MS)
    press(page, "2")

    expect(page.locator(".state")).to_have_attribute("data-state", "waiting")
    assert adjudications() == [("first", "accept", [], ""), ("confirm", "accept", [], "taste")]
    assert final_decision(candidate) == ("accept", "adjudication")


def test_both_answers_come_with_reasons_and_notes_and_without_names(open_page, project, adjudicator):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)

    press(page, "a")

    opinions = page.locator(".opinions")
    expect(opinions).to_contain_text("Bad text")
    expect(opinions).to_contain_text("标题拼错了")
    expect(opinions).to_contain_text("Just what they asked for")
    names = list(Assignment.objects.filter(purpose="primary").values_list("person__username", flat=True))
    assert not any(name in page.content() for name in names)


def test_a_revision_to_reject_asks_for_its_reason_before_the_class(open_page, project, adjudicator):
    candidate = make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    press(page, "a")
    expect(page.locator(".reveal")).to_be_visible()
    page.wait_for_timeout(LOOK_MS)

    press(page, "r", "5", "3")

    expect_saved(page)
    assert adjudications()[-1] == ("revise", "reject", ["bad_text"], "missed_defect")
    assert final_decision(candidate) == ("reject", "adjudication")


def test_an_open_reveal_comes_first_after_a_reload(open_page, project, adjudicator):
    make_dispute(project)
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    press(page, "2")
    expect(page.locator(".reveal")).to_be_visible()

    open_adjudication(page, project)
    expect(page.locator(".reveal")).to_be_visible()
    press(page, "6")

    expect_saved(page)
    assert adjudications() == [("first", "reject", ["blurry"], ""), ("confirm", "reject", ["blurry"], "other")]
    expect(page.locator("form.answer")).to_be_visible()


def test_a_blind_answer_survives_a_cut_network(open_page, project, adjudicator):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    page.context.set_offline(True)

    press(page, "a")
    expect(page.locator("#saved")).to_contain_text("1 answer kept here")
    assert adjudications() == []
    page.context.set_offline(False)

    expect(page.locator(".reveal")).to_be_visible()
    assert adjudications() == [("first", "accept", [], "")]


def test_adjudication_by_touch_and_without_scripts(open_page, project, adjudicator):
    make_dispute(project)
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator, **PHONE), project)
    page.get_by_role("button", name="Accept").tap()
    page.wait_for_timeout(2 * LOOK_MS)
    page.get_by_role("button", name="A matter of taste").tap()
    expect_saved(page)

    plain = open_page(adjudicator, java_script_enabled=False)
    plain.goto(f"/p/{project.slug}/adjudicate/")
    plain.get_by_role("button", name="Blurry").click()
    plain.locator(".reveal .chip", has_text="Accept").click()
    plain.get_by_role("button", name="The brief is ambiguous").click()
    expect(plain.locator("#notices")).to_contain_text("Saved")

    assert [row for row in adjudications() if row[0] != "first"] == [
        ("confirm", "accept", [], "taste"),
        ("revise", "accept", [], "ambiguous_brief"),
    ]

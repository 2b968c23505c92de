"""The adjudication page as a person uses it."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Answer, Assignment, Project
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.reap import reap_due
from labeling.protocol.submission import Submission
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, expect_saved, press
from tests.browser.pictures import make_pictured_bundle
from tests.factories import answer_as, expire, final_decision, make_person, make_project

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


def test_a_refused_blind_answer_brings_the_dispute_back(open_page, project, adjudicator):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    Project.objects.filter(pk=project.pk).update(reasons_required=True)

    press(page, "r", "r")
    expect(page.locator("#notices")).to_contain_text("Not saved")
    expect(page.locator("form.answer")).to_be_visible()
    page.wait_for_timeout(LOOK_MS)
    press(page, "2")

    expect(page.locator(".reveal")).to_be_visible()
    assert adjudications() == [("first", "reject", ["blurry"], "")]


def test_the_link_back_from_a_refusal_opens_the_dispute_to_be_adjudicated(open_page, project, adjudicator):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    Project.objects.filter(pk=project.pk).update(reasons_required=True)
    press(page, "r", "r")
    link = page.locator("#notices a")

    with page.context.expect_page() as opened:
        link.click()
    other = opened.value
    expect(other.locator('img.candidate[data-warm="ready"]')).to_have_count(1)
    other.wait_for_timeout(LOOK_MS)
    press(other, "a")

    expect(other.locator(".reveal")).to_be_visible()
    assert adjudications() == [("first", "accept", [], "")]


@pytest.mark.parametrize("keys", [["a"], ["a", "2"]], ids=["blind answer", "confirmation"])
def test_what_waits_is_not_asked_again_after_a_reload(open_page, project, adjudicator, keys):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    for key in keys[:-1]:
        press(page, key)
        expect(page.locator(".reveal")).to_be_visible()
        page.wait_for_timeout(LOOK_MS)
    page.route(
        "**/adjudicate/*", lambda route: route.fulfill(status=503, body="busy") if route.request.method == "POST" else route.continue_()
    )
    press(page, keys[-1])
    page.reload()

    expect(page.locator("#saved")).to_contain_text("1 answer waiting")
    expect(page.locator("form.answer")).to_have_count(0)
    expect(page.locator(".reveal")).to_have_count(0)
    page.unroute("**/adjudicate/*")
    page.evaluate("dispatchEvent(new Event('online'))")

    expect_saved(page)
    expect(page.locator(".reveal" if keys == ["a"] else '.state[data-state="waiting"]')).to_be_visible()
    assert [row[0] for row in adjudications()] == ["first", "confirm"][: len(keys)]


def test_a_dispute_answered_in_another_tab_is_not_answered_again(open_context, project, adjudicator):
    make_dispute(project)
    context = open_context(adjudicator)
    here, there = (open_adjudication(context.new_page(), project) for _ in range(2))

    press(here, "a")

    # The other tab drops its card at once and comes back with both answers, as an adjudication that is to be confirmed.
    expect(here.locator(".reveal")).to_be_visible()
    expect(there.locator("form.answer")).to_have_count(0)
    expect(there.locator(".reveal")).to_be_visible()
    assert adjudications() == [("first", "accept", [], "")]


def test_a_blind_answer_that_comes_too_late_is_kept_and_the_next_dispute_comes(open_page, project, adjudicator):
    make_dispute(project)
    page = open_adjudication(open_page(adjudicator), project)
    expire(Assignment.objects.get(purpose="adjudication"))
    reap_due()
    other = make_person(project, can_label=False)
    submit_blind(take_adjudication(project, other).public_id, other, Submission(verdict="accept"), uuid.uuid4())
    make_dispute(project)

    press(page, "a")

    expect(page.locator("#notices")).to_contain_text("Kept, not counted")
    expect(page.locator("form.answer")).to_be_visible()


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

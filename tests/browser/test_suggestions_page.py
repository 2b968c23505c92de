"""Suggestions on the label page in a real browser: pre-filled, blind, and revealed after the answer."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from labeling.models import Answer, Assignment
from tests.browser.conftest import PHONE
from tests.browser.layout import find_faults
from tests.browser.pictures import make_pictured_bundle
from tests.browser.test_every_page import FOLDER, SCREENS, save_screenshot
from tests.factories import make_person, make_project
from tests.labeling.raw_rows import raw_suggestion

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CONCEPTS = {"brf": 4.1, "veq_text": 2.1, "veq_clarity": 3.9}


def make_suggested(policy, p_accept=0.78, count=4, **fields):
    """A project with `count` candidates about which a model has said something, and one annotator."""
    project = make_project(policy=policy, control_share=0, model_version="stats-2026-11", **fields)
    for _ in range(count):
        for candidate in make_pictured_bundle(project).candidates.all():
            raw_suggestion(candidate, p_accept, model_version="stats-2026-11", concepts=CONCEPTS)
    return project, make_person(project)


def open_label(open_page, project, person, **options):
    page = open_page(person, **options)
    page.goto(f"/p/{project.slug}/label")
    expect(page.locator("article.card:not([hidden])")).to_have_count(1)
    page.wait_for_timeout(250)
    return page


def test_enter_sends_what_is_suggested_and_the_answer_says_so(open_page):
    project, person = make_suggested("all")
    page = open_label(open_page, project, person)
    line = page.locator("article.card:not([hidden]) .suggestion")

    expect(line).to_contain_text("Accept · probably accepted, 78 % for accept · weakest: text (2.1 of 5)")
    expect(line).to_contain_text("stats-2026-11")
    page.keyboard.press("Enter")

    [answer] = wait_for_answers(page, 1)
    assert (answer.verdict, answer.reasons, answer.exposure, answer.probability) == ("accept", [], "prefilled", 0.78)


def test_another_answer_costs_one_key_as_without_a_suggestion(open_page):
    project, person = make_suggested("all")
    page = open_label(open_page, project, person)

    page.keyboard.press("2")

    [answer] = wait_for_answers(page, 1)
    assert (answer.verdict, answer.reasons, answer.exposure) == ("reject", ["blurry"], "prefilled")


def test_a_suggested_reject_asks_for_its_reason_like_the_key_of_a_reject(open_page):
    project, person = make_suggested("all", p_accept=0.1)
    page = open_label(open_page, project, person)
    expect(page.locator("article.card:not([hidden]) .suggestion")).to_contain_text("Reject · very likely rejected, 10 %")

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    [answer] = wait_for_answers(page, 1)
    assert (answer.verdict, answer.reasons) == ("reject", [])


def test_a_blind_seat_shows_nothing_and_enter_does_nothing(open_page):
    project, person = make_suggested("off")
    page = open_label(open_page, project, person)

    page.keyboard.press("Enter")

    expect(page.locator(".suggestion")).to_have_count(0)
    assert "stats-2026-11" not in page.content()
    assert not Answer.objects.exists()


def test_a_suggestion_is_revealed_after_the_answer_and_enter_keeps_it(open_page):
    project, person = make_suggested("reveal")
    page = open_label(open_page, project, person)
    assert "stats-2026-11" not in page.content()
    first = page.locator("article.card:not([hidden])").get_attribute("data-assignment")

    page.keyboard.press("1")

    revealed = page.locator("section.revealed")
    expect(revealed).to_contain_text("You answered: Reject · Brief missed")
    expect(revealed).to_contain_text("probably accepted, 78 %")
    expect(page.locator("article.card:not([hidden])")).to_have_attribute("data-assignment", first)
    page.wait_for_timeout(250)
    page.keyboard.press("Enter")

    expect(page.locator("article.card:not([hidden])")).not_to_have_attribute("data-assignment", first)
    said = [(answer.kind, answer.verdict, answer.reasons, answer.exposure) for answer in wait_for_answers(page, 2)]
    assert said == [("first", "reject", ["brief_missed"], "none"), ("confirm", "reject", ["brief_missed"], "revealed")]


def test_the_other_key_changes_the_answer_and_undo_brings_the_card_back_open(open_page):
    project, person = make_suggested("reveal", undo_minutes=15)
    page = open_label(open_page, project, person)
    first = page.locator("article.card:not([hidden])").get_attribute("data-assignment")

    page.keyboard.press("1")
    expect(page.locator("section.revealed")).to_be_visible()
    page.wait_for_timeout(250)
    page.keyboard.press("z")
    expect(page.locator("section.revealed")).to_be_visible()
    page.keyboard.press("a")
    kinds = [answer.kind for answer in wait_for_answers(page, 2)]
    page.wait_for_timeout(250)
    page.keyboard.press("z")

    card = page.locator("article.card:not([hidden])")
    expect(card).to_have_attribute("data-assignment", first)
    expect(card.locator(".suggestion")).to_contain_text("78 %")
    expect(card.locator("form.answer")).to_be_visible()
    assert kinds == ["first", "revise"]
    page.wait_for_timeout(250)
    page.keyboard.press("a")
    last = wait_for_answers(page, 4)[-1]
    assert (last.verdict, last.exposure) == ("accept", "revealed")


@pytest.mark.parametrize("policy", ["all", "reveal"])
def test_without_scripts_the_suggestion_is_shown_kept_and_changed(open_page, policy):
    project, person = make_suggested(policy)
    page = open_page(person, java_script_enabled=False)
    page.goto(f"/p/{project.slug}/label")
    page.get_by_role("button", name="Start labelling").click()
    assert ("stats-2026-11" in page.content()) == (policy == "all")

    page.get_by_role("button", name="Accept", exact=False).first.click()
    if policy == "reveal":
        expect(page.get_by_text("probably accepted, 78 %")).to_be_visible()
        page.get_by_role("button", name="Keep my answer").click()

    expect(page.locator("form.answer").first).to_be_visible()
    assert Answer.objects.filter(verdict="accept").count() == (1 if policy == "all" else 2)
    assert Assignment.objects.filter(status="submitted").count() == 1


@pytest.mark.parametrize("policy", ["all", "reveal"])
def test_on_a_phone_the_suggestion_and_the_answer_are_in_sight_together(open_page, policy):
    project, person = make_suggested(policy)
    page = open_label(open_page, project, person, **PHONE)
    if policy == "reveal":
        page.locator("article.card:not([hidden]) .accept").tap()

    box = page.locator("article.card:not([hidden]) .suggestion").bounding_box()
    button = page.locator("article.card:not([hidden]) :is(button.accept, [data-keep])").first.bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert button["y"] + button["height"] <= 844


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("policy", ["all", "reveal"])
def test_axe_finds_nothing_on_a_card_with_a_suggestion(open_context, policy, scheme):
    project, person = make_suggested(policy, undo_minutes=15)
    found = []
    for screen, options in SCREENS.items():
        page = open_context(person, color_scheme=scheme, **options).new_page()
        page.goto(f"/p/{project.slug}/label")
        expect(page.locator('article.card:not([hidden]) img.candidate[data-warm="ready"]')).to_be_visible()
        if policy == "reveal":
            page.wait_for_timeout(250)
            page.keyboard.press("1")
            expect(page.locator("section.revealed")).to_be_visible()
        found += [item["id"] for item in Axe().run(page).response["violations"]]
        found += find_faults(page)
        if FOLDER:
            save_screenshot(page, Path(FOLDER) / "suggestions" / f"{policy}-{screen}-{scheme}.webp")

    assert found == []


def wait_for_answers(page, count):
    """The answers once there are `count` of them."""
    for _ in range(100):
        answers = list(Answer.objects.order_by("id"))
        if len(answers) >= count:
            break
        page.wait_for_timeout(50)
    assert len(answers) == count
    return answers

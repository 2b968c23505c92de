"""The label page as a person uses it: keys, notes, skips, flags, and what it says when there is nothing to do."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from labeling.models import Answer, Assignment, Flag, Membership, Project, Skip
from labeling.protocol.cap import next_day
from tests.browser.labelling import LOOK_MS, answers_of, expect_saved, open_label, press, shown
from tests.browser.pictures import make_pictured_bundle
from tests.factories import answer_as, make_person, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_accept_sends_at_once_and_shows_the_next_image(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)

    press(page, "a")

    assert shown(page) != first
    expect_saved(page)
    assert answers_of(annotator) == [("accept", [])]
    expect(page.locator("#counts")).to_have_text("1 today")


def test_whoever_reaches_the_daily_cap_reads_when_it_goes_on(open_page, project, annotator):
    Membership.objects.filter(project=project, person=annotator).update(daily_cap=2)
    page = open_label(open_page(annotator, timezone_id="America/New_York"), project, cards=2)

    press(page, "a", "a")

    said = page.locator('.state[data-state="capped"]')
    expect(said.get_by_role("heading")).to_have_text("Done for today")
    goes_on = said.locator("time")
    expect(said).to_contain_text("It goes on at")
    there = next_day().astimezone(ZoneInfo("America/New_York"))
    expect(goes_on).to_contain_text(there.strftime("%b ") + str(there.day))
    expect(goes_on).to_contain_text(there.strftime("%H:%M"))
    expect(page.locator("#deck")).not_to_contain_text("No connection")
    assert len(answers_of(annotator)) == 2


def test_a_reason_key_is_a_reject_for_that_reason(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "2")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", ["blurry"])]


def test_shift_adds_reasons_before_the_last_one_sends(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "Shift+Digit3", "Shift+Digit1")
    assert answers_of(annotator) == []
    press(page, "5")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", ["bad_text", "brief_missed", "unreal"])]


def test_escape_forgets_the_chosen_reasons(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "Shift+Digit3", "Escape", "2")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", ["blurry"])]


def test_reject_twice_needs_no_reason_where_the_project_allows_it(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "r")
    assert answers_of(annotator) == []
    press(page, "r")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", [])]


def test_reject_twice_is_not_enough_where_a_reason_is_required(open_page, project, annotator):
    project.reasons_required = True
    project.save()
    page = open_label(open_page(annotator), project)

    press(page, "r", "r", "Enter")
    assert answers_of(annotator) == []
    press(page, "4")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", ["unattractive"])]


def test_reasons_that_cannot_apply_are_not_offered(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "6", "7")

    # Neither an editing task nor a set: 6 (edit leaks) and 7 (set differs) mean nothing here.
    expect(page.locator("article.card:visible .why [data-choice]")).to_have_count(7)
    assert answers_of(annotator) == []


def test_typing_a_note_answers_nothing_and_the_note_leaves_with_the_answer(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "n")
    page.keyboard.type("a 2 r hands are wrong")
    press(page, "Enter")
    assert answers_of(annotator) == []
    press(page, "9")

    expect_saved(page)
    assert Answer.objects.get().note == "a 2 r hands are wrong"


def test_composing_chinese_in_a_note_answers_nothing(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    press(page, "n")
    session = page.context.new_cdp_session(page)

    session.send("Input.imeSetComposition", {"text": "shou", "selectionStart": 4, "selectionEnd": 4})
    page.keyboard.press("Enter")
    session.send("Input.insertText", {"text": "手"})

    assert answers_of(annotator) == []
    expect(page.locator("article.card:visible [name=note]")).to_be_focused()
    assert page.locator("article.card:visible [name=note]").input_value().strip() == "手"


def test_a_key_pressed_twice_does_not_answer_the_next_image_unseen(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    page.keyboard.press("a")
    page.keyboard.press("a")
    page.wait_for_timeout(LOOK_MS)

    expect_saved(page)
    assert answers_of(annotator) == [("accept", [])]


def test_digits_of_a_french_keyboard_need_no_shift(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    # On AZERTY the key left of "é" prints "&" and reports the place Digit1.
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: '&', code: 'Digit1', bubbles: true}))")

    expect_saved(page)
    page.wait_for_timeout(LOOK_MS)
    assert answers_of(annotator) == [("reject", ["brief_missed"])]


def test_own_keys_replace_the_defaults_on_every_device(open_page, project, annotator):
    annotator.keys = {"accept": "j", "reject": ""}
    annotator.save()
    page = open_label(open_page(annotator), project)

    press(page, "a", "r", "r")
    assert answers_of(annotator) == []
    press(page, "j")

    expect_saved(page)
    assert answers_of(annotator) == [("accept", [])]


def test_the_keys_page_records_a_key_and_refuses_one_key_for_two_actions(open_page, project, annotator):
    page = open_page(annotator)
    page.goto("/keys/")

    page.locator("[name=accept]").press("r")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist").first).to_contain_text("more than one action")
    page.locator("[name=reject]").press("x")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#notices")).to_contain_text("saved")
    annotator.refresh_from_db()
    assert annotator.keys == {"accept": "r", "reject": "x"}


def test_where_undo_is_off_its_button_says_so_and_so_does_its_key(open_page, project, annotator):
    Project.objects.update(undo_minutes=0)
    page = open_label(open_page(annotator), project)

    press(page, "z")

    expect(page.locator("article.card:visible").get_by_role("button", name="Undo is off here")).to_be_disabled()
    expect(page.locator("article.card:visible .last")).to_contain_text("cannot be taken back")


def test_a_picture_smaller_than_its_place_lights_one_button(open_page, project, annotator):
    page = open_label(open_page(annotator, viewport={"width": 2400, "height": 2000}), project)
    lit = page.locator('article.card:visible .tools [aria-pressed="true"]')

    expect(page.locator("article.card:visible output.zoom")).to_contain_text("100")
    expect(lit).to_have_count(1)
    press(page, "e")

    expect(lit).to_contain_text("200 %")


def test_undo_after_a_skip_says_so_before_it_takes_the_answer_before_back(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    press(page, "a", "s", "3")
    expect_saved(page)

    press(page, "z")
    expect(page.locator("article.card:visible .last")).to_contain_text("A skip that was sent cannot be taken back")
    assert answers_of(annotator) == [("accept", [])]
    press(page, "z")

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("undo", [])]


def test_enter_sends_the_reasons_chosen_with_the_mouse(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    bar = page.locator("article.card:visible form.answer")
    for name in ("Several", "Blurry", "Unreal"):
        bar.get_by_role("button", name=name).click()

    press(page, "Enter")

    expect_saved(page)
    assert answers_of(annotator) == [("reject", ["blurry", "unreal"])]


def test_skip_asks_for_a_reason_and_a_digit_answers(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)

    press(page, "s", "3")

    assert shown(page) != first
    expect_saved(page)
    assert [(skip.why, str(skip.assignment.public_id)) for skip in Skip.objects.all()] == [("cannot_judge", first)]


def test_a_flag_goes_to_the_lead_and_the_image_stays(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)

    press(page, "g")
    page.keyboard.type("Is the logo meant to be red?")
    press(page, "Control+Enter")

    expect_saved(page)
    assert shown(page) == first
    assert Flag.objects.get().text == "Is the logo meant to be red?"


def test_all_keys_are_listed(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "?")

    expect(page.locator("#help-dialog")).to_be_visible()
    expect(page.locator("#help-dialog dt")).to_have_count(29)
    press(page, "a", "Escape")
    assert answers_of(annotator) == []


def test_the_page_gives_back_what_it_held_ahead_when_it_goes(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    on_screen = shown(page)

    page.goto("/")
    page.wait_for_timeout(300)

    held = Assignment.objects.filter(person=annotator, status="leased")
    assert [str(lease.public_id) for lease in held] == [on_screen]


@pytest.mark.parametrize(("state", "says"), [("paused", "paused this project"), ("finished", "Every candidate has the answers")])
def test_an_empty_page_says_why(open_page, state, says):
    project = make_project(paused=state == "paused")
    bundle = make_pictured_bundle(project)
    annotator = make_person(project, can_adjudicate=False)
    if state == "finished":
        for _ in range(2):
            answer_as(make_person(project), bundle.candidates.get(), "accept")
    page = open_page(annotator)

    page.goto(f"/p/{project.slug}/label/")

    expect(page.locator(".state")).to_have_attribute("data-state", state)
    expect(page.locator(".state")).to_contain_text(says)


def test_active_time_stops_after_two_idle_minutes(open_context, project, annotator):
    context = open_context(annotator)
    context.clock.install()
    page = context.new_page()
    page.goto(f"/p/{project.slug}/label/")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(3)

    context.clock.run_for(10 * 60_000)
    page.keyboard.press("a")

    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    page.wait_for_timeout(200)
    # Ten minutes without input count as two.
    assert 120_000 <= Answer.objects.get().active_ms < 130_000


def test_the_heartbeat_after_input_keeps_the_lease(open_context, project, annotator):
    context = open_context(annotator)
    context.clock.install()
    page = context.new_page()
    page.goto(f"/p/{project.slug}/label/")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(3)
    before = Assignment.objects.get(public_id=shown(page)).lease_until

    with page.expect_response("**/label/keep") as kept:
        page.mouse.move(300, 300)
        context.clock.run_for(61_000)

    assert kept.value.status == 204
    assert Assignment.objects.get(public_id=shown(page)).lease_until > before

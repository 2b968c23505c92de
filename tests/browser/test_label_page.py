"""The label page as a person uses it: keys, touch, no script, no network."""

from __future__ import annotations

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labeling.models import Answer, Assignment, Flag, Receipt, Skip
from labeling.protocol.reap import reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.browser.conftest import PHONE, sign_in
from tests.browser.pictures import make_pictured_bundle
from tests.factories import answer_as, expire, make_person, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# A press this soon after a new picture came is taken for a key pressed twice (card-page.js).
LOOK_MS = 250


def open_label(page: Page, project, cards: int = 3) -> Page:
    """Go to the label page and wait until its deck is full and decoded."""
    page.goto(f"/p/{project.slug}/label/")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(cards)
    page.wait_for_timeout(LOOK_MS)
    return page


def press(page: Page, *keys: str) -> None:
    """Press keys one after another, each after looking at the picture."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(LOOK_MS)


def shown(page: Page) -> str:
    """The assignment on screen."""
    return page.locator("article.card:visible").get_attribute("data-assignment")


def expect_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def answers_of(person) -> list[tuple[str, list[str]]]:
    """What the person answered, in the order the server got it."""
    rows = Answer.objects.filter(assignment__person=person).order_by("id")
    return [(row.verdict or row.kind, row.reasons) for row in rows]


@pytest.fixture
def project():
    """Six candidates to label and a window to undo in."""
    project = make_project(undo_minutes=15)
    for _ in range(6):
        make_pictured_bundle(project)
    return project


@pytest.fixture
def annotator(project):
    return make_person(project, can_adjudicate=False)


def test_accept_sends_at_once_and_shows_the_next_image(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)

    press(page, "a")

    assert shown(page) != first
    expect_saved(page)
    assert answers_of(annotator) == [("accept", [])]
    expect(page.locator("#counts")).to_have_text("1 today")


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


def test_undo_brings_a_sent_answer_back_and_names_it(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)
    press(page, "a")
    expect_saved(page)

    press(page, "z")
    assert shown(page) == first
    expect_saved(page)
    press(page, "2")

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("undo", []), ("reject", ["blurry"])]
    assert Assignment.objects.get(public_id=first).verdict == "reject"


def test_undo_works_after_a_reload(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    first = shown(page)
    press(page, "a")
    expect_saved(page)
    open_label(page, project)

    press(page, "z")

    expect(page.locator("article.card:visible")).to_have_attribute("data-assignment", first)
    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("undo", [])]


def test_undo_of_an_answer_that_never_left_sends_nothing(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    page.context.set_offline(True)
    press(page, "a")
    # The first one was tried; the second waits behind it untouched.
    second = shown(page)
    press(page, "2", "z")
    assert shown(page) == second
    press(page, "a")

    page.context.set_offline(False)

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("accept", [])]


def test_undo_of_an_answer_whose_fate_is_unknown_is_sent_behind_it(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    page.context.set_offline(True)
    press(page, "a", "z", "3")

    page.context.set_offline(False)

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("undo", []), ("reject", ["unreal"])]


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


def test_answers_survive_a_cut_network_and_a_reload_in_their_order(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    page.context.set_offline(True)

    press(page, "a", "2", "Shift+Digit3", "r")

    expect(page.locator("#saved")).to_contain_text("3 answers kept here")
    expect(page.locator(".state")).to_contain_text("No connection")
    assert answers_of(annotator) == []
    page.context.set_offline(False)
    page.reload()
    expect_saved(page)
    expect(page.locator("article.card:visible")).to_have_count(1)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"]), ("reject", ["unreal"])]


def test_a_reply_lost_on_the_way_does_not_make_a_second_answer(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    lost: list[str] = []

    def lose_reply(route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    page.route("**/label/answer", lose_reply)
    press(page, "a")

    expect(page.locator("#saved")).to_have_attribute("data-state", "offline")
    expect_saved(page)
    assert answers_of(annotator) == [("accept", [])]


def test_an_ended_session_keeps_the_answers_until_the_person_is_back(open_context, live_server, project, annotator):
    context = open_context(annotator)
    page = open_label(context.new_page(), project)
    context.clear_cookies(name="sessionid")

    press(page, "a", "2")
    expect(page.locator("#notices")).to_contain_text("Your session is over")
    expect(page.locator("#notices a")).to_have_attribute("target", "_blank")
    assert answers_of(annotator) == []
    sign_in(context, annotator, live_server.url)
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect_saved(page)
    expect(page.locator("#notices .notice")).to_have_count(0)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"])]


def test_signing_in_again_in_a_new_tab_sends_what_waited(open_context, project, annotator):
    annotator.set_password("correct horse battery")
    annotator.save()
    context = open_context(annotator)
    page = open_label(context.new_page(), project)
    context.clear_cookies(name="sessionid")
    press(page, "a")

    with context.expect_page() as opened:
        page.locator("#notices a").click()
    tab = opened.value
    tab.locator("[name=username]").fill(annotator.username)
    tab.locator("[name=password]").fill("correct horse battery")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading")).to_have_text("You are signed in again")

    # Signing in gave the browser a new CSRF token; the old page goes on with it.
    page.bring_to_front()
    expect_saved(page)
    press(page, "2")
    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"])]


def test_the_sign_in_page_tells_that_answers_wait(open_context, project, annotator):
    context = open_context(annotator)
    page = open_label(context.new_page(), project)
    context.clear_cookies(name="sessionid")
    press(page, "a")
    expect(page.locator("#saved")).to_have_attribute("data-state", "signed-out")

    page.goto("/account/sign-in/")

    expect(page.locator("#notices")).to_contain_text("1 answer waits on this device")
    assert "1 answer" not in page.locator("main").inner_text()


def test_waiting_answers_are_never_sent_as_somebody_else(open_context, live_server, project, annotator):
    other = make_person(project, can_adjudicate=False)
    context = open_context(annotator)
    page = open_label(context.new_page(), project)
    context.clear_cookies(name="sessionid")
    sign_in(context, other, live_server.url)

    press(page, "a")
    expect(page.locator("#saved")).to_have_attribute("data-state", "other")
    theirs = context.new_page()
    theirs.goto("/")

    expect(theirs.locator("#notices")).to_contain_text("1 unsent answer of another person on this device")
    assert answers_of(annotator) == answers_of(other) == []
    context.clear_cookies(name="sessionid")
    sign_in(context, annotator, live_server.url)
    theirs.goto("/")
    expect_saved(theirs)
    assert answers_of(annotator) == [("accept", [])]


def test_a_surplus_answer_is_reported_with_a_link_back(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    lease = Assignment.objects.get(public_id=shown(page))
    expire(lease)
    page.context.set_offline(True)
    press(page, "a")
    # While it waits, two others take both seats.
    reap_due(project.pk)
    for _ in range(2):
        answer_as(make_person(project), lease.candidate, "accept")

    page.context.set_offline(False)

    expect(page.locator("#notices")).to_contain_text("Kept, not counted")
    link = page.locator("#notices a").get_attribute("href")
    page.goto(link)
    expect(page.locator(".own").first).to_contain_text("Kept, not counted. You answered:")


def test_a_refused_answer_is_reported_with_a_link_back(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    lease = shown(page)
    # Another device of the same person was faster.
    submit_answer(uuid.UUID(lease), annotator, Submission(verdict="reject"), uuid.uuid4())

    press(page, "a")

    expect(page.locator("#notices")).to_contain_text("Not saved")
    expect(page.locator("#notices a")).to_have_attribute("href", f"/p/{project.slug}/label/card/{lease}")
    assert answers_of(annotator) == [("reject", [])]


def test_two_tabs_never_send_an_answer_twice(open_context, project, annotator):
    context = open_context(annotator)
    one = open_label(context.new_page(), project)
    two = open_label(context.new_page(), project)
    context.set_offline(True)
    press(one, "a", "2")

    context.set_offline(False)
    for page in (one, two):
        page.evaluate("dispatchEvent(new Event('online'))")

    expect_saved(one)
    expect_saved(two)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"])]
    # Each write was asked once: a second one would have been a replay, which leaves no receipt of its own.
    assert Receipt.objects.filter(person=annotator).count() == 2
    expect(two.locator("article.card")).to_have_count(3)
    assert set(shown_in(one)) == set(shown_in(two))


def shown_in(page: Page) -> list[str]:
    """The assignments in the deck of a page."""
    return page.locator("article.card").evaluate_all("cards => cards.map((card) => card.dataset.assignment)")


def test_the_page_gives_back_what_it_held_ahead_when_it_goes(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    on_screen = shown(page)

    page.goto("/")
    page.wait_for_timeout(300)

    held = Assignment.objects.filter(person=annotator, status="leased")
    assert [str(lease.public_id) for lease in held] == [on_screen]


def test_zoom_keys_wheel_and_drag_move_the_picture(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    level = page.locator("article.card:visible .zoom")

    press(page, "w")
    expect(level).to_have_text("100 %")
    press(page, "e")
    expect(level).to_have_text("200 %")
    before = transform(page)
    press(page, "ArrowRight")
    assert transform(page) != before
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(50)
    # exp(300 * 0.0015) = 1.568 times 200 %.
    expect(level).to_have_text("314 %")
    press(page, "q")

    assert transform(page) == ""


def test_full_screen_keeps_the_picture_the_answer_and_the_keys(open_page, project, annotator):
    page = open_label(open_page(annotator), project)

    press(page, "f")
    page.wait_for_function("document.fullscreenElement !== null")
    expect(page.locator(".brief:visible")).to_have_count(0)
    press(page, "a")

    expect(page.locator("article.card:visible form.answer")).to_be_visible()
    assert page.evaluate("document.fullscreenElement !== null")
    press(page, "f")
    page.wait_for_function("document.fullscreenElement === null")
    expect(page.locator("article.card:visible .brief")).to_be_visible()
    assert answers_of(annotator) == [("accept", [])]


def transform(page: Page) -> str:
    return page.locator("article.card:visible img.candidate").evaluate("image => image.style.transform")


def test_before_and_after_slide_and_stand_side_by_side_with_one_zoom(open_page, annotator, project):
    editing = make_project()
    make_pictured_bundle(editing, is_editing=True)
    person = make_person(editing, can_adjudicate=False)
    page = open_label(open_page(person), editing, cards=1)
    panes = page.locator("article.card:visible .panes")

    press(page, "c")
    expect(panes).to_have_attribute("data-compare", "slider")
    page.locator(".split").focus()
    press(page, "ArrowRight")
    assert panes.evaluate("panes => panes.style.getPropertyValue('--split')") == "51%"
    press(page, "c", "e")
    expect(panes).to_have_attribute("data-compare", "side")
    scales = panes.locator("img").evaluate_all("images => images.map((image) => image.style.transform.match(/scale\\((.*)\\)/)[1])")

    # One zoom for both, relative to the fitted size; the source is 800 x 600, the candidate 1200 x 900.
    assert scales[0] == scales[1]
    press(page, "c")
    expect(panes).to_have_attribute("data-compare", "off")


def test_the_other_images_of_a_delivery_open_in_the_viewer(open_page, annotator, project):
    delivery = make_project()
    make_pictured_bundle(delivery, quantity=3)
    page = open_label(open_page(make_person(delivery, can_adjudicate=False)), delivery)
    expect(page.locator("article.card:visible .eyebrow")).to_contain_text("of 3")
    expect(page.locator("article.card:visible .eyebrow")).to_contain_text("$30.00")

    page.locator("article.card:visible .strip a").nth(1).click()

    expect(page.locator("#viewer")).to_be_visible()
    expect(page.locator("#viewer-title")).to_contain_text("(2/3)")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-title")).to_contain_text("(3/3)")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()


def test_the_next_image_is_painted_within_100_ms(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    page.evaluate(
        """() => {
            window.painted = [];
            new PerformanceObserver((list) => window.painted.push(...list.getEntries().map((entry) => [entry.name, entry.duration])))
                .observe({type: "event", durationThreshold: 16});
        }"""
    )

    times = []
    for _ in range(4):
        times.append(measure_swap(page))
        page.wait_for_timeout(600)

    # The best of four: a busy machine is not the page's fault, and the page cannot be faster than its best.
    assert min(times) < 100, times


def measure_swap(page: Page) -> float:
    """Milliseconds from the key press until the frame with the next image is painted."""
    return page.evaluate(
        """() => new Promise((resolve) => {
            const began = performance.now();
            dispatchEvent(new KeyboardEvent("keydown", {key: "a", code: "KeyA", bubbles: true}));
            const image = document.querySelector("article.card:not([hidden]) img.candidate");
            if (!image.complete || !image.naturalWidth) return resolve(Infinity);
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
        })"""
    )


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


def test_a_lease_that_ended_is_said_and_the_answer_still_counts(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    lease = Assignment.objects.get(public_id=shown(page))
    expire(lease)
    reap_due(project.pk)

    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#notices")).to_contain_text("Your time for this image was over")
    assert shown(page) == str(lease.public_id)
    press(page, "a")

    expect_saved(page)
    expect(page.locator("#notices .notice")).to_have_count(0)
    assert answers_of(annotator) == [("accept", [])]
    assert Assignment.objects.get(status="submitted").late_of == lease


def test_a_late_answer_can_be_taken_back_under_its_new_name(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    lease = Assignment.objects.get(public_id=shown(page))
    expire(lease)
    reap_due(project.pk)
    press(page, "a")
    expect_saved(page)

    press(page, "z", "2")

    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("undo", []), ("reject", ["blurry"])]
    assert Assignment.objects.get(status="submitted").late_of == lease


def test_the_last_answer_can_be_taken_back_from_the_empty_page(open_page, annotator):
    small = make_project(undo_minutes=15)
    make_pictured_bundle(small)
    person = make_person(small, can_adjudicate=False)
    page = open_label(open_page(person), small, cards=1)
    press(page, "a")
    expect(page.locator(".state")).to_have_attribute("data-state", "all_yours")

    press(page, "z")

    expect(page.locator("article.card:visible")).to_have_count(1)
    expect_saved(page)
    assert answers_of(person) == [("accept", []), ("undo", [])]


def test_two_fingers_zoom_on_a_phone(open_page, project, annotator):
    page = open_label(open_page(annotator, **PHONE), project)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *spots: tuple[int, int]) -> None:
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(spots)]}
        )

    touch("touchStart", (150, 250))
    touch("touchStart", (150, 250), (250, 250))
    touch("touchMove", (130, 250), (270, 250))
    touch("touchMove", (100, 250), (300, 250))
    touch("touchEnd")

    # Fingers 100 px apart go 200 px apart: twice as large.
    scale = float(page.locator("article.card:visible img.candidate").evaluate("image => image.style.transform.match(/scale\\((.*)\\)/)[1]"))
    assert scale == pytest.approx(2, rel=0.02)


def test_a_broken_picture_says_so_and_can_be_tried_again(open_page, project, annotator):
    page = open_page(annotator)
    broken: list[str] = []

    def break_once(route) -> None:
        if "/candidate/" in route.request.url and len(broken) < 3:
            broken.append(route.request.url)
            route.fulfill(status=503)
        else:
            route.continue_()

    page.route("**/image/**", break_once)
    page.goto(f"/p/{project.slug}/label/")
    box = page.locator("article.card:visible .no-picture")

    expect(box).to_contain_text("could not be loaded")
    box.get_by_role("button").click()

    expect(box).to_have_count(0)
    expect(page.locator('article.card:visible img.candidate[data-warm="ready"]')).to_have_count(1)


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

"""Answers leave in order and once: undo, cut networks, ended sessions, other people, other tabs, late answers."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from labeling.models import Assignment, Receipt
from labeling.protocol.reap import reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.browser.conftest import sign_in
from tests.browser.labelling import answers_of, expect_saved, open_label, press, shown, shown_in
from tests.browser.pictures import make_pictured_bundle
from tests.factories import answer_as, expire, make_person, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def test_the_outbox_holds_what_was_answered_and_nothing_of_the_order(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    page.route("**/label/answer", lambda route: route.abort())

    press(page, "2", "a")

    waiting = page.evaluate("Object.entries(localStorage).filter(([name]) => name.includes('outbox')).map(([, text]) => JSON.parse(text))")
    assert len(waiting) == 2
    for entry in waiting:
        assert set(entry) <= {"id", "act", "url", "assignment", "key", "fields", "shownAt", "answeredAt", "tried"}
        assert set(entry["fields"]) <= {"answer", "reasons", "note", "active_ms"}
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "Poster" not in kept
    assert "/image/" not in kept


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
    # The second try may have come through before anybody looks.
    page.evaluate("""
        () => {
            const saved = document.querySelector("#saved");
            window.states = [];
            new MutationObserver(() => window.states.push(saved.dataset.state)).observe(saved, { attributes: true });
        }
    """)
    press(page, "a")

    expect_saved(page)
    assert "offline" in page.evaluate("window.states")
    assert answers_of(annotator) == [("accept", [])]


@pytest.mark.parametrize("status", [403, 404, 413, 503])
def test_what_a_proxy_answers_in_place_of_the_site_loses_no_answer(open_page, project, annotator, status):
    page = open_label(open_page(annotator), project)
    page.route("**/label/answer", lambda route: route.fulfill(status=status, content_type="text/plain", body="page not found"))

    press(page, "a", "2")

    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    expect(page.locator("#saved")).to_contain_text("2 answers waiting")
    assert answers_of(annotator) == []
    page.unroute("**/label/answer")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect_saved(page)
    assert answers_of(annotator) == [("accept", []), ("reject", ["blurry"])]


def test_somebody_who_may_no_longer_label_is_told_so_by_the_site_itself(open_page, project, annotator):
    page = open_label(open_page(annotator), project)
    annotator.memberships.update(can_label=False, can_adjudicate=True)

    press(page, "a")

    expect(page.locator("#notices")).to_contain_text("You are no longer allowed to do this.")
    expect_saved(page)
    assert answers_of(annotator) == []


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

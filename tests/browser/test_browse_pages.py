"""Finding candidates, doing something to many, leases and the pause, in a browser: by keyboard and without scripts."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_job
from labeling.models import Candidate, Job
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_candidate
from tests.factories import answer_as, lease_for, make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    return make_project(name="Spring pilot")


def make_candidates(project, count):
    return [make_pictured_candidate(project) for _ in range(count)]


def test_candidates_are_found_opened_and_walked_through_with_the_keyboard_alone(open_page, project, lead):
    first, second, other = make_candidates(project, 3)
    for candidate in (first, second):
        for person in (make_person(project), make_person(project)):
            answer_as(person, candidate, "accept")
    page: Page = open_page(lead)
    page.goto(address("candidates", project))

    page.get_by_label("State").focus()
    page.keyboard.type("settled")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Filter").press("Enter")
    expect(page.get_by_role("heading", name="2 candidates")).to_be_visible()
    expect(page.locator("table.candidates")).not_to_contain_text(other.bundle.task.external_id)
    page.get_by_role("link", name=second.bundle.task.external_id).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(second.bundle.task.name)
    page.get_by_role("link", name="Next").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(first.bundle.task.name)
    page.get_by_role("link", name="List").press("Enter")

    expect(page.get_by_role("heading", name="2 candidates")).to_be_visible()
    expect(page.get_by_label("State")).to_have_value("settled")


def test_many_are_reopened_after_a_preview_without_scripts(open_page, project, lead):
    settled, fresh = make_candidates(project, 2)
    people = [make_person(project) for _ in range(3)]
    for person in people[:2]:
        answer_as(person, settled, "accept")
    page: Page = open_page(lead, java_script_enabled=False)
    page.goto(address("candidates", project))

    page.get_by_role("link", name="Reopen, hold, withdraw or batch all of these").click()
    expect(page.locator("main")).to_contain_text("Open already: the answers of its round are still coming in.")
    page.get_by_label("Reason").fill("new guideline")
    page.get_by_role("button", name="Reopen: 1 candidate").click()
    expect(page.locator("#job")).to_contain_text("queued")
    run_job(Job.objects.get(kind="many").pk)
    page.get_by_role("link", name="Look again").click()

    expect(page.locator("#job")).to_contain_text("1 done, 1 refused.")
    expect(page.locator("table.lines:not(.problems)")).to_contain_text(fresh.bundle.task.external_id)
    assert Candidate.objects.get(pk=settled.pk).round == 2


def test_a_lease_is_released_with_the_keyboard(open_page, project, lead):
    (candidate,) = make_candidates(project, 1)
    lease = lease_for(make_person(project, username="kim"), candidate)
    page: Page = open_page(lead)
    page.goto(address("leases", project))

    page.locator("summary", has_text="Release").press("Enter")
    page.get_by_label("Reason").fill("gone home")
    page.keyboard.press("Enter")

    expect(page.locator("#notices")).to_contain_text("Released: kim no longer holds it.")
    expect(page.locator("main")).to_contain_text("Nobody holds anything now.")
    lease.refresh_from_db()
    assert lease.release_reason == "by_lead"


def test_everything_somebody_holds_is_released_at_once_on_a_phone_without_scripts(open_page, project, lead):
    kim, lin = make_person(project, username="kim"), make_person(project, username="lin")
    first, second, other = make_candidates(project, 3)
    leases = [lease_for(kim, first), lease_for(kim, second), lease_for(lin, other)]
    page: Page = open_page(lead, java_script_enabled=False, **PHONE)
    page.goto(address("leases", project))

    page.get_by_label("Person").select_option("kim")
    page.get_by_role("button", name="Filter").tap()
    expect(page.locator("table.leases tbody tr")).to_have_count(2)
    page.locator("summary", has_text="Release everything kim holds").tap()
    page.get_by_label("Reason").first.fill("gone home")
    page.get_by_role("button", name="Release everything kim holds").tap()

    expect(page.locator("#notices")).to_contain_text("kim")
    page.goto(address("leases", project))
    expect(page.locator("table.leases tbody tr")).to_have_count(1)
    for lease in leases:
        lease.refresh_from_db()
    assert [lease.status for lease in leases] == ["released", "released", "leased"]


def test_a_lease_that_ended_meanwhile_is_said_to_be_over(open_page, project, lead):
    (candidate,) = make_candidates(project, 1)
    kim = make_person(project, username="kim")
    lease = lease_for(kim, candidate)
    page: Page = open_page(lead)
    page.goto(address("leases", project))
    submit_answer(lease.public_id, kim, Submission(verdict="accept"), uuid.uuid4())

    page.locator("summary", has_text="Release").press("Enter")
    page.get_by_label("Reason").fill("gone home")
    page.keyboard.press("Enter")

    expect(page.locator("#notices .notice")).to_be_visible()
    expect(page.locator("#notices")).not_to_contain_text("Released")
    lease.refresh_from_db()
    assert lease.status == "submitted"


def test_the_project_is_paused_and_goes_on_in_one_click(open_page, project, lead):
    make_candidates(project, 1)
    page: Page = open_page(lead)
    page.goto(address("project", project))

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#notices")).to_contain_text("Paused")
    page.get_by_role("button", name="Let it go on").click()

    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    project.refresh_from_db()
    assert not project.paused


def test_on_a_phone_the_filter_is_folded_until_something_is_set_and_on_a_wide_screen_it_is_there(open_page, project, lead):
    make_candidates(project, 1)
    wide, phone = open_page(lead), open_page(lead, **PHONE)
    for page in (wide, phone):
        page.goto(address("candidates", project))

    expect(wide.get_by_label("State", exact=True)).to_be_visible()
    expect(phone.get_by_label("State", exact=True)).to_be_hidden()
    assert phone.locator("table.candidates").bounding_box()["y"] < 844
    phone.locator(".fold > summary").first.tap()
    phone.get_by_label("State", exact=True).select_option("open")
    phone.get_by_role("button", name="Filter", exact=True).tap()

    expect(phone.get_by_label("State", exact=True)).to_have_value("open")
    expect(phone.get_by_label("State", exact=True)).to_be_visible()

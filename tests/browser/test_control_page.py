"""An adjudicator meets an audit, and the lead what came of it: the inbox and the control page."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_job
from labeling.models import Assignment, Job
from labeling.quality.control import make_control_report
from labeling.quality.report import keep
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, press
from tests.browser.pictures import make_pictured_bundle
from tests.factories import agree, final_decision, make_lead, make_person, make_project, review_as
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    """A project in which everything that is settled is looked at once more."""
    return make_project(name="Posters of May", audit_share=100, second_share=100)


@pytest.fixture
def agreed(project):
    """A candidate that two people accepted."""
    candidate = make_pictured_bundle(project).candidates.get()
    agree(candidate)
    return candidate


def open_adjudication(page: Page, project) -> Page:
    """Go to the adjudication page and look at the picture."""
    page.goto(address("adjudicate", project))
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(1)
    page.wait_for_timeout(LOOK_MS)
    return page


def test_an_audit_ends_with_one_key_and_shows_nobodys_answer(open_page, project, agreed):
    person = make_person(project, can_label=False)
    page = open_adjudication(open_page(person), project)

    press(page, "a")

    expect(page.locator(".state")).to_have_attribute("data-state", "waiting")
    expect(page.locator(".opinion")).to_have_count(0)
    row = Assignment.objects.get(person=person)
    assert (row.purpose, row.status, row.verdict) == ("audit", "submitted", "accept")
    assert final_decision(agreed) == ("accept", "consensus")


def test_an_audit_without_scripts_on_a_phone(open_context, project, agreed):
    person = make_person(project, can_label=False)
    page = open_context(person, **PHONE, java_script_enabled=False).new_page()
    page.goto(address("adjudicate", project))
    page.get_by_role("button", name="Start").click()

    page.get_by_role("button", name="Accept").click()

    expect(page.get_by_text("There is no dispute for you now.")).to_be_visible()
    assert Assignment.objects.get(person=person).purpose == "audit"


def test_a_lead_looks_at_a_contradiction_by_keyboard(open_page, project, agreed):
    review_as(make_person(project, username="third"), agreed, "reject")
    page = open_page(make_lead(project, username="lea"))
    page.goto(address("inbox", project))
    section = page.get_by_role("region", name="Contradictions")
    expect(section).to_contain_text("third")
    expect(section.locator("img")).to_have_count(1)

    section.get_by_role("button", name="Looked at").press("Enter")

    expect(section).to_contain_text("✓ Looked at")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert Assignment.objects.get(purpose="audit").reviewed_at is not None


def test_a_lead_reopens_it_on_a_phone(open_page, project, agreed):
    review_as(make_person(project), agreed, "reject")
    page = open_page(make_lead(project, username="lea"), **PHONE)
    page.goto(address("inbox", project))
    section = page.get_by_role("region", name="Contradictions")
    section.get_by_text("Reopen…").click()
    section.get_by_label("Reason").fill("The text is wrong.")

    section.get_by_role("button", name="Reopen now").click()

    expect(section).to_contain_text("✓ Reopened")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    agreed.refresh_from_db()
    assert (agreed.state, agreed.round) == ("open", 2)


def test_the_control_page_tells_what_audits_found_and_opens_it(open_page, project, agreed):
    review_as(make_person(project), agreed, "reject")
    keep(make_control_report(project))
    page = open_page(make_lead(project, username="lea"))
    page.goto(address("control", project))
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Digital"))
    expect(row).to_contain_text("100.0 %")

    row.get_by_role("link").nth(1).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Candidates")
    expect(page.get_by_label("Looked at once more")).to_have_value("audit_against")
    expect(page.get_by_text("1 candidate", exact=True)).to_be_visible()


def test_the_control_page_is_measured_again_and_kept_as_a_table(open_page, project, agreed):
    review_as(make_person(project), agreed, "accept")
    page = open_page(make_lead(project, username="lea"))
    page.goto(address("control", project))
    expect(page.get_by_text("No audit has been measured yet.")).to_be_visible()

    page.get_by_role("button", name="Measure now").press("Enter")
    expect(page.get_by_role("link", name="It is being measured")).to_be_visible()
    assert run_job(Job.objects.get(project=project).pk)
    # The page notices by itself.
    expect(page.get_by_role("rowheader", name="Digital")).to_be_visible()

    with page.expect_download() as table:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.reader(table.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1][:4] == ["audits", "all", "1", "0"]

"""Voiding what a person answered: the dry run, the voiding, and the reason wherever it is shown afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_job
from labeling.models import Assignment, Candidate, Job, Status
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_candidate
from tests.factories import answer_as, make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "Clicked through without looking"


@pytest.fixture
def project():
    return make_project(name="Spring pilot")


@pytest.fixture
def hasty(project):
    """Somebody with two answers of one category and one of another; of the first, another person said the same."""
    hasty, others = make_person(project, username="hasty"), [make_person(project, username=name) for name in ("kim", "lin", "may")]
    for category in ("Portrait", "Portrait", "Digital"):
        answer_as(hasty, make_pictured_candidate(project, category=category), "accept")
    answer_as(others[0], Candidate.objects.select_related("project").earliest("pk"), "accept")
    return hasty


def run_voiding(page: Page) -> None:
    """Let a worker do the job whose page has opened."""
    expect(page.locator("#job")).to_be_visible()
    run_job(Job.objects.get(kind="void_answers").pk)


def void_count() -> int:
    return Assignment.objects.filter(status=Status.VOID).count()


def test_answers_are_voided_after_a_dry_run_with_the_keyboard_alone(open_page, project, lead, hasty):
    page: Page = open_page(lead)
    page.goto(address("hours", project))

    page.get_by_role("link", name="Void answers of a person").press("Enter")
    page.get_by_label("Person").focus()
    page.keyboard.type("hasty")
    page.get_by_label("Category").focus()
    page.keyboard.type("Port")
    page.get_by_role("button", name="Look at what would happen").press("Enter")
    figures = page.locator("#dry-run .figures dd:not(.soft)")
    expect(figures).to_have_text(["2", "1", "0"])
    assert void_count() == 0
    page.get_by_label("Reason").focus()
    page.keyboard.type(WHY)
    page.get_by_role("button", name="Void 2 answers").press("Enter")
    expect(page.locator("#notices")).to_contain_text("The answers are being voided")
    run_voiding(page)
    expect(page.locator("#job")).to_contain_text("Done.")

    assert void_count() == 2
    page.goto(address("void", project))
    expect(page.get_by_role("region", name="Voided so far")).to_contain_text(f"hasty: {WHY}")
    page.goto(address("hours", project))
    assert page.get_by_role("row", name="hasty").locator("td").all_text_contents()[:5] == ["3", "1", "0", "0", "2"]


def test_the_reason_is_shown_to_the_lead_and_to_the_person(open_page, project, lead, hasty):
    page: Page = open_page(lead)
    page.goto(address("void", project))
    page.get_by_label("Person").select_option(label="hasty")
    page.get_by_role("button", name="Look at what would happen").click()
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Void 3 answers").click()
    run_voiding(page)

    page.goto(address("candidate", project, Candidate.objects.earliest("pk").public_id))
    expect(page.locator("main")).to_contain_text(WHY)
    mine: Page = open_page(hasty)
    mine.goto(address("progress", project))
    expect(mine.locator("main")).to_contain_text(WHY)


def test_an_answer_given_after_the_dry_run_stays(open_page, project, lead, hasty):
    page: Page = open_page(lead)
    page.goto(address("void", project))
    page.get_by_label("Person").select_option(label="hasty")
    page.get_by_role("button", name="Look at what would happen").click()
    page.get_by_label("Reason").fill(WHY)
    answer_as(hasty, make_pictured_candidate(project), "accept")

    page.get_by_role("button", name="Void 3 answers").click()
    run_voiding(page)

    assert void_count() == 3
    assert Assignment.objects.filter(person=hasty, status=Status.SUBMITTED).count() == 1


def test_errors_are_said_at_their_fields_and_nothing_is_looked_at(open_page, project, lead, hasty):
    page: Page = open_page(lead)
    page.goto(address("void", project))

    page.get_by_label("Person").select_option(label="hasty")
    page.get_by_label("From").fill("2026-03-02")
    page.get_by_label("To", exact=True).fill("2026-03-01")
    page.get_by_role("button", name="Look at what would happen").click()

    expect(page.locator("#id_last_error")).to_have_text("The last day is before the first one.")
    expect(page.get_by_label("To", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#dry-run")).to_have_count(0)


def test_without_scripts_on_a_phone_a_range_without_answers_offers_nothing_to_void(open_page, project, lead, hasty):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    page: Page = open_page(lead, java_script_enabled=False, **PHONE)
    page.goto(address("void", project))
    page.get_by_label("Person").select_option(label="hasty")
    page.get_by_label("From").fill(tomorrow)
    page.get_by_role("button", name="Look at what would happen").tap()

    expect(page.locator("#dry-run")).to_contain_text("No answer of this person that counts lies in this range.")
    expect(page.locator("#dry-run button")).to_have_count(0)
    page.get_by_label("From").fill("")
    page.get_by_role("button", name="Look at what would happen").tap()
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Void 3 answers").tap()
    run_voiding(page)
    page.get_by_role("link", name="Look again").tap()

    expect(page.locator("#job")).to_contain_text("Done.")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_dry_run_shuts_nobody_out(open_context, project, lead, hasty, language):
    lead.language = language
    lead.save()
    for options in ({"color_scheme": "dark"}, PHONE):
        page = open_context(lead, locale=language, **options).new_page()
        page.goto(address("void", project))
        page.locator("#id_person").select_option(label="hasty")
        page.locator("form.panel button").click()

        expect(page.locator("#dry-run .danger")).to_be_visible()
        # No heading is broken into single characters.
        assert max(cell.bounding_box()["height"] for cell in page.locator("#dry-run th").all()) < 60
        assert [item["id"] for item in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0

"""Batches as a lead has them: made, filled by a filter, changed, closed and opened again, on a screen, a phone and without scripts."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from labeling.jobs.run import run_job
from labeling.models import Batch, Candidate, Job
from labeling.protocol.batches import BatchPlan, batch_candidate, create_batch
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_bundle
from tests.factories import make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    """Two candidates of one category, one of another, and two people."""
    project = make_project(name="Spring pilot")
    for category in ("Portrait", "Portrait", "Digital"):
        make_pictured_bundle(project, category=category)
    make_person(project, username="kim")
    make_person(project, username="lin")
    return project


def row_of(page: Page, name: str) -> Locator:
    """The row of a batch in the table of them."""
    return page.locator("table.batches tbody tr", has=page.get_by_role("link", name=name, exact=True))


def fill_by_filter(page: Page, name: str, category: str) -> None:
    """Go from a batch to its candidates-to-be by filter, look at the preview, and start the job."""
    row_of(page, name).get_by_role("link", name="Fill").press("Enter")
    page.get_by_label("Category").select_option(label=category)
    page.get_by_role("button", name="Filter").press("Enter")
    page.get_by_role("link", name="All of these: Put into a batch").press("Enter")


def run_filling(page: Page) -> None:
    """Let a worker do the job whose page has opened."""
    expect(page.locator("#job")).to_be_visible()
    run_job(Job.objects.get(kind="many").pk)


def test_a_batch_is_made_filled_by_a_filter_and_changed_with_the_keyboard_alone(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("batches", project))

    page.get_by_label("Name").focus()
    page.keyboard.type("First week")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    page.keyboard.type("12242099")
    page.get_by_label("Category").focus()
    page.keyboard.type("Port")
    page.get_by_label("kim").press("Space")
    page.get_by_role("button", name="Make a batch").press("Enter")
    expect(page.locator("#notices")).to_contain_text("“First week” is made.")
    expect(row_of(page, "First week")).to_contain_text("empty")
    expect(row_of(page, "First week")).to_contain_text("Dec 24, 2099")
    fill_by_filter(page, "First week", "Portrait")
    expect(page.locator("main")).to_contain_text("Each goes into “First week”")
    expect(page.locator("#id_reason_helptext")).to_have_text("You may leave it empty.")
    page.get_by_role("button", name="Put into a batch: 2 candidates").press("Enter")
    run_filling(page)
    expect(page.locator("#job")).to_contain_text("2 done, 0 refused.")
    page.goto(address("batches", project))
    expect(row_of(page, "First week")).to_contain_text("0 of 2")
    row_of(page, "First week").get_by_role("link", name="Change").press("Enter")
    expect(page.get_by_label("kim")).to_be_checked()
    page.get_by_label("lin").press("Space")
    page.get_by_label("Priority").fill("-3")
    page.keyboard.press("Enter")

    expect(page.locator("#notices")).to_contain_text("Saved. Decides what people are given from now on")
    expect(row_of(page, "First week")).to_contain_text("kim, lin")
    batch = Batch.objects.get()
    assert (batch.priority, batch.due, batch.category) == (-3, date(2099, 12, 24), "Portrait")
    assert Candidate.objects.filter(batch=batch.number, bundle__task__category="Portrait").count() == 2


def test_candidates_are_taken_out_of_a_batch_again(open_page, project, lead):
    batch = create_batch(project, lead, BatchPlan(name="First week"))
    for candidate in Candidate.objects.filter(project=project):
        batch_candidate(candidate.public_id, lead, batch.number)
    page: Page = open_page(lead)
    page.goto(address("batch", project, batch.public_id))

    expect(page.locator("main")).to_contain_text("0 of 3")
    page.get_by_role("link", name="Its candidates").click()
    expect(page.get_by_role("heading", name="3 candidates")).to_be_visible()
    page.get_by_role("link", name="Reopen, hold, withdraw or batch all of these").click()
    page.get_by_label("Put into a batch").check()
    page.get_by_label("Batch", exact=True).select_option("0")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator("main")).to_contain_text("Each goes out of the batch it is in")
    page.get_by_role("button", name="3 candidates").click()
    run_filling(page)

    expect(page.locator("#job")).to_contain_text("3 done, 0 refused.")
    assert not Candidate.objects.exclude(batch=0).exists()


def test_a_form_with_errors_says_which_and_keeps_what_was_typed(open_page, project, lead):
    create_batch(project, lead, BatchPlan(name="First week"))
    page: Page = open_page(lead)
    page.goto(address("batches", project))

    page.get_by_label("Name").fill("First week")
    page.get_by_label("kim").check()
    page.get_by_role("button", name="Make a batch").click()
    expect(page.locator("form").get_by_role("alert")).to_have_text("There is a batch of this name already.")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("kim")).to_be_checked()
    page.get_by_label("Name").fill("Second week")
    # The browser would stop it; whoever gets round that is told by the page.
    page.locator("form.panel, .panel form").evaluate("(form) => { form.noValidate = true; }")
    page.get_by_label("Priority").fill("101")
    page.get_by_role("button", name="Make a batch").click()

    expect(page.locator("form").get_by_role("alert")).to_contain_text("less than or equal to 100")
    expect(page.get_by_label("Priority")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name")).to_have_value("Second week")
    assert Batch.objects.count() == 1


def test_a_batch_is_closed_and_opened_again_on_a_phone(open_page, project, lead):
    batch = create_batch(project, lead, BatchPlan(name="First week"))
    page: Page = open_page(lead, **PHONE)
    page.goto(address("batches", project))
    assert row_of(page, "First week").evaluate("(row) => [...row.cells].every((cell) => cell.getBoundingClientRect().right <= 390)")

    row_of(page, "First week").get_by_role("link", name="Change").tap()
    page.get_by_label("closed: nobody is given anything new of it").tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#notices")).to_contain_text("Nobody is given anything new of a closed batch")
    expect(row_of(page, "First week")).to_contain_text("closed")
    expect(row_of(page, "First week").get_by_role("link", name="Fill")).to_have_count(0)
    row_of(page, "First week").get_by_role("link", name="Change").tap()
    page.get_by_label("closed: nobody is given anything new of it").tap()
    page.get_by_role("button", name="Save").tap()

    expect(row_of(page, "First week").get_by_role("link", name="Fill")).to_be_visible()
    batch.refresh_from_db()
    assert not batch.closed
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_batch_opens_to_everybody_only_where_that_is_ticked_also_without_scripts(open_page, project, lead):
    kim = project.memberships.get(person__username="kim").person
    batch = create_batch(project, lead, BatchPlan(name="First week", people=[kim.public_id]))
    page: Page = open_page(lead, java_script_enabled=False)
    page.goto(address("batch", project, batch.public_id))

    page.get_by_label("kim").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("form").get_by_role("alert")).to_have_text("Tick who works in it, or that everybody does.")
    page.get_by_label("everybody").check()
    page.get_by_role("button", name="Save").click()

    expect(row_of(page, "First week")).to_contain_text("everybody")
    assert not batch.people.exists()

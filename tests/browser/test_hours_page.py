"""Hours per person: a lead chooses days, reads them in the table, and downloads what pays people."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.factories import answer_as, make_candidate, make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


MARCH = {"first": "2026-03-01", "last": "2026-03-31"}


@pytest.fixture
def project():
    """kim answered on 2 March at 10:00 and 10:30 and on 9 March at 9:00, each in a minute; lin on 9 March."""
    project = make_project(name="Spring pilot")
    kim, lin = make_person(project, username="kim"), make_person(project, username="lin")
    for person, day, hour, minute in [(kim, 2, 10, 0), (kim, 2, 10, 30), (kim, 9, 9, 0), (lin, 9, 10, 0)]:
        candidate = make_candidate(project)
        answer_as(person, candidate, "accept", active_ms=60_000)
        candidate.assignments.update(submitted_at=datetime(2026, 3, day, hour, minute, tzinfo=UTC))
    return project


def read_rows(page: Page) -> list[list[str]]:
    """The table: who or when, all answers, active time, first to last."""
    rows = [row.locator("th, td").all_text_contents() for row in page.locator("table.hours :is(tbody, tfoot) tr").all()]
    return [[cells[0], cells[1], cells[7], cells[9]] for cells in rows]


def test_days_are_chosen_with_the_keyboard_and_the_file_says_the_same(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("hours", project))

    page.get_by_label("From").focus()
    page.keyboard.type("03012026")
    page.get_by_label("To", exact=True).focus()
    page.keyboard.type("03312026")
    page.get_by_label("One line per").focus()
    page.keyboard.type("person and day")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_label("One line per")).to_have_value("day")
    assert read_rows(page) == [
        ["kim", "3", "0:03", "0:30"],
        ["Mar 2, 2026", "2", "0:02", "0:30"],
        ["Mar 9, 2026", "1", "0:01", "0:00"],
        ["lin", "1", "0:01", "0:00"],
        ["Mar 9, 2026", "1", "0:01", "0:00"],
        ["Everybody", "4", "0:04", "0:30"],
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").press("Enter")

    assert download.value.suggested_filename == f"{project.slug}-hours-2026-03-01-2026-03-31.csv"
    lines = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [[line[0], line[1], line[2], line[8], line[11]] for line in lines[1:]] == [
        ["kim", "2026-03-02", "2", "120", "1800"],
        ["kim", "2026-03-09", "1", "60", "0"],
        ["lin", "2026-03-09", "1", "60", "0"],
    ]


def test_days_in_the_wrong_order_are_said_at_the_field_and_nothing_is_counted(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("hours", project))

    page.get_by_label("From").fill("2026-03-31")
    page.get_by_label("To", exact=True).fill("2026-03-01")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("alert")).to_have_text("The last day is before the first one.")
    expect(page.get_by_label("To", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("table.hours")).to_have_count(0)


def test_without_scripts_on_a_phone_the_fields_stand_in_line_and_the_rows_keep_their_height(open_page, project, lead):
    page: Page = open_page(lead, java_script_enabled=False, **PHONE)
    page.goto(address("hours", project, **MARCH))

    page.get_by_label("One line per").select_option("day")
    page.get_by_role("button", name="Show").tap()

    first, last = (page.get_by_label(name, exact=True).bounding_box() for name in ("From", "To"))
    assert first["y"] == last["y"]
    assert {row.bounding_box()["height"] < 50 for row in page.locator("table.hours tbody tr").all()} == {True}
    # The days are beside their person, not under a heading of their own.
    assert page.locator("table.hours .generator").first.evaluate("(cell) => getComputedStyle(cell).fontWeight") == "400"

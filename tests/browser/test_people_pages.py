"""The pages about people: a lead reads and closes, a person reads and replies, by keyboard and on a phone."""

from __future__ import annotations

import csv
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labeling.models import Concern
from labeling.quality.people import make_people_report
from labeling.quality.report import keep
from tests.browser.conftest import PHONE
from tests.factories import make_lead
from tests.labeling.raw_rows import raw_concern
from tests.labeling.visiting import address
from tests.labeling.worked import Worked, make_worked_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBERS = {"n": 40, "value": 55.0, "low": 39.8, "high": 69.3, "bound": 80}


@pytest.fixture
def worked() -> Worked:
    """A project that was worked in and measured, with a concern about its first person."""
    found = make_worked_project(name="Posters of May")
    keep(make_people_report(found.project))
    raw_concern(found.project, found.people[0], kind="gold", values=NUMBERS)
    return found


def find_problems(page: Page) -> list[object]:
    """What axe finds, and by how much the page is wider than the screen."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*(item["id"] for item in Axe().run(page).response["violations"]), *([too_wide] if too_wide else [])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_axe_finds_nothing(open_page, worked, scheme):
    lead, person = make_lead(worked.project, username="lea"), worked.people[0]
    pages = [
        (lead, address("people", worked.project)),
        (lead, address("person", worked.project, person.public_id)),
        (lead, address("inbox", worked.project, kind="concerns")),
        (person, address("own_figures", worked.project)),
    ]

    found = []
    for who, url in pages:
        page = open_page(who, color_scheme=scheme, **PHONE)
        page.goto(url)
        found += [(url, problem) for problem in find_problems(page)]

    assert found == []


def test_a_person_replies_by_keyboard_and_the_lead_closes_it(open_page, worked):
    person, project = worked.people[0], worked.project
    page = open_page(person)
    page.goto(address("progress", project))
    page.get_by_role("link", name="My figures (1)").press("Enter")
    page.get_by_label("What you say to it").focus()
    page.keyboard.type("My screen was small.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The lead sees your reply beside the concern.")).to_be_visible()
    expect(page.get_by_role("button", name="Change the reply")).to_be_visible()

    lead = open_page(make_lead(project, username="lea"))
    lead.goto(address("inbox", project))
    expect(lead.get_by_text("My screen was small.")).to_be_visible()
    lead.get_by_label("Remark, which the person reads").fill("A larger one is on its way.")
    lead.get_by_role("button", name="Close the concern").press("Enter")
    expect(lead.get_by_text("✓ Closed")).to_be_visible()

    page.reload()
    expect(page.get_by_text("A larger one is on its way.")).to_be_visible()
    expect(page.get_by_label("What you say to it")).to_have_count(0)
    assert Concern.objects.get().closing == "A larger one is on its way."


def test_tables_and_charts_of_everybody_can_be_kept(open_page, worked):
    page = open_page(make_lead(worked.project, username="lea"))
    page.goto(address("people", worked.project))

    with page.expect_download() as table:
        page.get_by_role("link", name="CSV").click()
    with page.expect_download() as chart:
        page.get_by_role("region", name="Pace").get_by_role("link", name="SVG").click()

    rows = list(csv.reader(table.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == [person.username for person in worked.people]
    assert ElementTree.parse(chart.value.path()).getroot().tag.endswith("svg")


def test_a_person_of_the_list_leads_to_their_candidates(open_page, worked):
    page = open_page(make_lead(worked.project, username="lea"))
    page.goto(address("people", worked.project))

    page.get_by_role("link", name=worked.people[1].username).press("Enter")
    page.get_by_role("link", name="Candidates of this person").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Candidates")
    expect(page.get_by_label("Answered by")).to_have_value(worked.people[1].username)

"""The agreement page: a lead reads it, opens what a figure counts, keeps tables and charts, and has it measured again."""

from __future__ import annotations

import csv
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_job
from labeling.models import Job
from labeling.quality.report import newest_report
from tests.browser.conftest import PHONE
from tests.factories import answer_as, make_candidate, make_lead, make_person
from tests.labeling.paired import make_measured_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    """200 candidates with two answers each, nine of ten of them blind, by three people over three weeks."""
    return make_measured_project(name="Posters of May")[0]


@pytest.fixture
def page(open_page, project) -> Page:
    """The page of the project's lead."""
    page: Page = open_page(make_lead(project, username="lea"))
    page.goto(address("agreement", project))
    return page


def test_a_figure_opens_the_candidates_it_counts_and_says_by_what_they_were_found(page, project):
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Portrait"))
    different = row.get_by_role("link").nth(1)
    count = different.inner_text()

    different.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Candidates")
    expect(page.get_by_text(f"{count} candidates")).to_be_visible()
    expect(page.get_by_label("Category")).to_have_value("Portrait")
    # What agreement alone asks for is in sight when it is asked for.
    expect(page.get_by_label("First two answers")).to_have_value("different")
    expect(page.get_by_label("First two answers")).to_be_visible()


def test_tables_and_charts_can_be_kept(page, project):
    people = page.get_by_role("region", name="Who agrees with whom")

    with page.expect_download() as table:
        people.get_by_role("link", name="CSV").click()
    with page.expect_download() as chart:
        people.get_by_role("link", name="SVG").click()

    rows = list(csv.reader(table.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [len(rows), sum(int(row[2]) for row in rows[1:])] == [4, 180]
    assert ElementTree.parse(chart.value.path()).getroot().tag.endswith("svg")


def test_every_chart_has_its_table(page):
    people = page.get_by_role("region", name="Who agrees with whom")
    people.get_by_text("The same as a table").press("Enter")

    shown = people.locator("svg .value").all_text_contents()
    listed = people.locator("table tbody tr").all()

    assert len(shown) == len(listed) == 3
    for value, row in zip(shown, listed, strict=True):
        exact = row.locator("td").nth(2).inner_text().split("%")[0]
        assert value == f"{float(exact):.0f} %"


def test_measuring_again_counts_what_came_since(page, project):
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    page.reload()
    expect(page.get_by_text("1 candidate has changed since")).to_be_visible()

    page.get_by_role("button", name="Measure again").press("Enter")
    expect(page.get_by_role("link", name="It is being measured")).to_be_visible()
    assert run_job(Job.objects.get(project=project).pk)

    # The page notices by itself.
    expect(page.get_by_text("no candidate has changed since")).to_be_visible()
    expect(page.get_by_role("link", name="181 pairs")).to_be_visible()
    assert newest_report(project).figures["overall"]["pairs"] == 181


def test_a_phone_without_scripts_shows_all_of_it(open_context, project):
    page = open_context(make_lead(project, username="lea"), **PHONE, java_script_enabled=False).new_page()

    page.goto(address("agreement", project))

    expect(page.get_by_role("heading", name="Who agrees with whom")).to_be_visible()
    expect(page.get_by_role("img", name="Percent agreement by week")).to_be_visible()

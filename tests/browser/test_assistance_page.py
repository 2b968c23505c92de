"""The assistance page: a lead reads it, opens what a figure counts, keeps its files, and answers what was switched off."""

from __future__ import annotations

import csv
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_here
from labeling.models import Event
from tests.browser.conftest import PHONE
from tests.factories import make_lead
from tests.labeling.drawn import make_assisted_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    """192 treated and 96 control candidates of one version, whose suggestions a measurement has switched off."""
    made = make_assisted_project(lost=30, generators=12, stop_points=5, name="Posters of May")[0]
    run_here(made, "agreement", {})
    return made


@pytest.fixture
def page(open_page, project) -> Page:
    """The page of the project's lead."""
    page: Page = open_page(make_lead(project, username="lea"))
    page.goto(address("assistance", project))
    return page


def test_a_figure_opens_the_candidates_it_counts_and_says_by_what_they_were_found(page):
    treated = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="treated"))

    treated.get_by_role("link").nth(1).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Candidates")
    expect(page.get_by_text("64 candidates")).to_be_visible()
    expect(page.get_by_label("Drawn", exact=True)).to_have_value("treated")
    expect(page.get_by_label("First two answers")).to_have_value("different")
    expect(page.get_by_label("Model of the suggestion")).to_have_value("tiny-1")


def test_table_and_chart_can_be_kept(page):
    with page.expect_download() as kept:
        page.get_by_role("link", name="Effects as CSV").click()
    rows = list(csv.reader(kept.value.path().open(encoding="utf-8-sig")))
    with page.expect_download() as drawn:
        page.get_by_role("link", name="as SVG").click()

    assert ["tiny-1", "measured", "added_error"] in [row[:3] for row in rows]
    assert ElementTree.parse(drawn.value.path()).getroot().tag.endswith("svg")
    expect(page.locator("svg.forest")).to_be_visible()


def test_suggestions_that_were_switched_off_are_kept_off_by_the_keyboard(page, project):
    expect(page.get_by_role("heading", name="Suggestions were switched off")).to_be_visible()
    expect(page.get_by_label("Pages of the lead").get_by_role("link", name="Inbox")).to_contain_text("1")

    page.get_by_role("button", name="Keep them off").press("Enter")

    expect(page.get_by_text("Suggestions stay switched off.")).to_be_visible()
    expect(page.get_by_role("heading", name="Suggestions were switched off")).to_have_count(0)
    assert Event.objects.filter(project=project, kind="settings_changed", data__has_key="kept_off").count() == 1


def test_on_a_phone_the_chart_fits_and_only_the_tables_scroll(page):
    page.set_viewport_size(PHONE["viewport"])

    chart = page.locator("svg.forest").bounding_box()

    assert chart is not None
    assert chart["width"] <= PHONE["viewport"]["width"]
    # 12 units of 400 make the smallest text.
    assert 12 * chart["width"] / 400 >= 10
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chart_stands_out_from_the_page_in_both_colour_schemes(page, scheme):
    page.emulate_media(color_scheme=scheme)

    ink, line, paper = page.evaluate(
        """() => {
            const style = (selector) => getComputedStyle(document.querySelector(selector));
            return [style(".forest .label").fill, style(".forest .whisker").stroke, style("body").backgroundColor];
        }"""
    )

    assert len({ink, line, paper}) == 3

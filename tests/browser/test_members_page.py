"""The members page: limits, rights and removing as a lead does them, and no control on another one at the widths people have."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from labeling.models import Membership
from tests.browser.conftest import PHONE
from tests.factories import make_lead, make_person, make_project, make_user
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CONTROLS = ":is(.members, [aria-labelledby=invite]) :is(input, button, summary, h2, label, legend)"
# A label holds its own tick box; every other pair must be apart.
OVERLAPS = """(controls) => {
  const boxes = controls.map((item) => ({ item, box: item.getBoundingClientRect(), name: item.id || item.textContent.trim() }));
  const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const apart = (a, b) => a.item.contains(b.item) || b.item.contains(a.item) || across(a.box, b.box) < 1 || down(a.box, b.box) < 1;
  const small = boxes.filter(({ box }) => box.width < 8 || box.height < 8).map(({ name }) => `${name} is too small`);
  const rest = (place) => boxes.slice(place + 1);
  return small.concat(boxes.flatMap((one, n) => rest(n).filter((two) => !apart(one, two)).map((two) => `${one.name} / ${two.name}`)));
}"""
GAP = """(form) => {
  const bounds = (selector) => form.querySelector(selector).getBoundingClientRect();
  return bounds("input[type=number]").top - bounds("[for$=daily_cap]").bottom;
}"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("width", [390, 1024, 1440, 1920])
def test_no_two_controls_of_a_member_or_of_an_invitation_overlap(open_page, width, language):
    project = make_project()
    lead = make_lead(project, username="lead", language=language)
    make_person(project, username="somebody_with_a_name_longer_than_most_names_are")
    both = make_user(username="bo")
    Membership.objects.create(project=project, person=both, can_label=True, can_adjudicate=True, is_lead=True, daily_cap=24)
    page: Page = open_page(lead, **(PHONE if width == 390 else {"viewport": {"width": width, "height": 900}}))

    page.goto(address("members", project))

    shown = page.locator(CONTROLS).and_(page.locator(":visible:not(.visually-hidden)"))
    assert shown.count() > 30
    assert shown.evaluate_all(OVERLAPS) == []
    assert page.locator(".limits").first.evaluate(GAP) >= 0


@pytest.fixture
def project():
    """So many members that the last of them is below the screen."""
    project = make_project(name="Spring pilot")
    for number in range(8):
        make_person(project, username=f"annotator{number}")
    return project


def panel_of(page: Page, name: str) -> Locator:
    """The panel of one member."""
    return page.get_by_role("region", name=name, exact=True)


def limits_of(project, name: str) -> tuple[list[str], int | None]:
    """The categories and the daily cap that are stored."""
    row = Membership.objects.get(project=project, person__username=name)
    return row.categories, row.daily_cap


def test_a_member_is_limited_with_the_keyboard_and_set_free_again(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("members", project))
    panel = panel_of(page, "annotator3")

    panel.get_by_label("Digital").press("Space")
    panel.get_by_label("Answers a day at most").focus()
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Saved: annotator3: works in Digital, at most 40 answers a day.")
    expect(panel.get_by_label("Digital")).to_be_checked()
    assert limits_of(project, "annotator3") == (["Digital"], 40)
    panel.get_by_label("Digital").press("Space")
    panel.get_by_label("Answers a day at most").fill("")
    panel.get_by_role("button", name="Save limits").press("Enter")
    expect(page.locator("#notices")).to_contain_text("Saved: annotator3")

    assert limits_of(project, "annotator3") == ([], None)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_cap_that_is_none_is_refused_where_it_stands_and_said_on_top(open_page, project, lead, scripts):
    page: Page = open_page(lead, java_script_enabled=scripts)
    page.goto(address("members", project))
    panel = panel_of(page, "annotator7")

    panel.get_by_label("Answers a day at most").fill("0")
    panel.get_by_role("button", name="Save limits").click()

    expect(page.get_by_role("alert").first).to_have_text("Nothing is saved yet: see the fields marked below.")
    expect(panel.get_by_role("alert")).to_contain_text("greater than or equal to 1")
    expect(panel.get_by_label("Answers a day at most")).to_have_value("0")
    if scripts:
        expect(panel.get_by_label("Answers a day at most")).to_be_focused()
        expect(panel.get_by_role("alert")).to_be_in_viewport()
    assert limits_of(project, "annotator7") == ([], None)


def test_a_member_is_removed_on_a_phone_without_scripts(open_page, project, lead):
    page: Page = open_page(lead, java_script_enabled=False, **PHONE)
    page.goto(address("members", project))

    panel_of(page, "annotator5").locator("summary").tap()
    panel_of(page, "annotator5").get_by_role("button", name="Remove annotator5").tap()

    expect(page.locator("#notices")).to_contain_text("annotator5 is removed; their answers stay.")
    expect(panel_of(page, "annotator5")).to_have_count(0)


def test_rights_are_not_taken_away_altogether(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("members", project))
    panel = panel_of(page, "annotator7")

    panel.get_by_label("annotator", exact=True).uncheck()
    panel.get_by_label("adjudicator", exact=True).uncheck()
    panel.get_by_role("button", name="Save rights").click()

    expect(panel.get_by_role("alert")).to_have_text("Tick at least one right, or remove the person.")
    expect(panel.get_by_role("alert")).to_be_in_viewport()
    assert Membership.objects.get(person__username="annotator7").can_label

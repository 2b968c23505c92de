"""The members page at the widths people have: no control lies on another one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

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

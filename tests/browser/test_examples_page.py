"""Examples: a lead makes settled candidates examples, captions, orders and removes them; everybody sees them with the guideline."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Example
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_candidate
from tests.factories import answer_as, make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    return make_project(name="Spring pilot")


def make_settled(project, verdict):
    """A candidate that two people answered in the same way."""
    candidate = make_pictured_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, verdict)
    return candidate


def use_as_example(page: Page, project, candidate, caption: str) -> None:
    """Make the candidate an example from its own page, by keyboard."""
    page.goto(address("candidate", project, candidate.public_id))
    page.get_by_text("Use as an example").first.press("Enter")
    page.get_by_label("What it shows").fill(caption)
    page.get_by_role("button", name="Use as an example").press("Enter")
    expect(page.locator("#notices")).to_contain_text("example")


def test_examples_are_made_ordered_captioned_and_taken_out_and_people_see_each_change(open_page, project, lead):
    accepted, rejected = make_settled(project, "accept"), make_settled(project, "reject")
    desk, reader = open_page(lead), open_page(make_person(project), **PHONE)

    use_as_example(desk, project, accepted, "The letters are sharp")
    use_as_example(desk, project, rejected, "A sixth finger")
    reader.goto(address("guidelines", project))
    expect(reader.get_by_text("The letters are sharp")).to_be_visible()
    assert reader.locator("main img").count() == 2

    desk.goto(address("examples", project))
    desk.get_by_role("button", name="Move up").press("Enter")
    desk.get_by_label("What it shows").first.fill("Six fingers on the left hand")
    desk.get_by_role("button", name="Save the caption").first.press("Enter")
    desk.get_by_role("button", name="Take out").last.press("Enter")
    expect(desk.get_by_role("button", name="Take out")).to_have_count(1)
    reader.reload()

    expect(reader.get_by_text("Six fingers on the left hand")).to_be_visible()
    expect(reader.get_by_text("The letters are sharp")).to_have_count(0)
    assert Example.objects.get().candidate == rejected

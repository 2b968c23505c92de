"""The pages of proposals: a lead lets a judge read, looks at what it proposes, edits, accepts and goes on; also without JavaScript."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from judging.models import Proposal
from judging.protocol.extractions import Wish
from labeling.data_in.read_version import parse_document
from labeling.data_in.write_task import write_task
from labeling.jobs.run import run_here
from labeling.protocol.projects import set_member
from tests.browser.conftest import PHONE
from tests.browser.layout import find_faults
from tests.factories import make_lead, make_project
from tests.judging.made_orders import make_item, make_points_reply, make_rules_reply, make_size
from tests.judging.making import make_server_judge
from tests.judging.scripted_server import ScriptedServer, complete

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("SERVIMAGE_SCREENSHOTS", "")
BRIEF = (
    "We open a tea house in May and need two posters: one upright for the window, 1080 x 1920 px, and one wide banner for the web. "
    "Both as PNG. The title must read “First Leaves”. Dark green on cream, no photographs.\n\n标题下方请加一行小字：五月一日开业。"
)
DOCUMENT = {
    "task_id": "digital-001",
    "category": "Digital",
    "name": "Posters for a tea house",
    "brief": BRIEF,
    "price_usd": "90.00",
    "quantity": 1,
    "is_editing": False,
    "source_missing": False,
    "deliverables": [{"number": 1, "name": "Poster", "listed_price_usd": "90.00", "rules": [], "raw_rules": None}],
    "points": [],
    "references": [],
    "sources": [],
}
RULES = make_rules_reply(
    make_item("Poster for the window", file_type=["PNG"], dimensions=[make_size(1080, 1920)], aspect_ratio="1:1"),
    make_item("Banner for the web", file_type=["PNG"], aspect_ratio="landscape", min_dpi=72),
    quotes={
        "Poster for the window": {
            "output_quantity": "two posters",
            "file_type": "Both as PNG",
            "dimensions": "1080 x 1920 px",
            "aspect_ratio": "a square format",
        },
        "Banner for the web": {"file_type": "Both as PNG", "aspect_ratio": "wide banner", "resolution": "for the web"},
    },
)
POINTS = make_points_reply(
    ("The title reads “First Leaves”.", "The title must read “First Leaves”"),
    ("The colours are dark green on cream.", "Dark green on cream"),
    ("There is no photograph.", "no photographs"),
    ("标题下方有一行小字：五月一日开业。", "标题下方请加一行小字：五月一日开业"),
    ("The poster looks inviting.", "looks inviting"),
)


def go(name, project, *args):
    """The address of a page of the judges."""
    return reverse(f"judging:{name}", args=[project.slug, *args])


def reply(seen):
    """Points to whom asks for points, rules to whom asks for rules; one order is not understood."""
    if "tea house 3" in seen.prompt:
        return complete("I like tea.")
    return complete(POINTS if "evaluation points" in seen.prompt else RULES)


@pytest.fixture
def server():
    """A server that reads the order of the tea house."""
    with ScriptedServer(default=reply) as server:
        yield server


@pytest.fixture
def project():
    """Three tasks without rules and points."""
    project = make_project(name="Posters of May")
    for number, name in enumerate(("Posters for a tea house", "Posters for a tea house 2", "Posters for a tea house 3"), 1):
        write_task(project, parse_document(DOCUMENT | {"task_id": f"digital-00{number}", "name": name}), {})
    return project


@pytest.fixture
def lead(project):
    """Who leads it."""
    return make_lead(project, username="lea")


def read_all(project, server):
    """Everything read by one judge."""
    judge = make_server_judge(project, server.url, "pay_direct")
    job = run_here(project, "extract", Wish(judge=judge, kinds=["rules", "points"]).as_params())
    assert job.state == "done"


def list_pages(project, lead, server):
    """(name, address) of every page, with something on it."""
    empty = make_project()
    set_member(empty, lead, None, can_label=False, can_adjudicate=False, is_lead=True)
    read_all(project, server)
    rules, points = (Proposal.objects.filter(kind=kind, state="open").earliest("pk") for kind in ("rules", "points"))
    unusable = Proposal.objects.filter(state="unusable").earliest("pk")
    return [
        ("nothing", go("proposals", empty)),
        ("list", go("proposals", project)),
        ("rules", go("proposal", project, rules.public_id)),
        ("points", go("proposal", project, points.public_id)),
        ("unusable", go("proposal", project, unusable.public_id)),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, project, lead, server, scheme):
    pages = list_pages(project, lead, server)
    found = []
    for screen, options in (("wide", {}), ("phone", PHONE)):
        page = open_page(lead, color_scheme=scheme, **options)
        for name, address in pages:
            page.goto(address)
            page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")
            found += [(screen, name, violation["id"]) for violation in Axe().run(page).response["violations"]]
            found += [(screen, name, fault) for fault in find_faults(page)]
            if FOLDER:
                page.screenshot(path=Path(FOLDER) / f"proposals-{name}-{screen}-{scheme}.png", full_page=True)

    assert found == []


def test_without_javascript_proposals_are_edited_accepted_and_rejected_one_after_the_other(open_page, project, lead, server):
    read_all(project, server)
    page = open_page(lead, java_script_enabled=False)
    page.goto(go("proposals", project))
    page.get_by_label("Kind").select_option("rules")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="digital-001").click()

    expect(page.locator("mark").first).to_have_text("two posters")
    page.get_by_text("Change it first").click()
    page.get_by_label("What it is").first.fill("Window poster")
    page.get_by_label("Hard rules, as JSON").first.fill("{")
    page.get_by_role("button", name="Accept with these changes").click()
    expect(page.get_by_text("This is no JSON: line 1, column 2")).to_be_visible()
    page.get_by_label("Hard rules, as JSON").first.fill('{"file_type": ["JPG"]}')
    page.get_by_role("button", name="Accept with these changes").click()
    expect(page.get_by_text("digital-001: Accepted. The task is changed.")).to_be_visible()
    # The next one, of the same kind.
    expect(page.get_by_role("heading", level=1)).to_contain_text("digital-002")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("digital-002: Rejected.")).to_be_visible()

    first = project.tasks.get(external_id="digital-001")
    assert first.deliverables.values_list("name", "raw_rules").first() == ("Window poster", {"file_type": ["JPG"]})


def test_a_lead_lets_a_judge_read(open_page, project, lead, server):
    make_server_judge(project, server.url, "pay_direct")
    page = open_page(lead)
    page.goto(go("proposals", project))
    page.get_by_label("evaluation points").check()
    page.get_by_role("button", name="Read", exact=True).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert project.jobs.get(kind="extract").params["kinds"] == ["points"]

"""The pages of judges and runs: a lead makes a judge, plans a run, starts it and watches it to its end; with and without JavaScript."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from judging.models import Call, JudgeRun
from labeling.browse.wanted import Wanted
from labeling.jobs.run import run_job
from labeling.models import Job
from labeling.protocol.projects import set_member
from tests.browser.conftest import PHONE
from tests.browser.layout import find_faults
from tests.factories import make_lead
from tests.judging.making import make_judged_project, make_server_judge, work
from tests.judging.sample_judges import judge_some
from tests.judging.scripted_server import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("SERVIMAGE_SCREENSHOTS", "")


def go(name, project, *args):
    """The address of a page of the judges."""
    return reverse(f"judging:{name}", args=[project.slug, *args])


@pytest.fixture
def server():
    """A server that answers well."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def project():
    """Seven candidates of three tasks."""
    return make_judged_project((1, 2, 4), name="Posters of May")[0]


@pytest.fixture
def lead(project):
    """Who leads it."""
    return make_lead(project, username="lea")


def make_judge(project, server, **config):
    """A judge with prices."""
    return make_server_judge(project, server.url, price_in_usd=2.0, price_out_usd=10.0, max_in_flight=2, **config)


def list_pages(project, lead):
    """(name, address) of every page, with something on it."""
    empty = make_judged_project((1,))[0]
    set_member(empty, lead, None, can_label=False, can_adjudicate=False, is_lead=True)
    done, planned, running = judge_some(project, lead, Wanted(state="open"))
    call = Call.objects.filter(run=done).exclude(why="").earliest("pk")
    return [
        ("nothing", go("judges", empty)),
        ("judges", go("judges", project)),
        ("judge", go("judge", project, done.judge.public_id)),
        ("new_judge", go("new_judge", project, "openai")),
        ("new_run", go("new_run", project) + "?state=open"),
        ("run-done", go("run", project, done.public_id)),
        ("run-planned", go("run", project, planned.public_id)),
        ("run-running", go("run", project, running.public_id)),
        ("call", go("call", project, done.public_id, call.pk)),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, project, lead, scheme):
    pages, found = list_pages(project, lead), []

    for screen, options in (("wide", {}), ("narrow", PHONE)):
        page = open_page(lead, color_scheme=scheme, **options)
        for name, url in pages:
            page.goto(url)
            page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")
            violations = [item["id"] for item in Axe().run(page).response["violations"]]
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [(name, screen, problem) for problem in (violations, too_wide, find_faults(page)) if problem]
            if FOLDER:
                page.screenshot(path=Path(FOLDER) / f"judging-{name}-{screen}-{scheme}.png", full_page=True)

    assert found == []


def test_a_run_is_planned_started_and_watched_to_its_end(open_page, project, lead, server):
    make_judge(project, server, parts=["veq_text"])
    page = open_page(lead)
    page.goto(go("judges", project))
    page.get_by_role("link", name="Start a run").click()
    page.get_by_role("button", name="Plan the run").press("Enter")
    expect(page.get_by_text("Looking at what is missing")).to_be_visible()
    run = JudgeRun.objects.get()

    run_job(run.planner_id)
    expect(page.get_by_text("7 questions are to be asked")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    expect(page.get_by_text("waits for a worker", exact=True)).to_be_visible()
    run_job(Job.objects.filter(kind="judge").latest("pk").pk)

    # All of this came by itself.
    expect(page.get_by_role("button", name="Judge what is missing")).to_be_visible()
    expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    expect(page.locator("table.calls tbody tr")).to_have_count(7)


def test_without_javascript_a_judge_is_made_and_a_run_started_and_looked_at_again(open_page, project, lead, server):
    page = open_page(lead, java_script_enabled=False)
    page.goto(go("judges", project))
    page.get_by_role("link", name="OpenAI-compatible server").click()
    page.get_by_label("Name", exact=True).fill("hosted")
    page.get_by_label("Rubric").select_option("pay_direct")
    page.get_by_label("Address of the server").fill(server.url)
    page.get_by_label("Model", exact=True).fill("scripted-model-1")
    page.get_by_role("button", name="Make the judge").click()
    page.get_by_role("button", name="Plan the run").click()
    work(JudgeRun.objects.get())
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Start", exact=True).click()
    work(JudgeRun.objects.get())
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_text("Done.", exact=False).first).to_be_visible()
    page.locator("table.calls tbody a").first.click()
    expect(page.get_by_role("heading", name="What was asked")).to_be_visible()

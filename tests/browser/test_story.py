"""The whole story of a small project: made, filled, its people invited, labelled, a dispute adjudicated, measured, exported.

One annotator uses the keyboard alone, the other a phone; the network is cut in the middle. Nothing is prepared but the account of the lead.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Candidate, Decision, Job, Project
from tests.browser.conftest import PHONE
from tests.factories import make_user
from tests.labeling.material import make_picture, make_record, make_zip
from tests.workers import wait_until, worker_harness

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOK_MS = 250
TASKS = 3


def bench_zip() -> bytes:
    """A benchmark of three tasks of one image each."""
    records: dict[str, list] = {"Portrait": [], "Digital": [], "Product": []}
    for n in range(1, TASKS + 1):
        record = make_record(f"product-{n:03d}")
        record["original_task_data"]["task_name_original"] = f"Poster {n}"
        records["Product"].append(record)
    return make_zip({f"C-{name}/{name}.json": json.dumps(found) for name, found in records.items()}).getvalue()


def candidates_zip() -> bytes:
    """One candidate for each task, each of another shade so that no two are one picture."""
    shades = [(10 * n, 90, 140) for n in range(1, TASKS + 1)]
    files = {f"night-painter/product-{n:03d}/1.png": make_picture(640, 480, color=shade) for n, shade in enumerate(shades, start=1)}
    return make_zip(files).getvalue()


def import_in_browser(page: Page, harness, project, what: str, data: bytes) -> Job:
    """Upload a zip on the imports page, let a worker do it, and see its page say so."""
    page.goto(f"/p/{project.slug}/imports/")
    page.get_by_label(what).check()
    page.locator("input[type=file]").set_input_files({"name": "import.zip", "mimeType": "application/zip", "buffer": data})
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    job = Job.objects.latest("pk")
    harness.ring(job)
    expect(page.get_by_text("Done.")).to_be_visible(timeout=60_000)
    return job


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.wait_for_timeout(LOOK_MS)
        page.keyboard.press(key)


def wait_for_pictures(page: Page) -> None:
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(TASKS)
    page.wait_for_timeout(LOOK_MS)


def shown_number(page: Page) -> int:
    """Which of the three tasks is on screen."""
    return int(page.locator("article.card:visible h1").inner_text()[-1])


def test_from_an_empty_site_to_an_export(open_context, tmp_path):
    desk = open_context(make_user(username="lead", is_staff=True)).new_page()
    project = make_project_in_browser(desk)

    with worker_harness("filesystem", tmp_path) as harness:
        harness.start_worker()
        import_in_browser(desk, harness, project, "Tasks", bench_zip())
        import_in_browser(desk, harness, project, "Candidates", candidates_zip())
        assert Candidate.objects.filter(project=project, state="open").count() == TASKS
        publish_guideline(desk, project, "Would the client pay for it?")
        annotators, adjudicators = invite(desk, project, "annotator", 2), invite(desk, project, "adjudicator", 1)

        label_by_keyboard(join(open_context().new_page(), annotators, "first"), project)
        label_by_touch_with_the_network_cut(join(open_context(**PHONE).new_page(), annotators, "second"), project)
        assert Candidate.objects.filter(project=project, state="disputed").count() == 1

        adjudicate(join(open_context().new_page(), adjudicators, "third"), project)
        measure(desk, harness, project)
        assert sorted(Decision.objects.filter(revoked_event=None).values_list("verdict", "how")) == [
            ("accept", "consensus"),
            ("accept", "consensus"),
            ("reject", "adjudication"),
        ]

        lines = export(desk, harness, project)
    verdicts = {line["task_id"]: line["annotations"] for line in lines}
    disputed = Candidate.objects.get(decisions__how="adjudication").bundle.task.external_id
    wanted = {f"product-{n:03d}": {"subtask_1": f"product-{n:03d}" != disputed} for n in range(1, TASKS + 1)}
    assert verdicts == wanted


def make_project_in_browser(page: Page) -> Project:
    """Make a project, and let its answers be final at once."""
    page.goto("/")
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name", exact=True).fill("Spring posters")
    page.get_by_label("Address").fill("spring")
    page.get_by_role("button", name="Make the project").press("Enter")
    expect(page.get_by_role("heading", name="Before people can work")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("spinbutton", name="Undo window in minutes").fill("0")
    page.get_by_role("button", name="Save").first.press("Enter")
    # Of so few candidates one would be looked at once more, or none, by chance.
    Project.objects.update(audit_share=0, second_share=0)
    project = Project.objects.get(slug="spring")
    assert project.undo_minutes == 0
    return project


def publish_guideline(page: Page, project, text: str) -> None:
    """Write the first version of the guideline, which everybody has to read."""
    page.goto(f"/p/{project.slug}/settings/guideline/")
    page.get_by_label("Text of version 1").fill(text)
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("#notices")).to_contain_text("Version 1")


def invite(page: Page, project, right: str, people: int) -> str:
    """The address of an invitation for so many people."""
    page.goto(f"/p/{project.slug}/members/")
    form = page.get_by_role("region", name="Invite people by a link")
    form.get_by_label(right).check()
    form.get_by_label("For how many people").fill(str(people))
    form.get_by_role("button", name="Make an invitation link").press("Enter")
    return page.get_by_role("textbox", name="Invitation link").input_value()


def join(page: Page, link: str, name: str) -> Page:
    """Make an account by an invitation and read the guideline."""
    page.goto(link)
    page.keyboard.type(name)
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.type("seven green lamps")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Read the guideline").click()
    page.get_by_role("button", name="I have read it").click()
    return page


def measure(page: Page, harness, project) -> None:
    """Have agreement measured: three pairs are too few for a value, not for a count that opens its candidates."""
    page.goto(f"/p/{project.slug}/agreement/")
    page.get_by_role("button", name=re.compile("Measure")).press("Enter")
    harness.ring(wait_until(lambda: Job.objects.filter(kind="agreement").last(), what="a job"))
    page.get_by_role("link", name="1 differ").click(timeout=60_000)
    expect(page.get_by_text("1 candidate", exact=True)).to_be_visible()


def label_by_keyboard(page: Page, project) -> None:
    """Reach the label page and answer with keys only: two accepts and a reject for a reason."""
    page.goto("/")
    page.keyboard.press("Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.textContent.trim()") == "Label":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_pictures(page)
    for _ in range(TASKS):
        press(page, "2" if shown_number(page) == 1 else "a")
        page.wait_for_timeout(LOOK_MS)
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    assert page.locator("article.card:visible").count() == 0


def label_by_touch_with_the_network_cut(page: Page, project) -> None:
    """Accept everything on a phone; the network is away for two of the answers and a reload."""
    page.goto(f"/p/{project.slug}/label/")
    wait_for_pictures(page)
    page.get_by_role("button", name="Accept").tap()
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    page.context.set_offline(True)
    for _ in range(TASKS - 1):
        page.wait_for_timeout(LOOK_MS)
        page.get_by_role("button", name="Accept").tap()
    expect(page.locator("#saved")).to_contain_text("2 answers kept here")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def adjudicate(page: Page, project) -> None:
    """Take the dispute, answer blind, then confirm with a reason class."""
    page.goto(f"/p/{project.slug}/adjudicate/")
    expect(page.locator("article.card:visible")).to_have_count(1)
    expect(page.locator(".opinion")).to_have_count(0)
    press(page, "1")
    expect(page.locator(".opinion")).to_have_count(3)
    press(page, "3")
    expect(page.locator(".state")).to_have_attribute("data-state", "waiting")


def export(page: Page, harness, project) -> list[dict]:
    """Start an export in ServImage's format, wait for the worker, download it and return its lines."""
    page.goto(f"/p/{project.slug}/exports/")
    page.locator("input[value=servimage]").check()
    page.get_by_role("button", name="Start").click()
    job = wait_until(lambda: Job.objects.filter(kind="export").first(), what="an export job")
    harness.ring(job)
    wait_until(lambda: Job.objects.filter(pk=job.pk, state="done").exists(), what=harness.log()[-2000:])
    page.goto(f"/p/{project.slug}/exports/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    return [json.loads(line) for line in download.value.path().read_text().splitlines()]

"""The whole story with three accounts: import, two annotators, a dispute, adjudication, export.

One annotator uses the keyboard alone, the other a phone; the network is cut in the middle; the lead also adjudicates.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Candidate, Decision, Job
from tests.browser.conftest import PHONE
from tests.factories import make_person, make_project
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


def test_from_import_to_export_with_three_accounts(open_context, tmp_path):
    project = make_project(slug="spring", undo_minutes=0)
    lead = make_person(project, username="lead", can_label=False, is_lead=True)
    first = make_person(project, username="first", can_adjudicate=False)
    second = make_person(project, username="second", can_adjudicate=False)
    desk = open_context(lead).new_page()

    with worker_harness("filesystem", tmp_path) as harness:
        harness.start_worker()
        import_in_browser(desk, harness, project, "Tasks", bench_zip())
        import_in_browser(desk, harness, project, "Candidates", candidates_zip())
        assert Candidate.objects.filter(project=project, state="open").count() == TASKS

        label_by_keyboard(open_context(first).new_page(), project)
        label_by_touch_with_the_network_cut(open_context(second, **PHONE).new_page(), project)
        assert Candidate.objects.filter(project=project, state="disputed").count() == 1

        adjudicate(desk, project)
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

"""What a lead new to the site is helped with: conflicts that show what differs, reports by problem, settings explained, the archive."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.write_task import describe_task, write_task
from labeling.jobs.run import run_here
from labeling.models import Batch, ImportConflict, Job, JobLine
from labeling.protocol.batches import BatchPlan, create_batch
from labeling.protocol.hold import hold_candidate
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_candidate
from tests.factories import make_person, make_project
from tests.labeling.importing import make_candidates
from tests.labeling.test_conflicts import DOCUMENT
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    return make_project(name="Spring pilot", undo_minutes=15)


def make_task_conflict(project):
    """A task whose brief, price and points an import wants to change."""
    task = write_task(project, parse_document(DOCUMENT), find_images(DOCUMENT))
    points = [{"number": 1, "point_id": "ep_001", "text": "It is red"}]
    changed = DOCUMENT | {"brief": "A red poster.\nNo text.", "price_usd": "120.00", "points": points}
    ImportConflict.objects.create(project=project, task=task, field="content", new=describe_task(parse_document(changed), {}))


def make_report(project, lead):
    """A finished import with three kinds of problems."""
    job = Job.objects.create(project=project, kind="import_candidates", state="done", attempt=1, done=9, total=9, created_by=lead)
    rows = [("rejected", "unknown_task", {})] * 7 + [("warning", "extension_differs", {"format": "JPEG"}), ("rejected", "truncated", {})]
    for number, (outcome, code, params) in enumerate([*rows, ("created", "", {})]):
        place = {"record": f"acme/product-{number:03}/1", "file": f"acme/product-{number:03}/1.png"}
        JobLine.objects.create(job=job, key=str(number), outcome=outcome, code=code, params=params, **place)
    return job


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_page_of_these_shuts_anybody_out(open_context, project, lead, scheme, language):
    lead.language = language
    lead.save()
    make_task_conflict(project)
    candidate = make_pictured_candidate(project)
    ImportConflict.objects.create(project=project, candidate=candidate, field="image", new_image=make_pictured_candidate(project).image)
    hold_candidate(make_pictured_candidate(project).public_id, lead, "odd")
    job = make_report(project, lead)
    put_away = make_project(name="Autumn pilot", archived_at="2026-01-01T00:00:00Z")
    put_away.memberships.create(person=lead, is_lead=True)
    pages = [
        *(address("inbox", project), address("job", project, job.public_id), address("project", put_away), reverse("labeling:home")),
    ]

    found = []
    for wide in (True, False):
        page = open_context(lead, color_scheme=scheme, locale=language, **({} if wide else PHONE)).new_page()
        for path in pages:
            page.goto(path)
            page.evaluate("document.querySelectorAll('main details').forEach((part) => { part.open = true; })")
            violations = [item["id"] for item in Axe().run(page).response["violations"]]
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if violations or too_wide > 0:
                found.append((path, wide, violations, too_wide))

    assert found == []


def test_a_conflict_marks_what_differs_on_both_sides(open_page, project, lead):
    make_task_conflict(project)
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    assert page.locator(".before del").all_text_contents() == ["$90.00", "blue"]
    assert page.locator(".after ins").all_text_contents() == ["red ", "No text.", "$120.00", "red"]
    expect(page.locator(".item .tag")).to_have_count(3)


def test_the_pictures_of_a_conflict_are_marked_and_named(open_page, project, lead):
    candidate = make_pictured_candidate(project)
    job = Job.objects.create(project=project, kind="import_candidates", state="done")
    image = make_pictured_candidate(project).image
    ImportConflict.objects.create(project=project, job=job, candidate=candidate, field="image", new_image=image)
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    expect(page.locator(".before p.soft")).to_have_text("Now")
    expect(page.locator(".before .is-marked img")).to_be_visible()
    expect(page.locator(".after p.soft")).to_have_text("Imported")
    expect(page.locator(".after .is-marked img")).to_be_visible()


def test_every_count_of_the_inbox_follows_an_action(open_page, project, lead):
    for _ in range(2):
        hold_candidate(make_pictured_candidate(project).public_id, lead, "odd")
    page: Page = open_page(lead)
    page.goto(address("inbox", project))
    counts = [page.locator(selector) for selector in ("#number-held", "#number-all", "#inbox-count .count")]
    for count in counts:
        expect(count).to_contain_text("2")

    for left in ("1", "0"):
        page.get_by_role("button", name="Back to the queue").first.click()
        for count in counts[:2]:
            expect(count).to_have_text(left)

    expect(page.locator("#inbox-count")).to_have_text("")
    expect(page.locator("#nothing")).to_have_text("Nothing waits for you.")


def test_no_two_controls_of_a_held_candidate_have_the_same_name(open_page, project, lead):
    hold_candidate(make_pictured_candidate(project).public_id, lead, "odd")
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    for summary in page.locator(".item details > summary").all():
        summary.click()

    names = [" ".join(text.split()) for text in page.locator(".item :is(button, summary)").all_text_contents()]
    assert len(names) == len(set(names)) == 5


def test_problems_of_an_import_are_listed_once_and_opened(open_page, project, lead):
    job = make_report(project, lead)
    page: Page = open_page(lead)
    page.goto(address("job", project, job.public_id))
    row = page.locator("table.problems tbody tr").first

    expect(page.locator("table.problems tbody tr")).to_have_count(3)
    expect(row).to_contain_text("The project has no such task.")
    row.locator("summary").click()
    expect(row.locator("li").first).to_be_visible()
    with page.expect_download() as download:
        row.get_by_role("link", name="unknown_task as CSV").click()
    assert len(download.value.path().read_text(encoding="utf-8-sig").splitlines()) == 8
    row.get_by_role("link", name="Show unknown_task").click()

    expect(page.locator("table.problems")).to_have_count(0)
    expect(page.locator("table.lines tbody tr")).to_have_count(7)


def test_a_wrong_kind_of_file_is_named_where_the_lead_looks(open_page, project, lead, tmp_path):
    job = run_here(project, "import_bench", {"source": {"path": str(make_candidates(tmp_path, "acme/product-001"))}}, lead)
    page: Page = open_page(lead)
    page.goto(address("job", project, job.public_id))

    expect(page.locator("#job .error-text")).to_contain_text("These are candidates")
    expect(page.locator("#job .error-text")).to_contain_text("with “Candidates” chosen")


def test_a_setting_is_explained_where_it_is_and_at_length_behind_it(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("settings", project))

    expect(page.get_by_role("spinbutton", name="Control share in percent")).to_have_attribute(
        "aria-describedby", "id_control_share_helptext"
    )
    expect(page.locator("#id_control_share_helptext")).to_contain_text("20 is a good start")
    page.get_by_role("link", name="More about: Assistance policy").click()

    expect(page.locator("#policy")).to_be_in_viewport()
    expect(page.get_by_role("row", name="measured", exact=False)).to_contain_text("One of the two sees the suggestion")


def test_a_project_is_archived_and_brought_back_with_the_keyboard_alone(open_page, project, lead):
    page: Page = open_page(lead)
    page.goto(address("settings", project))

    page.get_by_text("Archive the project…").press("Enter")
    page.get_by_role("button", name="Archive the project now").press("Enter")
    expect(page.locator("#notices")).to_contain_text("The project is archived.")
    page.goto(reverse("labeling:home"))
    expect(page.get_by_role("link", name="Spring pilot")).to_be_hidden()
    page.get_by_text("Archived: 1 project").press("Enter")
    page.get_by_role("link", name="Spring pilot").press("Enter")
    page.get_by_role("button", name="Bring it back").press("Enter")

    expect(page.locator("#notices")).to_contain_text("The project is back.")
    project.refresh_from_db()
    assert project.archived_at is None


def test_an_archived_project_offers_nothing_that_would_be_refused_on_a_phone_without_scripts(open_page, project, lead):
    make_pictured_candidate(project)
    create_batch(project, lead, BatchPlan(name="First week"))
    person = make_person(project, username="kim")
    page: Page = open_page(lead, java_script_enabled=False, **PHONE)
    page.goto(address("settings", project))

    page.get_by_text("Archive the project…").tap()
    page.get_by_role("button", name="Archive the project now").tap()
    expect(page.get_by_text("This project is archived")).to_be_visible()
    project.refresh_from_db()

    batch = Batch.objects.get()
    offers = {
        "batches": ["Make a batch", "Fill"],
        "batch": ["Save", "Fill"],
        "candidates": ["Reopen, hold, withdraw or batch all of these"],
        "members": ["Make an invitation link"],
        "imports": ["Start"],
        "settings": ["Edit the guideline"],
        "edit_guideline": ["Publish"],
    }
    for name, labels in offers.items():
        page.goto(address(name, project, *([batch.public_id] if name == "batch" else [])))
        expect(page.get_by_text("This project is archived")).to_be_visible()
        for label in labels:
            assert page.locator("main :is(a, button)", has_text=label).count() == 0, (name, label)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    theirs: Page = open_page(person)
    theirs.goto(reverse("labeling:home"))
    expect(theirs.get_by_role("link", name="Spring pilot")).to_have_count(0)

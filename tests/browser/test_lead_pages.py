"""The lead's pages in a browser: by keyboard, without scripts, on a phone, in both colour schemes."""

from __future__ import annotations

import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from labeling.data_in.write_task import describe_task
from labeling.models import Flag, ImportConflict, Job, JobLine, Membership
from labeling.protocol.hold import hold_candidate
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.browser.conftest import PHONE
from tests.browser.pictures import make_pictured_candidate
from tests.factories import answer_as, dispute, expire, lease_for, make_person, make_project
from tests.labeling.visiting import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    return make_project(name="Spring pilot", undo_minutes=15)


def flag_it(project, text="Is this the right size?"):
    person = make_person(project)
    raise_flag(lease_for(person, make_pictured_candidate(project)).public_id, person, text, uuid.uuid4())
    return Flag.objects.latest("pk")


def fill(project, lead):
    """One of everything that the lead's pages show."""
    flag_it(project, "简报要求两个人物，图中只有一个")
    hold_candidate(make_pictured_candidate(project).public_id, lead, "looks like the reference")
    candidate = make_pictured_candidate(project)
    late = make_person(project)
    lease = lease_for(late, candidate)
    expire(lease)
    reap_due(project.pk)
    dispute(candidate)
    submit_answer(lease.public_id, late, Submission(verdict="reject", reasons=("blurry",), note="too late?"), uuid.uuid4())
    settled = make_pictured_candidate(project)
    for person in (make_person(project), make_person(project)):
        answer_as(person, settled, "accept")
    job = Job.objects.create(project=project, kind="import_bench", state="done", attempt=1, done=2, total=2, created_by=lead)
    JobLine.objects.create(job=job, key="1", outcome="created", record="digital-001")
    JobLine.objects.create(
        job=job, key="2", outcome="rejected", record="digital-002", code="truncated", file="C-Digital/refs/task_002/1.png"
    )
    ImportConflict.objects.create(
        project=project, job=job, candidate=settled, field="image", new_image=make_pictured_candidate(project).image
    )
    Job.objects.create(project=project, kind="import_candidates", state="failed", error="This is not a zip archive that can be read.")
    return settled, job


# The others are looked at in test_every_page.py, where these have little to show.
PAGES = ["inbox", "candidate", "job"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_full_page_of_the_lead_shuts_anybody_out(open_context, project, lead, scheme):
    candidate, job = fill(project, lead)
    things = {"candidate": [candidate.public_id], "job": [job.public_id]}
    pages = [(wide, open_context(lead, color_scheme=scheme, **({} if wide else PHONE)).new_page()) for wide in (True, False)]

    found = []
    for name in PAGES:
        for wide, page in pages:
            page.goto(address(name, project, *things.get(name, [])))
            violations = [item["id"] for item in Axe().run(page).response["violations"]]
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if violations or too_wide > 0:
                found.append((name, "wide" if wide else "phone", violations, too_wide))

    assert found == []


def test_a_flag_is_answered_with_the_keyboard_alone(open_page, project, lead):
    flag = flag_it(project)
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    page.get_by_label("Reply").focus()
    page.keyboard.type("Yes, 3000 px.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    settled = page.locator(".item.settled")
    expect(settled).to_contain_text("Replied")
    expect(settled).to_be_focused()
    expect(page.locator("#inbox-count")).to_have_text("")
    flag.refresh_from_db()
    assert flag.reply == "Yes, 3000 px."


def test_a_refused_action_says_why_in_the_item_and_keeps_what_was_typed(open_page, project, lead):
    flag = flag_it(project)
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    page.get_by_label("Reply").fill(" ")
    page.get_by_role("button", name="Send the reply").click()

    expect(page.get_by_role("alert")).to_have_text("Write a reply.")
    expect(page.get_by_role("alert")).to_be_focused()
    flag.refresh_from_db()
    assert flag.replied_at is None


def test_without_scripts_the_inbox_works_as_plain_forms(open_page, project, lead):
    candidate = make_pictured_candidate(project)
    hold_candidate(candidate.public_id, lead, "odd")
    page: Page = open_page(lead, java_script_enabled=False)
    page.goto(address("inbox", project))

    page.get_by_text("Withdraw…", exact=True).click()
    page.locator('form[action$="/withdraw"] input[name="reason"]').fill("shows a real person")
    page.locator('form[action$="/withdraw"] button').click()

    expect(page.locator("#notices")).to_contain_text("Withdrawn")
    candidate.refresh_from_db()
    assert (candidate.state, candidate.reason) == ("withdrawn", "shows a real person")


def test_an_image_is_replaced_from_the_inbox(open_page, project, lead, tmp_path):
    from PIL import Image

    Image.new("RGB", (80, 60), "navy").save(tmp_path / "right.png")
    candidate = make_pictured_candidate(project)
    hold_candidate(candidate.public_id, lead, "broken")
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    page.get_by_text("Replace the image…").click()
    page.get_by_label("New image").set_input_files(tmp_path / "right.png")
    page.locator('form[action$="/replace"] input[name="reason"]').fill("the right file")
    page.get_by_role("button", name="Replace the image now", exact=True).click()

    expect(page.locator(".item.settled")).to_contain_text("The image is replaced")
    candidate.refresh_from_db()
    assert (candidate.state, candidate.image.width) == ("open", 80)


def test_the_progress_of_a_job_comes_by_itself_and_the_focus_stays(open_page, project, lead):
    running = {"state": "running", "fence": uuid.uuid4(), "heartbeat_at": timezone.now(), "attempt": 1}
    job = Job.objects.create(project=project, kind="import_candidates", done=1, total=4, message="ink/digital-001", **running)
    page: Page = open_page(lead)
    page.goto(address("job", project, job.public_id))
    count = page.get_by_role("link", name=re.compile("^Jobs")).locator(".count")
    expect(count).to_contain_text("1")
    page.get_by_role("button", name="Cancel").focus()

    Job.objects.filter(pk=job.pk).update(done=3, message="ink/digital-003")
    expect(page.locator("#job")).to_contain_text("3 / 4")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    JobLine.objects.create(job=job, key="1", outcome="created", record="ink/digital-001/1")
    Job.objects.filter(pk=job.pk).update(state="done", done=4, fence=None)

    expect(page.locator("#job")).to_contain_text("Done.")
    expect(count).to_have_count(0)
    expect(page.locator("#job").get_by_role("link", name="Candidates")).to_be_visible()
    expect(page.locator("table.lines")).to_contain_text("ink/digital-001/1")
    expect(page.locator("[hx-trigger]")).to_have_count(0)


def test_somebody_new_is_added_and_signs_in_by_the_link(open_page, open_context, project, lead):
    page: Page = open_page(lead)
    page.goto(address("members", project))

    page.get_by_label("Account name").fill("kim")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("kim is a member now.")
    page.get_by_role("region", name="kim").get_by_role("button", name="Make a sign-in link").click()
    link = page.locator(".link input").input_value()
    visitor: Page = open_context().new_page()
    visitor.goto(link)
    visitor.get_by_role("button", name=re.compile("Sign in", re.IGNORECASE)).click()

    expect(visitor.get_by_role("heading", name="Your projects")).to_be_visible()
    expect(visitor.get_by_role("link", name="Label")).to_be_visible()
    assert Membership.objects.get(person__username="kim").can_label


def test_a_task_conflict_is_accepted_from_the_inbox(open_page, project, lead):
    from labeling.data_in.read_version import find_images, parse_document
    from labeling.data_in.write_task import write_task
    from tests.labeling.test_conflicts import DOCUMENT

    task = write_task(project, parse_document(DOCUMENT), find_images(DOCUMENT))
    new = describe_task(parse_document(DOCUMENT | {"brief": "A red poster."}), {})
    ImportConflict.objects.create(project=project, task=task, field="content", new=new)
    page: Page = open_page(lead)
    page.goto(address("inbox", project))

    expect(page.locator(".after")).to_contain_text("A red poster.")
    page.get_by_role("button", name="Accept the change").click()

    expect(page.locator(".item.settled")).to_contain_text("Accepted")
    task.refresh_from_db()
    assert (task.brief, task.version) == ("A red poster.", 2)


def test_on_a_phone_the_chart_begins_at_today_and_the_project_is_named(open_page, project, lead):
    fill(project, lead)
    page: Page = open_page(lead, **PHONE)
    page.goto(address("project", project))

    box, last = page.locator(".chart .scroll").bounding_box(), page.locator("svg.bars g").last.bounding_box()

    assert page.locator(".chart .scroll").evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert box["x"] <= last["x"]
    assert last["x"] + last["width"] <= box["x"] + box["width"]
    expect(page.locator("header .project-name")).to_be_visible()
    expect(page.locator("header .project-name")).to_have_text("Spring pilot")


def test_the_chart_and_its_table_say_the_same(open_page, project, lead):
    fill(project, lead)
    page: Page = open_page(lead)
    page.goto(address("project", project))

    page.get_by_text("The same as a table").click()

    titles = page.locator("svg.bars g title").all_text_contents()
    cells = page.locator("#throughput ~ details tbody tr").first.locator("td").all_text_contents()
    assert len(titles) == 1
    assert titles[0].endswith(f"{int(cells[0]) + int(cells[1])} answers")

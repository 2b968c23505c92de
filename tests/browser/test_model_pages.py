"""The pages of models in a real browser: the whole loop from labels to suggestions and back, without scripts too, and how pages look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.jobs.run import run_job
from labeling.models import Answer, Assignment, Candidate, Job, Project, Suggestion, Task
from labeling.protocol.projects import change_settings, set_member
from labeling.protocol.release import release_person
from modeling.models import ModelVersion, Promotion, TrainingRun
from tests.browser.labelling import expect_saved, open_label, press, shown
from tests.browser.layout import find_faults
from tests.browser.test_every_page import SCREENS
from tests.factories import answer_as, lease_for, make_lead, make_person, make_project
from tests.modeling.made_project import make_labelled_project
from tests.modeling.made_registry import make_run_row, make_version_row

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("SERVIMAGE_SCREENSHOTS", "")
QUICK = "stage1.epochs=3\nstage2.epochs=3\nmembers=1\nthreads=1\nfusion=concepts"
REASON = "The test side is still too small to tell."


def go(name, project, *args):
    """The address of a page of the models."""
    return reverse(f"modeling:{name}", args=[project.slug, *args])


def do(job_id: int) -> None:
    """What a worker does."""
    run_job(job_id)
    job = Job.objects.get(pk=job_id)
    assert job.state == "done", job.error_text


def train(page: Page, number: int) -> ModelVersion:
    """Do the queued run whose page is open, which says so by itself."""
    expect(page.get_by_text("It waits for a worker.")).to_be_visible()
    do(TrainingRun.objects.get(number=number).job_id)
    expect(page.get_by_text(f"Done. It made stats-{number}.")).to_be_visible()
    expect(page.locator("svg.plot").first).to_be_visible()
    return ModelVersion.objects.get(run__number=number)


def promote(page: Page, version: ModelVersion) -> None:
    """Promote the version that the page of its run links to, against the gate, and compute what it says."""
    page.get_by_role("link", name=f"Look at {version.name}").click()
    page.locator("summary", has_text="Promote it all the same").click()
    page.get_by_label("Why it is to be promoted all the same").fill(REASON)
    page.get_by_role("button", name="Promote against the gate").press("Enter")
    expect(page.get_by_text(f"{version.name} is promoted. Its suggestions are being computed")).to_be_visible()
    do(Promotion.objects.get(version=version).job_id)
    expect(page.locator("#models-now .version-name")).to_have_text(version.name)


def send_suggested(deck: Page, seat: Assignment) -> None:
    """Send what is filled in on a seat that sees a suggestion, which is among the first of the deck, with the key that sends."""
    card = deck.locator(f'[data-assignment="{seat.public_id}"]')
    while shown(deck) != str(seat.public_id):
        press(deck, "a")
        expect_saved(deck)
    verdict = seat.suggestion.verdict
    expect(card.locator("button.is-suggested")).to_have_attribute("data-command", verdict)
    # A reject asks for its reason first.
    press(deck, *["Enter"] * (2 if verdict == "reject" else 1))
    expect(card).to_have_count(0)
    expect_saved(deck)
    answer = Answer.objects.get(assignment=seat)
    assert (answer.verdict, answer.exposure, answer.model_version) == (verdict, "prefilled", seat.suggestion.model_version)


def test_from_labels_to_a_version_to_suggestions_where_the_arm_allows_and_back(open_page):
    project = make_labelled_project(tasks=19, per_task=3, test_every=8, open_tasks=5, policy="measured", control_share=100)
    unseen = Task.objects.filter(project=project).latest("pk")
    Task.objects.filter(pk=unseen.pk).update(is_test_side=True)
    lead, people = make_lead(project), [make_person(project) for _ in range(2)]

    # Two people label, one of them in the browser: one decision more to learn from.
    labelling = open_label(open_page(people[0]), project)
    press(labelling, "a")
    expect_saved(labelling)
    labelling.goto("about:blank")
    labelled = Candidate.objects.get(assignments__person=people[0], assignments__status="submitted")
    answer_as(people[1], labelled, "accept")
    # The lead trains, promotes against the gate, and everybody is shown it from then on.
    page = open_page(lead)
    page.goto(go("models", project))
    page.get_by_role("link", name="Train the first model").click()
    page.get_by_text("More settings, mostly right as they are").click()
    page.get_by_label("Other settings").fill(QUICK)
    page.get_by_role("button", name="Start the run").press("Enter")
    promote(page, train(page, 1))
    assert Promotion.objects.get().kind == "overridden"
    assert Project.objects.get().model_version == "stats-1"

    # A control candidate, one that one of two is shown a suggestion about, and one of the test side.
    release_person(project, lead, people[0], "The label page is closed.")
    free = Candidate.objects.filter(project=project, state="open", bundle__task__is_test_side=False).select_related(
        "project", "bundle__task"
    )
    control, treated = free[:2]
    tested = Candidate.objects.filter(bundle__task=unseen, state="open").select_related("project", "bundle__task").earliest("pk")
    for candidate, share in ((control, 100), (treated, 0), (tested, 0)):
        change_settings(project, lead, {"control_share": share})
        candidate.refresh_from_db()
        for person in people:
            lease_for(person, candidate)
    assert Suggestion.objects.filter(candidate__in=[control, treated, tested], model_version="stats-1").count() == 3
    told = {}
    for person in people:
        deck = open_label(open_page(person), project)
        for held in Assignment.objects.filter(person=person, status="leased"):
            told.setdefault(held.candidate_id, []).append(deck.locator(f'[data-assignment="{held.public_id}"] .suggestion').count())
            assert (held.arm == "assisted") == bool(told[held.candidate_id][-1])
        is_told = deck.locator(".suggestion", has_text="stats-1 (image statistics)").count()
        assert is_told == ("stats-1" in deck.content())
        for seat in Assignment.objects.filter(person=person, candidate=treated, arm="assisted"):
            send_suggested(deck, seat)
        deck.goto("about:blank")
    assert Answer.objects.filter(assignment__candidate=treated).count() == 1
    assert {pk: sorted(found) for pk, found in told.items()} == {control.pk: [0, 0], treated.pk: [0, 1], tested.pk: [0, 0]}

    # Another version, which comes from the first, and back.
    page.get_by_role("link", name="Run 1", exact=True).click()
    page.get_by_role("button", name="Retrain with the same settings").press("Enter")
    promote(page, train(page, 2))
    page.get_by_role("button", name="Back to stats-1").press("Enter")
    expect(page.locator("#models-now .version-name")).to_have_text("stats-1")
    assert Project.objects.get().model_version == "stats-1"
    assert ModelVersion.objects.get(name="stats-2").parent.name == "stats-1"
    # Of what nobody has taken yet both have spoken; who takes it now is told what the former says.
    untaken = Candidate.objects.filter(project=project, state="open", bundle__task__is_test_side=False, assignments=None)
    fresh = untaken.select_related("project", "bundle__task").earliest("pk")
    assert {*fresh.suggestions.values_list("model_version", flat=True)} == {"stats-1", "stats-2"}
    people = [make_person(project) for _ in range(2)]
    [assisted] = [lease for lease in (lease_for(person, fresh) for person in people) if lease.arm == "assisted"]
    deck = open_label(open_page(assisted.person), project)
    expect(deck.locator("article.card:visible .suggestion")).to_contain_text("stats-1 (image statistics)")
    send_suggested(deck, assisted)
    assert "stats-2" not in deck.content()


def test_what_is_unfolded_stays_so_while_the_page_of_a_run_is_fetched_again(open_page):
    project = make_project()
    run = make_version_row(project).run
    TrainingRun.objects.filter(pk=run.pk).update(state="running", at_stage="concepts", step=48, steps=60)
    page = open_page(make_lead(project))
    page.goto(go("training_run", project, run.public_id))
    fold = page.locator("#table-concepts-loss")
    fold.locator("summary").press("Enter")

    TrainingRun.objects.filter(pk=run.pk).update(step=52)

    expect(page.get_by_text("52 / 60")).to_be_visible()
    expect(fold).to_have_attribute("open", "")
    expect(fold.locator("summary")).to_be_focused()


def test_without_javascript_a_run_is_started_looked_at_again_and_cancelled(open_page):
    project = make_labelled_project(tasks=9, per_task=3, test_every=9, open_tasks=0)
    page = open_page(make_lead(project), java_script_enabled=False)
    page.goto(go("models", project))
    page.get_by_role("link", name="Train the first model").click()

    page.get_by_role("button", name="Start the run").click()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Cancelled before it had learned anything", exact=False)).to_be_visible()
    TrainingRun.objects.update(state="failed", said="There is no candidate to learn from.")
    page.reload()
    expect(page.get_by_text("There is no candidate to learn from.")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_axe_finds_nothing_on_pages_in_other_states(open_page):
    # The pages of a project with models are looked at in test_every_page.
    empty, project = make_project(name="New posters"), make_project(name="Posters of May")
    lead = make_lead(project, username="lea")
    set_member(empty, lead, None, can_label=False, can_adjudicate=False, is_lead=True)
    running = make_run_row(project, lead, state="running", at_stage="features", step=300, steps=4000)
    failed = make_run_row(empty, lead, state="failed", said="There is no candidate to learn from.")
    passing = make_version_row(project, lead)
    pages = [
        ("nothing", go("models", empty)),
        ("run-running", go("training_run", project, running.public_id)),
        ("run-failed", go("training_run", empty, failed.public_id)),
        ("version-passes", go("model_version", project, passing.public_id)),
    ]
    found = []

    for screen, options in SCREENS.items():
        page = open_page(lead, **options)
        for name, url in pages:
            page.goto(url)
            page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")
            violations = [item["id"] for item in Axe().run(page).response["violations"]]
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [(name, screen, problem) for problem in (violations, too_wide, find_faults(page)) if problem]
            if FOLDER:
                page.screenshot(path=Path(FOLDER) / f"{name}-{screen}-light.png", full_page=True)

    assert found == []

"""Why a job failed and what it is at, in the language of whoever reads it; and reports by problem."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from labeling.jobs import kinds
from labeling.jobs.context import JobFailed
from labeling.jobs.reaper import reap_jobs
from labeling.jobs.run import run_here, run_job
from labeling.lead.report import group_problems
from labeling.models import Job, JobLine
from labeling.stored_texts import put_together
from tests.factories import make_lead, make_project
from tests.labeling.api.programs import Program
from tests.labeling.importing import run_import
from tests.labeling.material import make_zip
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


def in_chinese(text):
    return not text.isascii()


def test_a_failure_is_told_in_the_language_of_the_reader(tmp_path):
    project = make_project()
    lead = make_lead(project, language="zh-hans")
    (tmp_path / "x.zip").write_bytes(make_zip({"notes.txt": "hello"}).getvalue())

    job = run_here(project, "import_bench", {"source": {"path": str(tmp_path / "x.zip")}}, lead)

    with translation.override("en"):
        assert job.error_text == "No task can be read here; the lines of the report say why."
    with translation.override("zh-hans"):
        assert in_chinese(job.error_text)
    page = visit_as(lead).get(address("job", project, job.public_id))
    assert "No task can be read" not in read(page)
    reply = Program(lead, project).get("job", job.public_id, headers={"Accept-Language": "en"})
    assert reply.data["error"] == "No task can be read here; the lines of the report say why."


def test_the_place_and_the_values_of_a_failure_are_kept_beside_its_text(tmp_path):
    project = make_project()

    job = run_import(project, "labels", tmp_path / "away.jsonl")

    assert (job.error, job.error_params) == ("The file is not there.", {"where": "away.jsonl"})
    with translation.override("zh-hans"):
        assert job.error_text.startswith("away.jsonl: ")
        assert in_chinese(job.error_text)


def test_a_text_that_an_older_release_stored_whole_is_shown_as_it_is():
    old = "The server may not read this folder: /srv/100 % mine."
    job = Job.objects.create(project=make_project(), kind="import_bench", state="failed", error=old, message="acme/product-001")

    with translation.override("zh-hans"):
        assert (job.error_text, job.message_text) == (old, "acme/product-001")
    assert Job(kind="export").error_text == ""


def test_progress_is_told_in_the_language_of_the_reader(monkeypatch):
    project = make_project()
    seen = []

    def work(context):
        context.progress(1, 1, "source image of %(task)s", {"task": "product-001"})
        job = Job.objects.get(pk=context.job_id)
        for language in ("en", "zh-hans"):
            with translation.override(language):
                seen.append(job.message_text)

    monkeypatch.setitem(kinds.KINDS, "export", work)
    run_here(project, "export", {})

    assert seen == ["source image of product-001", "product-001 的原图"]


def test_a_failure_with_values_of_its_own_is_filled_when_it_is_read(monkeypatch):
    project = make_project()

    def work(context):
        raise JobFailed("The project has no event %(event)d.", {"event": 7})

    monkeypatch.setitem(kinds.KINDS, "export", work)
    job = run_here(project, "export", {})

    with translation.override("en"):
        assert job.error_text == "The project has no event 7."
    with translation.override("zh-hans"):
        assert in_chinese(job.error_text)
        assert "7" in job.error_text


def test_a_job_killed_after_its_end_tells_the_same_failure(tmp_path, monkeypatch):
    project = make_project()
    job = run_import(project, "labels", tmp_path / "away.jsonl")
    before = job.error_text

    Job.objects.filter(pk=job.pk).update(state="queued", fence=None, error="", error_params={})
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_text) == ("failed", before)


# The report by problem


@pytest.fixture
def reported():
    """A job of five lines with three problems, one of them under two outcomes, and its lead."""
    project = make_project()
    job = Job.objects.create(project=project, kind="import_candidates", state="done", attempt=1, done=5, total=5)
    rows = [
        ("warning", "extension_differs", {"format": "JPEG"}),
        ("rejected", "truncated", {}),
        *[("rejected", "unknown_task", {})] * 7,
        ("warning", "unknown_task", {}),
        ("created", "", {}),
    ]
    for number, (outcome, code, params) in enumerate(rows):
        JobLine.objects.create(job=job, key=str(number), outcome=outcome, code=code, params=params, record=f"acme/{number}", file="a.zip")
    return job, make_lead(project)


def test_problems_are_grouped_what_was_left_out_first(reported):
    job, _lead = reported

    groups = group_problems(job)

    assert [(group.outcome, group.code, group.count) for group in groups] == [
        ("rejected", "unknown_task", 7),
        ("rejected", "truncated", 1),
        ("warning", "extension_differs", 1),
        ("warning", "unknown_task", 1),
    ]
    assert [line.record for line in groups[0].examples] == [f"acme/{number}" for number in range(2, 7)]
    assert groups[2].sentence == "The file is … in truth."


def test_the_page_groups_problems_and_each_can_be_listed_and_kept(reported):
    job, lead = reported
    client = visit_as(lead)

    page = client.get(address("job", job.project, job.public_id))
    filtered = client.get(address("job", job.project, job.public_id, outcome="rejected", code="unknown_task"))
    table = client.get(address("report_csv", job.project, job.public_id, outcome="rejected", code="unknown_task"))
    lines = list(csv.reader(io.StringIO(b"".join(table.streaming_content).decode("utf-8-sig"))))

    assert "Problems, each once" in read(page)
    assert "?outcome=rejected&amp;code=unknown_task" in page.content.decode()
    assert "Problems, each once" not in read(filtered)
    assert len(lines) == 8
    assert {line[1] for line in lines[1:]} == {"unknown_task"}


def test_a_report_without_problems_has_no_table_of_them(reported):
    job, lead = reported
    job.lines.exclude(code="").delete()

    assert "Problems, each once" not in read(visit_as(lead).get(address("job", job.project, job.public_id)))


def test_the_end_of_a_lost_job_is_told_in_the_language_of_the_reader():
    job = Job.objects.create(project=make_project(), kind="export")
    running = {"state": "running", "fence": uuid.uuid4(), "heartbeat_at": timezone.now() - timedelta(days=1)}
    Job.objects.filter(pk=job.pk).update(**running, attempt=3)

    reap_jobs()

    job.refresh_from_db()
    with translation.override("zh-hans"):
        assert in_chinese(job.error_text)
        assert "3" in job.error_text


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "values", "shown"),
    [
        ("bundle %(name)s", {"old": "x"}, "bundle ?"),
        ("up to event %(event)d", {"old": 1}, "up to event ?"),
        ("up to event %(event)d", {"event": "seven"}, "up to event seven"),
        ("page %(page)d of %(pages)d", {"page": 3}, "page 3 of ?"),
        # No text of ours: shown as it is rather than not at all.
        ("100 % of %(name)s", {"name": "x"}, "100 % of %(name)s"),
    ],
)
def test_what_a_later_wording_asks_for_is_a_question_mark_whatever_its_kind(text, values, shown):
    assert put_together(text, {"values": values}) == shown

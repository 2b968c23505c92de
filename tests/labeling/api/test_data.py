"""Imports, jobs and exports by program."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.jobs.run import run_job
from labeling.models import Export, Job
from tests.factories import make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.exporting import make_queued

pytestmark = pytest.mark.django_db
LABELS = b'{"model": "unknown", "task_id": "sample-digital-001", "category": "C-Product", "annotations": {}}\n'


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """Which jobs workers were told of; nobody answers."""
    jobs = []
    monkeypatch.setattr("labeling.jobs.queue.ring", jobs.append)
    return jobs


@pytest.fixture
def project():
    project = make_project(slug="posters")
    for _ in range(3):
        make_queued(project)
    return project


def run(reply):
    """Do the job that a reply speaks of, as a worker would."""
    run_job(Job.objects.get(public_id=reply.data["id"]).pk)


def test_an_upload_is_imported_and_its_report_read_line_by_line(program):
    started = program.upload("imports", what="labels", dry_run="true", upload=SimpleUploadedFile("labels.jsonl", LABELS * 3))
    run(started)

    job = program.get("job", started.data["id"]).data
    lines = program.get("job_lines", started.data["id"], limit=2).data
    rest = program.follow(lines["next"]).data
    filtered = program.get("job_lines", started.data["id"], text="nothing has this").data

    assert (started.status_code, started.data["state"], started.data["dry_run"], started.data["created_by"]) == (202, "queued", True, "lea")
    # A file without one label fails as a whole, and says so beside its lines.
    assert (job["state"], bool(job["error"]), job["counts"]) == ("failed", True, {"rejected": 3})
    assert [row["outcome"] for row in lines["results"] + rest["results"]] == ["rejected"] * 3
    assert all(row["reason"] for row in lines["results"])
    assert filtered["results"] == []
    assert [row["id"] for row in program.get("imports").data["results"]] == [started.data["id"]]


def test_a_folder_of_the_server_is_imported_only_where_that_is_allowed(program, settings, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "labels.jsonl").write_bytes(LABELS)
    (tmp_path / "out.jsonl").write_bytes(LABELS)
    settings.IMPORT_ROOTS = [tmp_path / "in"]

    started = program.post("imports", what="labels", folder=str(tmp_path / "in" / "labels.jsonl"), dry_run=True)
    outside = program.post("imports", what="labels", folder=str(tmp_path / "out.jsonl"))
    folders = program.get("folders").data["folders"]

    assert (started.status_code, started.data["kind"]) == (202, "import_labels")
    assert (outside.status_code, list(outside.data["fields"])) == (422, ["folder"])
    assert folders == [str(tmp_path / "in"), str(tmp_path / "in" / "labels.jsonl")]


def test_a_file_of_another_type_and_no_file_at_all_are_refused(program):
    wrong = program.upload("imports", what="bench", upload=SimpleUploadedFile("labels.jsonl", LABELS))
    none = program.upload("imports", what="bench")

    assert (wrong.status_code, list(wrong.data["fields"])) == (422, ["upload"])
    assert none.status_code == 422
    assert not Job.objects.exists()


def test_a_job_that_waits_is_cancelled(program):
    started = program.post("exports", format="full")

    cancelled = program.post("cancel_job", started.data["id"]).data

    assert (cancelled["state"], cancelled["cancel_requested"]) == ("cancelled", True)
    assert [row["state"] for row in program.get("jobs", state="cancelled").data["results"]] == ["cancelled"]
    assert program.get("jobs", state="done").data["results"] == []


def test_an_export_is_started_found_and_downloaded_whole_and_in_part(program):
    started = program.post("exports", format="full")
    run(started)

    made = program.get("job", started.data["id"]).data["export"]
    about = program.get("export", made).data
    whole = program.get("export_data", made)
    part = program.get("export_data", made, headers={"Range": "bytes=10-19"})
    beyond = program.get("export_data", made, headers={"Range": "bytes=9999999-"})
    manifest = json.loads(b"".join(program.get("manifest", made).streaming_content))

    data = b"".join(whole.streaming_content)
    assert started.status_code == 202
    assert (about["rows"], about["bytes"], about["format"]) == (3, len(data), "full")
    assert whole.headers["ETag"] == f'"{about["sha256"]}"'
    assert (part.status_code, b"".join(part.streaming_content)) == (206, data[10:20])
    assert beyond.status_code == 416
    assert manifest["sha256"] == about["sha256"]
    assert [row["id"] for row in program.get("exports").data["results"]] == [made]


def test_a_job_tells_no_folder_of_the_server(program):
    started = program.post("exports", format="full")
    run(started)

    told = program.get("job", started.data["id"]).content.decode() + program.get("exports").content.decode()

    folder = Job.objects.get().result["folder"]
    assert folder
    assert folder not in told


def test_what_is_of_another_project_is_not_there(program):
    started = program.post("exports", format="full")
    run(started)
    other = make_project()
    stranger = Program(make_lead(other), other)

    statuses = [stranger.get(name, started.data["id"]).status_code for name in ("job", "job_lines")]
    statuses += [stranger.get(name, Export.objects.get().public_id).status_code for name in ("export", "manifest", "export_data")]

    assert statuses == [404] * 5


def test_a_file_that_is_gone_is_not_found(program, project):
    started = program.post("exports", format="full")
    run(started)
    made = Export.objects.get()
    Path(made.job.result["folder"], "full.jsonl").unlink()

    reply = program.get("export_data", made.public_id)

    assert (reply.status_code, reply.data["code"]) == (404, "not_found")
    assert Program(make_person(project), project).get("export", made.public_id).status_code == 404

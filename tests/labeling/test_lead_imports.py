"""Imports started in the browser, their progress, and their reports."""

import csv
import io
import json
import re
import uuid

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from labeling.forms.imports import find_allowed
from labeling.jobs.run import run_job
from labeling.models import Candidate, Decision, Job, JobLine, Task
from tests.factories import make_lead, make_project
from tests.labeling.material import make_folder, make_picture, make_record, make_zip
from tests.labeling.visiting import HTMX, address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """What a test uploads goes with it."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path / "media"}}
    }


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Nobody answers the doorbell: a test runs the job itself."""
    monkeypatch.setattr("labeling.jobs.queue.ring", lambda _job_id: None)


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def client(project):
    return visit_as(make_lead(project))


def bench_files(*records):
    """The files of a benchmark of Product tasks."""
    empty = {f"C-{name}/{name}.json": "[]" for name in ("Portrait", "Digital")}
    return empty | {"C-Product/Product.json": json.dumps(records)}


def start(client, project, **sent):
    """Start an import in the browser; returns the response and the job it made, None where it made none."""
    response = client.post(address("imports", project), sent)
    return response, Job.objects.filter(project=project).order_by("-pk").first()


def make_job(project, **values):
    return Job.objects.create(**{"project": project, "kind": "import_bench", "state": "done", "attempt": 1, "done": 3, "total": 3} | values)


def make_lines(job, *rows):
    for number, row in enumerate(rows):
        JobLine.objects.create(job=job, key=str(number), **row)


def test_tasks_candidates_and_labels_are_imported_from_uploads(client, project):
    bench = make_zip(bench_files(make_record(), make_record("product-002", quantity=2))).getvalue()
    candidates = make_zip({f"ink/product-002/{k}.png": make_picture(color=k * 90) for k in (1, 2)}).getvalue()
    label = {"model": "ink", "task_id": "product-002", "category": "C-Product", "annotations": {"subtask_1": True, "subtask_2": False}}

    for what, name, data in (
        ("bench", "bench.zip", bench),
        ("candidates", "ink.zip", candidates),
        ("labels", "l.jsonl", json.dumps(label).encode()),
    ):
        response, job = start(client, project, what=what, upload=SimpleUploadedFile(name, data))
        assert response["Location"] == address("job", project, job.public_id)
        run_job(job.pk)
        job.refresh_from_db()
        assert (job.state, job.error, job.params["source"]["name"]) == ("done", "", name)

    assert Task.objects.filter(project=project).count() == 2
    assert Candidate.objects.filter(project=project, image__isnull=False).count() == 2
    verdicts = Decision.objects.current().filter(candidate__project=project).order_by("candidate__deliverable__number")
    assert list(verdicts.values_list("verdict", "how")) == [("accept", "imported"), ("reject", "imported")]


def test_an_upload_lies_in_the_private_storage_under_a_name_of_our_own(client, project):
    _response, job = start(client, project, what="bench", upload=SimpleUploadedFile("../../etc/passwd.zip", b"PK"))

    stored = job.params["source"]["upload"]
    assert stored.startswith("uploads/")
    assert "passwd" not in stored
    with default_storage.open(stored) as kept:
        assert kept.read() == b"PK"


def test_a_dry_run_writes_nothing_and_says_so(client, project):
    bench = make_zip(bench_files(make_record())).getvalue()

    _response, job = start(client, project, what="bench", upload=SimpleUploadedFile("b.zip", bench), dry_run="on")
    run_job(job.pk)

    assert not Task.objects.filter(project=project).exists()
    text = read(client.get(address("job", project, job.public_id)))
    assert "This was a dry run: nothing was written." in text
    assert "created 1" in text


def test_a_folder_below_an_allowed_root_is_imported(client, project, settings, tmp_path):
    make_folder(tmp_path / "in" / "bench", bench_files(make_record()))
    settings.IMPORT_ROOTS = [tmp_path / "in"]

    assert str(tmp_path / "in" / "bench") in client.get(address("imports", project)).content.decode()
    _response, job = start(client, project, what="bench", folder="bench")
    run_job(job.pk)

    assert job.params["source"]["folder"] == str((tmp_path / "in" / "bench").resolve())
    assert Task.objects.get(project=project).external_id == "product-001"


def test_the_field_offers_the_folders_and_files_there_are_without_any_script(client, project, settings, tmp_path):
    make_folder(tmp_path / "in" / "bench", bench_files(make_record()))
    (tmp_path / "in" / "labels.jsonl").write_text("")
    (tmp_path / "in" / ".hidden").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("")
    settings.IMPORT_ROOTS = [tmp_path / "in"]

    page = client.get(address("imports", project)).content.decode()

    [names] = re.findall(r'<input type="text" name="folder"[^>]* list="([a-z-]+)"', page)
    [options] = re.findall(f'<datalist id="{names}">(.*?)</datalist>', page)
    root = str(tmp_path / "in")
    assert re.findall(r'value="([^"]+)"', options) == [root, f"{root}/bench", f"{root}/labels.jsonl"]
    assert "The field offers the folders there are" in page


@pytest.mark.parametrize("path", ["/etc", "../outside", "link", "nothing-here", "a\0b"])
def test_a_folder_outside_the_allowed_roots_is_refused(client, project, settings, tmp_path, path):
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    settings.IMPORT_ROOTS = [tmp_path / "in"]

    response, job = start(client, project, what="bench", folder=path)

    assert response.status_code == 422
    assert job is None


def test_without_allowed_roots_there_is_no_field_for_a_folder(client, project, settings):
    settings.IMPORT_ROOTS = []

    response, job = start(client, project, what="bench", folder="/etc")

    assert response.status_code == 422
    assert "Choose a file." in read(response)
    assert job is None


def test_where_folders_are_allowed_whoever_chose_nothing_is_told_of_both(client, project, settings, tmp_path):
    settings.IMPORT_ROOTS = [tmp_path]

    response, job = start(client, project, what="bench")

    assert response.status_code == 422
    assert "Choose a file or name a folder." in read(response)
    assert job is None


def test_a_root_that_is_a_link_itself_is_allowed(tmp_path):
    (tmp_path / "disk" / "bench").mkdir(parents=True)
    (tmp_path / "root").symlink_to(tmp_path / "disk")

    assert find_allowed("bench", [tmp_path / "root"]) == (tmp_path / "disk" / "bench").resolve()


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"what": "bench"}, "Choose a file."),
        ({"what": "labels", "upload": "x.zip"}, "A file of type .json, .jsonl is wanted."),
        ({"what": "bench", "upload": "x.exe"}, "A file of type .zip is wanted."),
        ({"what": "everything", "upload": "x.zip"}, "Select a valid choice."),
    ],
)
def test_a_form_that_says_no_import_starts_none(client, project, sent, message):
    if "upload" in sent:
        sent = sent | {"upload": SimpleUploadedFile(sent["upload"], b"PK")}

    response, job = start(client, project, **sent)

    assert response.status_code == 422
    assert message in read(response)
    assert job is None


def test_an_import_that_cannot_be_read_says_why(client, project):
    _response, job = start(client, project, what="bench", upload=SimpleUploadedFile("b.zip", b"not a zip"))
    run_job(job.pk)

    text = read(client.get(address("job", project, job.public_id)))

    assert "failed" in text
    assert "This is not a zip archive that can be read." in text


def test_a_running_job_is_asked_for_again_and_a_finished_one_no_more(client, project):
    job = make_job(project, state="running", done=1, fence=uuid.uuid4(), heartbeat_at=timezone.now(), message="ink/product-001")
    url = address("job_status", project, job.public_id)
    page = client.get(address("job", project, job.public_id)).content.decode()
    version = page.split("?seen=")[1].split('"')[0]

    unchanged = client.get(url, {"seen": version}, **HTMX)
    Job.objects.filter(pk=job.pk).update(done=2)
    changed = client.get(url, {"seen": version}, **HTMX)
    Job.objects.filter(pk=job.pk).update(state="done", done=3, fence=None)
    ended = client.get(url, {"seen": version}, **HTMX)

    assert 'hx-trigger="every 2s"' in page
    assert "ink/product-001" in page
    assert unchanged.status_code == 204
    assert changed.status_code == 200
    assert "2 / 3" in read(changed)
    # 286 is htmx's own: swap this in and stop asking.
    assert ended.status_code == 286
    assert "hx-trigger" not in ended.content.decode()


def test_a_finished_import_leads_to_what_comes_next(client, project):
    targets = {"imports": "Import the candidates", "candidates": "Candidates"}
    for kind, target in (("import_bench", "imports"), ("import_candidates", "candidates"), ("import_labels", "candidates")):
        job = make_job(project, kind=kind, state="done")

        page = client.get(address("job", project, job.public_id)).content.decode()

        state = page.partition('id="job-state"')[2].partition("</section>")[0]
        assert f'<a href="{address(target, project)}">{targets[target]}</a>' in state
        assert f'<a href="{address("project", project)}">Overview</a>' in state


def test_a_job_is_cancelled_before_it_starts_and_asked_to_stop_while_it_runs(client, project):
    waiting = make_job(project, state="queued")
    running = make_job(project, state="running", fence=uuid.uuid4(), heartbeat_at=timezone.now())
    ended = make_job(project)

    answers = [told(client.post(address("cancel_job", project, job.public_id)))[-1] for job in (waiting, running, ended)]

    for job in (waiting, running, ended):
        job.refresh_from_db()
    assert [(job.state, job.cancel_requested) for job in (waiting, running, ended)] == [
        ("cancelled", True),
        ("running", True),
        ("done", False),
    ]
    assert answers[2] == "This job has ended already."
    assert "Asked to stop" in read(client.get(address("job", project, running.public_id)))


def test_the_report_is_counted_and_filtered(client, project):
    job = make_job(project)
    make_lines(
        job,
        {"outcome": "created", "record": "product-001"},
        {"outcome": "warning", "record": "product-002", "code": "corrupt_key", "params": {"key": "point_x"}, "file": "P.json", "line": 7},
        {"outcome": "rejected", "record": "product-003", "code": "truncated"},
    )
    url = address("job", project, job.public_id)

    everything, rejected, damaged, found = (
        read(client.get(url, query)) for query in ({}, {"outcome": "rejected"}, {"code": "corrupt_key"}, {"text": "too early"})
    )

    assert "created 1 rejected 1 warning 1" in everything
    assert "P.json:7" in everything
    assert [record in rejected for record in ("product-001", "product-002", "product-003")] == [False, False, True]
    assert [record in damaged for record in ("product-001", "product-002", "product-003")] == [False, True, False]
    assert [record in found for record in ("product-001", "product-002", "product-003")] == [False, False, True]


def test_a_line_written_before_its_sentence_was_reworded_can_still_be_read(client, project):
    job = make_job(project)
    make_lines(job, {"outcome": "warning", "code": "corrupt_key", "params": {}}, {"outcome": "warning", "code": "gone_since"})

    text = read(client.get(address("job", project, job.public_id)))

    assert "The damaged key ? is read as the text of the point." in text
    assert "gone_since" in text


def test_a_long_report_comes_in_pages_that_keep_the_filter(client, project):
    job = make_job(project)
    JobLine.objects.bulk_create(JobLine(job=job, key=str(number), outcome="created", record=f"r{number:03}") for number in range(150))

    page = client.get(address("job", project, job.public_id), {"outcome": "created"})

    assert "Page 1 of 2, 150 in all" in read(page)
    assert "?outcome=created&amp;page=2" in page.content.decode()


def test_the_report_as_csv_is_no_formula_in_any_cell(client, project):
    job = make_job(project)
    records = ("=1+1", "+1", "-1", "@x", "\tx", "plain")
    make_lines(job, *({"outcome": "rejected", "record": record, "code": "bad_price", "params": {"found": 'a, "b"'}} for record in records))

    response = client.get(address("report_csv", project, job.public_id))

    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row["record"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain"]
    assert rows[0]["reason"] == 'Not a price in US dollars: a, "b".'
    assert f'filename="{project.slug}-import_bench-{job.pk}.csv"' in response["Content-Disposition"]


def test_the_report_as_json_holds_the_counts_and_the_lines_of_the_filter(client, project):
    job = make_job(project, params={"dry_run": True})
    make_lines(job, {"outcome": "created", "record": "=1"}, {"outcome": "warning", "record": "任务", "line": 3})

    response = client.get(address("report_json", project, job.public_id), {"outcome": "warning"})

    report = json.loads(b"".join(response.streaming_content))
    assert (report["kind"], report["dry_run"], report["counts"]) == ("import_bench", True, {"created": 1, "warning": 1})
    assert [(line["record"], line["line"]) for line in report["lines"]] == [("任务", 3)]


def test_the_list_of_jobs_shows_who_started_each_and_how_it_ended(client, project):
    make_job(project, state="failed", error="The disk is full.", created_by=make_lead(project, username="kim"))
    make_job(project, kind="import_labels", params={"dry_run": True, "source": {"name": "labels.jsonl"}})

    text = read(client.get(address("jobs", project)))

    assert "Import of labels dry run labels.jsonl done" in text
    assert "Import of tasks failed The disk is full." in text
    assert "kim" in text


def test_a_job_of_another_project_does_not_exist_here(client, project):
    job = make_job(make_project())

    for name in ("job", "job_status", "report_csv", "report_json"):
        assert client.get(address(name, project, job.public_id)).status_code == 404
    assert client.post(address("cancel_job", project, job.public_id)).status_code == 404

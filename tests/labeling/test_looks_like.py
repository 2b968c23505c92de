"""A file that was given for something else is named, with where it belongs, and nothing is imported."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from labeling.models import Candidate, Task
from tests.factories import make_lead, make_project
from tests.labeling.exporting import export, make_queued, make_team
from tests.labeling.importing import label_line, make_candidates, make_labels, make_small_bench, run_import
from tests.labeling.material import make_picture, make_zip
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


def zip_of(folder, path):
    """The files below `folder` as a zip at `path`."""
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    path.write_bytes(make_zip(files).getvalue())
    return path


def refusal(job):
    """How a job ended, the message a reader of English is shown, and how many lines it reported."""
    with translation.override("en"):
        return job.state, job.error_text.partition(":")[2].strip() or job.error_text, job.lines.count()


def test_candidates_given_for_tasks_are_named(tmp_path):
    project = make_project()
    make_small_bench(tmp_path / "bench")
    run_import(project, "bench", tmp_path / "bench")
    packed = zip_of(make_candidates(tmp_path / "c", "acme/product-001"), tmp_path / "c.zip")

    job = run_import(project, "bench", packed)

    assert refusal(job)[::2] == ("failed", 0)
    assert "These are candidates" in job.error_text
    assert "“Candidates” chosen" in job.error_text
    assert Task.objects.filter(project=project).count() == 3


@pytest.mark.parametrize("with_tasks", [False, True])
def test_tasks_given_for_candidates_are_named(tmp_path, with_tasks):
    project = make_project()
    bench = make_small_bench(tmp_path / "bench", reference=make_picture())
    if with_tasks:
        run_import(project, "bench", bench)

    job = run_import(project, "candidates", zip_of(bench, tmp_path / "b.zip"))

    assert refusal(job)[::2] == ("failed", 0)
    assert "These are tasks" in job.error_text
    assert not Candidate.objects.filter(project=project).exists()


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"candidate": "x", "assignments": [], "decision": None}, "an export in the format “full”"),
        ({"file_name": "images/1.jpg", "candidate": "x", "decision": "accept"}, "an export in the format “dataset”"),
        ([{"data": {"image": "1.jpg"}, "annotations": []}], "an export in the format “label-studio”"),
        ({"model": "acme", "task_id": "product-001", "deliverable": 1, "image": "1.png"}, "a list of candidates"),
        ([{"task_id": "product-001", "original_task_data": {}}], "These are tasks"),
    ],
)
def test_what_is_no_label_file_is_named(tmp_path, record, said):
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(record, indent=1 if isinstance(record, list) else None) + "\n")

    job = run_import(make_project(), "labels", path)

    assert refusal(job)[::2] == ("failed", 0)
    assert said in job.error_text
    assert job.error_text.startswith("labels.jsonl: ")


def test_a_full_export_of_this_site_given_for_labels_is_named(tmp_path):
    project = make_project()
    make_team(project)
    make_queued(project)
    path = tmp_path / "full.jsonl"
    path.write_bytes(export(project, "full", tmp_path / "out")[0])

    job = run_import(project, "labels", path)

    assert "an export in the format “full”" in job.error_text


def test_a_zip_given_for_labels_and_labels_given_in_a_zip_are_named(tmp_path):
    project = make_project()
    (tmp_path / "l").mkdir()
    make_labels(tmp_path / "l" / "labels.jsonl", label_line(subtask_1=True))
    packed = zip_of(tmp_path / "l", tmp_path / "l.zip")

    jobs = [run_import(project, what, packed) for what in ("labels", "bench", "candidates")]

    assert ["This is a zip archive" in jobs[0].error_text, *("These are labels" in job.error_text for job in jobs[1:])] == [True] * 3


def test_what_looks_like_nothing_known_is_refused_as_before(tmp_path):
    packed = tmp_path / "x.zip"
    packed.write_bytes(make_zip({"notes.txt": "hello"}).getvalue())

    assert "No task can be read here" in run_import(make_project(), "bench", packed).error_text
    assert "No candidate can be read here" in run_import(make_project(), "candidates", packed).error_text


@pytest.mark.parametrize(
    ("what", "name", "said"),
    [
        ("labels", "candidates.zip", "A zip archive holds tasks or candidates"),
        ("bench", "labels.jsonl", "holds labels or suggestions: choose one of these above"),
        ("candidates", "notes.txt", "A file of type .zip is wanted."),
    ],
)
def test_the_form_says_at_once_what_a_file_of_another_type_may_be(what, name, said):
    project = make_project()

    page = visit_as(make_lead(project)).post(address("imports", project), {"what": what, "upload": SimpleUploadedFile(name, b"x")})

    assert page.status_code == 422
    assert said in read(page)

"""Importing ServImageBench through the real command: exact rows, again without a change, and changes that wait for the lead."""

import json
import threading
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from PIL import Image as Pillow

from labeling.images import check_image
from labeling.models import Asset, Candidate, Deliverable, EvaluationPoint, Event, Image, ImportConflict, JobLine, Task, TaskVersion
from labeling.protocol.conflicts import accept_conflict
from tests.factories import answer_as, final_decision, lease_for, make_bundle, make_lead, make_person, make_project
from tests.labeling.importing import (
    count_codes,
    counts,
    dump_tables,
    list_stored,
    make_small_bench,
    problems,
    refusals,
    run_command,
    run_import,
)
from tests.labeling.material import make_bench, make_folder, make_picture, make_record
from tests.shared import BENCH, needs_bench

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """A project with enough people for new rounds, into which the small benchmark is imported."""
    project = make_project()
    for _ in range(3):
        make_person(project)
    return project


@pytest.fixture
def bench(project, tmp_path):
    """The folder of the small benchmark, imported into `project`."""
    folder = make_small_bench(tmp_path / "bench")
    assert counts(run_import(project, "bench", folder)) == {"created": 3}
    return folder


def find_task(project, task_id="product-001"):
    return Task.objects.get(project=project, external_id=task_id)


@needs_bench
def test_the_published_tasks_are_imported_exactly_and_again_without_a_change(project, monkeypatch):
    # Rendering takes most of the time and is not what is counted here.
    def check_only(data, sizes):
        return check_image(data), dict.fromkeys(sizes, (b"rendered", "image/jpeg"))

    monkeypatch.setattr("labeling.image_store.check_and_render", check_only)

    status, output, message = run_command("bench", BENCH, project)

    assert (status, message) == (0, "")
    assert output.startswith("done: 1070 created, 0 updated, 0 unchanged, 0 rejected, 0 conflict,")
    # Table 1 of the paper, and section 2.5 of the specification.
    tasks = Task.objects.filter(project=project)
    assert Counter(tasks.values_list("category", flat=True)) == {"Portrait": 271, "Product": 450, "Digital": 349}
    wanted = Counter(Deliverable.objects.filter(task__project=project).values_list("task__category", flat=True))
    assert wanted == {"Portrait": 288, "Product": 839, "Digital": 919}
    assert dict(tasks.values_list("category").annotate(sum=Sum("quantity"))) == wanted
    assert EvaluationPoint.objects.filter(task__project=project).exclude(text="").count() == 7416
    budgets = dict(tasks.values_list("category").annotate(sum=Sum("price_usd")))
    assert budgets == {"Portrait": Decimal("15285.91"), "Product": Decimal("146993.84"), "Digital": Decimal("132758.33")}
    assert sum(budgets.values()) == Decimal("295038.08")
    assert tasks.filter(is_editing=True, source_missing=True).count() == 271
    # Every file of the copy at hand is a picture of a task, once however often its content occurs.
    files = [path for path in BENCH.rglob("*") if path.suffix in (".jpg", ".jpeg", ".png")]
    assert Asset.objects.filter(task__project=project, image__isnull=False).count() == len(files)
    assert Image.objects.count() == len({path.read_bytes() for path in files})
    before = dump_tables()

    status, output, _message = run_command("bench", BENCH, project)

    assert (status, output.partition(", 685 warning")[0]) == (0, "done: 0 created, 0 updated, 1070 unchanged, 0 rejected, 0 conflict")
    assert dump_tables() == before
    assert TaskVersion.objects.filter(task__project=project).count() == 1070


@needs_bench
def test_a_true_format_other_than_the_extension_says_is_a_warning(project, tmp_path):
    names = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}
    pictures = [path for path in BENCH.rglob("*") if path.suffix in (".jpg", ".jpeg", ".png")]
    wrong = [path for path in pictures if path.suffix not in names[Pillow.open(path).format]][:3]
    files = {f"C-Product/refs/task_001/{number}{path.suffix}": path.read_bytes() for number, path in enumerate(wrong, start=1)}
    make_bench(tmp_path, {"Product": [make_record("product-001")]}, files)

    job = run_import(project, "bench", tmp_path)

    warned = job.lines.filter(code="extension_differs")
    assert {(line.file, line.record, line.reason) for line in warned} == {
        (file, "product-001", f"The file is {Pillow.open(path).format} in truth.") for file, path in zip(files, wrong, strict=True)
    }
    assert len(files) == 3
    assert Asset.objects.filter(image__isnull=False).count() == 3


def test_a_dry_run_says_what_would_happen_and_writes_nothing(project, bench, tmp_path):
    answered = make_bundle(find_task(project, "digital-001")).candidates.first()
    answer_as(make_person(project), answered, "accept")
    records = {
        "Product": [make_record("product-001", price=50, quantity=2), make_record("product-002")],
        "Digital": [make_record("digital-001", price=7, quantity=3)],
    }
    files = {"C-Product/refs/task_001/1.png": make_picture(color=(9, 9, 9)), "C-Product/refs/task_002/1.png": b"no picture"}
    changed = tmp_path / "changed"
    make_bench(changed, records, files)
    before, stored = dump_tables(), list_stored()

    job = run_import(project, "bench", changed, dry_run=True)

    assert counts(job) == {"created": 1, "updated": 1, "conflict": 1, "rejected": 1}
    assert job.result["dry_run"] is True
    assert dump_tables() == before
    assert list_stored() == stored
    assert counts(run_import(project, "bench", changed)) == counts(job)


def test_importing_again_from_another_place_or_a_zip_changes_nothing(project, bench, tmp_path):
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in bench.rglob("*"):
            archive.write(path, f"download/ServImage_Bench/{path.relative_to(bench)}")
    before = dump_tables()

    job = run_import(project, "bench", packed)

    assert counts(job) == {"unchanged": 3}
    assert dump_tables() == before


def test_a_copy_that_lacks_an_image_does_not_take_it_away(project, bench, tmp_path):
    (bench / "C-Product/refs/task_001/1.png").unlink()
    before = dump_tables()

    job = run_import(project, "bench", bench)

    assert counts(job) == {"unchanged": 3}
    assert dump_tables() == before


def test_an_image_that_comes_later_is_added(project, tmp_path):
    folder = make_bench(tmp_path / "bench", {"Portrait": [make_record("portrait-001")]}).root
    run_import(project, "bench", folder)
    assert find_task(project, "portrait-001").source_missing
    make_folder(folder, {"C-Portrait/inputs/task_1/1.png": make_picture(), "C-Portrait/refs/task_1/1.png": make_picture(color=(1, 2, 3))})

    job = run_import(project, "bench", folder)

    task = find_task(project, "portrait-001")
    assert counts(job) == {"updated": 1}
    assert (task.version, task.is_editing, task.source_missing) == (2, True, False)
    assert [(asset.role, asset.number, asset.image is not None) for asset in task.assets.all()] == [
        ("reference", 1, True),
        ("source", 1, True),
    ]


def test_a_source_image_that_cannot_be_used_leaves_the_task_without_its_source(project, tmp_path):
    make_bench(tmp_path, {"Portrait": [make_record("portrait-001")]}, {"C-Portrait/inputs/task_1/1.png": make_picture()[:40]})

    job = run_import(project, "bench", tmp_path)

    task = find_task(project, "portrait-001")
    assert (task.is_editing, task.source_missing) == (True, True)
    assert ("truncated", "C-Portrait/inputs/task_1/1.png") in refusals(job)


CHANGES = {
    "brief": {"brief": "Etwas anderes"},
    "price_usd": {"price": 250},
    "quantity": {"quantity": 4},
    "references": {"reference": make_picture(color=(200, 0, 0))},
}


@pytest.mark.parametrize("part", CHANGES)
def test_a_change_of_a_task_nobody_works_on_is_its_next_version(project, bench, tmp_path, part):
    make_bundle(find_task(project))

    job = run_import(project, "bench", make_small_bench(tmp_path / "changed", **CHANGES[part]))

    task = find_task(project)
    assert counts(job) == {"updated": 1, "unchanged": 2}
    assert part in job.lines.get(outcome="updated").field
    assert task.version == 2
    old, new = task.versions.order_by("number")
    assert [name for name in new.document if new.document[name] != old.document[name]] == job.lines.get(outcome="updated").field.split(", ")
    assert new.event.kind == Event.Kind.TASK_CHANGED
    assert not ImportConflict.objects.exists()


@pytest.mark.parametrize("work", ["leased", "answered", "decided"])
@pytest.mark.parametrize("part", CHANGES)
def test_a_change_of_a_task_people_work_on_is_a_conflict_and_nothing_changes(project, bench, tmp_path, part, work):
    candidate = make_bundle(find_task(project)).candidates.first()
    if work == "leased":
        lease_for(make_person(project), candidate)
    for _ in range({"leased": 0, "answered": 1, "decided": 2}[work]):
        answer_as(make_person(project), candidate, "accept")
    changed = make_small_bench(tmp_path / "changed", **CHANGES[part])
    before = dump_tables()

    job = run_import(project, "bench", changed)

    after = dump_tables()
    # A new reference is stored so that the lead can see it; a row of it changes nothing for anybody.
    assert {table for table in before if before[table] != after[table]} - {"labeling_image"} == {"labeling_importconflict"}
    assert counts(job) == {"conflict": 1, "unchanged": 2}
    assert problems(job)[0] == ("conflict", "task_in_use", "product-001")
    conflict = ImportConflict.objects.get()
    assert (conflict.task.external_id, conflict.field, conflict.state, conflict.job) == ("product-001", "content", "open", job)
    assert conflict.new[part] != conflict.old[part]


def test_the_same_conflict_is_put_before_the_lead_once_and_the_newest_content_counts(project, bench, tmp_path):
    answer_as(make_person(project), make_bundle(find_task(project)).candidates.first(), "accept")
    run_import(project, "bench", make_small_bench(tmp_path / "first", brief="First"))

    run_import(project, "bench", make_small_bench(tmp_path / "second", brief="Second"))

    assert ImportConflict.objects.get().new["brief"] == "Second"


def test_an_accepted_change_is_no_change_when_it_is_imported_again(project, bench, tmp_path):
    candidate = make_bundle(find_task(project)).candidates.first()
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    changed = make_small_bench(tmp_path / "changed", brief="New", reference=make_picture(color=(200, 0, 0)))
    run_import(project, "bench", changed)

    rounds = accept_conflict(project, ImportConflict.objects.get().pk, make_lead(project))

    assert (rounds, final_decision(candidate)) == (1, None)
    assert (find_task(project).version, find_task(project).brief) == (2, "New")
    assert counts(run_import(project, "bench", changed)) == {"unchanged": 3}


def test_a_smaller_quantity_withdraws_the_candidates_of_what_is_no_longer_asked_for(project, bench, tmp_path):
    first, second = make_bundle(find_task(project)).candidates.order_by("sort")

    job = run_import(project, "bench", make_small_bench(tmp_path / "changed", quantity=1))

    first.refresh_from_db()
    second.refresh_from_db()
    assert counts(job) == {"updated": 1, "unchanged": 2}
    assert (first.state, second.state, second.reason) == ("open", "withdrawn", "the task no longer asks for this image")
    assert counts(run_import(project, "bench", tmp_path / "changed")) == {"unchanged": 3}


def test_tasks_that_a_later_import_does_not_name_stay_as_they_are(project, bench, tmp_path):
    make_bench(tmp_path / "less", {"Product": [make_record("product-002")]})

    job = run_import(project, "bench", tmp_path / "less")

    assert counts(job) == {"created": 1}
    assert Task.objects.filter(project=project).count() == 4


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        ({}, {"missing_file"}),
        ({"notes.txt": "hello"}, {"missing_file"}),
        ({"C-Digital/Digital.json": "[{"}, {"no_category", "bad_json"}),
        ({"C-Digital/Digital.json": "{}"}, {"no_category", "wrong_type"}),
        ({"C-Digital/Digital.json": b"\xff\xfe"}, {"no_category", "bad_encoding"}),
        ({"C-Digital/Digital.json": "[]"}, {"no_category"}),
    ],
)
def test_a_folder_without_a_usable_task_fails_and_says_why(project, tmp_path, files, codes):
    make_folder(tmp_path / "bench", files)

    status, output, message = run_command("bench", tmp_path / "bench", project)

    assert status == 1
    assert message == "the import is failed: No task can be read here; the lines of the report say why."
    assert ("rejected C-Portrait/Portrait.json The file is not there." in output) == ("missing_file" in codes)
    assert set(count_codes(project.jobs.get())) == codes
    assert not Task.objects.exists()


def test_categories_left_out_on_purpose_are_a_warning_and_the_rest_is_in(project, tmp_path):
    make_folder(tmp_path / "bench", {"C-Product/Product.json": json.dumps([make_record()])})

    status, output, _message = run_command("bench", tmp_path / "bench", project)

    assert status == 0
    assert "1 created, 0 updated, 0 unchanged, 0 rejected" in output
    lines = JobLine.objects.filter(code="no_category").order_by("file")
    assert [(line.outcome, line.file) for line in lines] == [("warning", "C-Digital/Digital.json"), ("warning", "C-Portrait/Portrait.json")]


def test_a_folder_that_is_not_there_fails_with_its_name(project, tmp_path):
    status, _output, message = run_command("bench", tmp_path / "nowhere", project)

    assert (status, message) == (1, f"the import is failed: There is no such folder: {tmp_path}/nowhere.")


def test_a_file_that_is_no_archive_fails_with_its_reason(project, tmp_path):
    (tmp_path / "bench.zip").write_bytes(b"PK, but not really")

    status, _output, message = run_command("bench", tmp_path / "bench.zip", project)

    assert (status, message) == (1, "the import is failed: This is not a zip archive that can be read.")


def test_a_broken_category_costs_only_itself_and_shows_in_the_exit_status(project, bench):
    (bench / "C-Digital/Digital.json").write_text("[{]", encoding="utf-8")

    status, output, message = run_command("bench", bench, project)

    assert status == 3
    assert "not all of it is in" in message
    assert output.startswith("done: 0 created, 0 updated, 2 unchanged, 1 rejected, 0 conflict")
    assert "rejected C-Digital/Digital.json Not valid JSON: Expecting property name" in output


def test_a_project_that_is_not_there_is_named_with_those_that_are(project, bench):
    project.slug = "nothing"

    status, _output, message = run_command("bench", bench, project)

    assert (status, message.partition(";")[0]) == (1, "there is no project 'nothing'")


def test_the_json_report_is_whole_and_nothing_else_is_printed(project, tmp_path):
    folder = make_small_bench(tmp_path, reference=b"no picture")

    status, output, _message = run_command("bench", folder, project, "--json")

    report = json.loads(output)
    job = project.jobs.get()
    assert status == 3
    assert {name: report[name] for name in ("job", "project", "kind", "source", "state", "error", "dry_run", "units", "units_done")} == {
        "job": str(job.public_id),
        "project": project.slug,
        "kind": "import_bench",
        "source": str(folder),
        "state": "done",
        "error": "",
        "dry_run": False,
        "units": 3,
        "units_done": 3,
    }
    assert report["counts"] == dict(Counter(line["outcome"] for line in report["lines"])) | {"updated": 0, "unchanged": 0, "conflict": 0}
    assert len(report["lines"]) == job.lines.count()
    assert {
        "outcome": "rejected",
        "file": "C-Product/refs/task_001/1.png",
        "line": None,
        "record": "product-001",
        "field": "",
        "code": "not_an_image",
        "params": {},
        "reason": "The file is not an image.",
    } in report["lines"]


def test_what_was_imported_is_one_event_and_an_import_without_a_change_is_none(project, bench):
    run_import(project, "bench", bench)

    event = Event.objects.get(project=project, kind=Event.Kind.IMPORTED)
    assert (event.data["what"], event.data["counts"]["created"]) == ("import_bench", 3)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_tasks_at_once_write_each_once(tmp_path):
    project, start = make_project(), threading.Barrier(2)
    records = {"Product": [make_record(f"product-{number:03d}") for number in range(1, 21)]}
    make_bench(tmp_path, records, {"C-Product/refs/task_001/1.png": make_picture()})

    def run(_number):
        start.wait()
        try:
            return counts(run_import(project, "bench", tmp_path))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as imports:
        both = sum(map(Counter, imports.map(run, range(2))), Counter())

    assert both == {"created": 20, "unchanged": 20}
    assert Task.objects.count() == TaskVersion.objects.count() == 20
    assert not Candidate.objects.exists()

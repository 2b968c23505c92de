"""Imports as jobs: killed, overlapping, uploaded, read again in another language."""

import os
import signal
import threading
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import translation
from PIL import Image as Pillow

from annotation_site.supervisor import PARTLY
from labeling.data_in.keep_pictures import AHEAD
from labeling.image_store import AT_IMPORT, derived_name, is_stored, original_name
from labeling.jobs import run
from labeling.jobs.fence import finish
from labeling.jobs.queue import create_row
from labeling.jobs.run import run_job
from labeling.management import import_command
from labeling.models import Asset, Bundle, Candidate, Event, Image, Job, Task
from tests.factories import make_project
from tests.labeling.importing import counts, dump_tables, label_line, make_candidates, make_labels, make_small_bench, refusals, run_import
from tests.labeling.material import make_bench, make_folder, make_picture, make_record
from tests.workers import kill_group, redis_answers, wait_until, worker_harness

on_real_workers = pytest.mark.django_db(transaction=True)
in_this_process = pytest.mark.django_db

BROKERS = [
    "filesystem",
    pytest.param("redis", marks=pytest.mark.skipif(not redis_answers(), reason="no Redis answers at TEST_REDIS_URL")),
]
UNITS = 150


@pytest.fixture
def small(tmp_path):
    """A project with one task per category: 1, 2 and 3 images wanted."""
    project = make_project()
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    return project


def save_pictures(folder, names):
    """Save pictures that take about a tenth of a second to store under `names`, each another one."""
    noise = Pillow.effect_noise((160, 120), 60).resize((1600, 1200))
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Pillow.merge("RGB", [noise, noise, Pillow.new("L", noise.size, number)]).save(path, quality=90)


def wait_for_units(job, units):
    return wait_until(lambda: Job.objects.filter(pk=job.pk, done__gte=units).first(), 60, f"{units} units done")


def wait_for_end(job, workers):
    return wait_until(lambda: Job.objects.filter(pk=job.pk, state="done").first(), 90, f"job is done\n{workers.log()}")


def list_lost_files():
    """The files that pictures with a row should have and do not."""
    names = [
        name
        for image in Image.objects.all()
        for name in (original_name(image.sha256, image.format), *(derived_name(image, size) for size in AT_IMPORT))
    ]
    return [name for name in names if not is_stored(name)]


@on_real_workers
@pytest.mark.parametrize("broker", BROKERS)
def test_an_import_of_candidates_whose_worker_is_killed_ends_complete_and_writes_nothing_twice(tmp_path, broker):
    project = make_project()
    make_bench(tmp_path / "bench", {"Product": [make_record(f"product-{number:03d}") for number in range(1, UNITS + 1)]})
    run_import(project, "bench", tmp_path / "bench")
    save_pictures(tmp_path / "c", [f"acme/product-{number:03d}/1.jpg" for number in range(1, UNITS + 1)])
    job = create_row(project, "import_candidates", {"source": {"path": str(tmp_path / "c")}}, None)
    with worker_harness(broker, tmp_path) as workers:
        worker = workers.start_worker()
        workers.start_reaper()
        workers.ring(job)
        wait_for_units(job, 5)

        kill_group(worker)
        halfway = Candidate.objects.count()
        workers.start_worker()
        ended = wait_for_end(job, workers)

    assert 5 <= halfway < UNITS
    assert (ended.attempt, ended.done, ended.total) == (2, UNITS, UNITS)
    assert ended.result == {
        "dry_run": False,
        "units": UNITS,
        "units_done": UNITS,
        "counts": {"created": UNITS, "updated": 0, "unchanged": 0, "rejected": 0, "conflict": 0, "warning": 0},
    }
    assert Candidate.objects.filter(state="open").count() == Candidate.objects.count() == Bundle.objects.count() == UNITS
    assert Image.objects.count() == UNITS
    assert list_lost_files() == []
    assert Event.objects.filter(kind=Event.Kind.QUEUED).count() == UNITS
    assert Event.objects.filter(kind=Event.Kind.IMPORTED, data__job=str(job.public_id)).count() == 1
    assert sorted(ended.lines.values_list("record", flat=True)) == [f"acme/product-{number:03d}/1" for number in range(1, UNITS + 1)]
    before = dump_tables()
    assert counts(run_import(project, "candidates", tmp_path / "c")) == {"unchanged": UNITS}
    assert dump_tables() == before


@on_real_workers
def test_an_import_of_tasks_whose_command_is_killed_is_completed_by_a_worker(tmp_path):
    project = make_project()
    records = {"Product": [make_record(f"product-{number:03d}") for number in range(1, UNITS + 1)]}
    make_bench(tmp_path / "bench", records)
    save_pictures(tmp_path / "bench", [f"C-Product/refs/task_{number:03d}/1.jpg" for number in range(1, UNITS + 1)])
    with worker_harness("filesystem", tmp_path) as workers:
        command = workers.start("manage.py", "import_bench", str(tmp_path / "bench"), "--project", project.slug)
        job = wait_until(lambda: Job.objects.first(), 60, "the command has started")
        wait_for_units(job, 5)

        kill_group(command)
        halfway = Task.objects.count()
        workers.start_reaper()
        workers.start_worker()
        ended = wait_for_end(job, workers)

    assert 5 <= halfway < UNITS
    assert (ended.attempt, ended.result["counts"]["created"]) == (2, UNITS)
    assert Task.objects.count() == Asset.objects.filter(image__isnull=False).count() == UNITS
    assert list_lost_files() == []


@on_real_workers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_command_that_is_stopped_keeps_whole_units_says_so_and_running_it_again_completes_it(tmp_path, number):
    project = make_project()
    make_bench(tmp_path / "bench", {"Product": [make_record(f"product-{number:03d}") for number in range(1, UNITS + 1)]})
    run_import(project, "bench", tmp_path / "bench")
    save_pictures(tmp_path / "c", [f"acme/product-{number:03d}/1.jpg" for number in range(1, UNITS + 1)])
    with worker_harness("filesystem", tmp_path) as workers:
        command = workers.start("manage.py", "import_candidates", str(tmp_path / "c"), "--project", project.slug)
        job = wait_until(lambda: Job.objects.filter(kind="import_candidates").first(), 60, "the command has started")
        wait_for_units(job, 5)

        os.kill(command.pid, number)
        status = command.wait(timeout=30)
        said = workers.log()

    job.refresh_from_db()
    written = Candidate.objects.filter(state="staged").count()
    assert (status, job.state) == (1, "cancelled"), said
    assert 5 <= written == Candidate.objects.count() == job.result["units_done"] == job.result["counts"]["created"] < UNITS
    assert f"{written} of {UNITS} tasks, bundles or lines are done, each of them whole:" in said
    assert "Traceback" not in said
    assert counts(run_import(project, "candidates", tmp_path / "c")) == {"created": UNITS - written, "unchanged": written}
    assert Candidate.objects.filter(state="open").count() == UNITS


@on_real_workers
def test_two_imports_of_overlapping_bundles_at_once_write_each_candidate_once(tmp_path):
    project, start = make_project(), threading.Barrier(2)
    tasks = [f"product-{number:03d}" for number in range(1, 25)]
    make_bench(tmp_path / "bench", {"Product": [make_record(task) for task in tasks]})
    run_import(project, "bench", tmp_path / "bench")
    # 16 bundles each, the middle 8 in both; two spellings of one generator.
    make_candidates(tmp_path / "a", *(f"gpt-image-1/{task}" for task in tasks[:16]), quantity=dict.fromkeys(tasks, 1))
    make_candidates(tmp_path / "b", *(f"GPT-5 Image/{task}" for task in tasks[8:]), quantity=dict.fromkeys(tasks, 1))
    for task in tasks[8:16]:
        (tmp_path / f"b/GPT-5 Image/{task}/1.png").write_bytes((tmp_path / f"a/gpt-image-1/{task}/1.png").read_bytes())

    def import_one(folder):
        start.wait()
        try:
            return counts(run_import(project, "candidates", tmp_path / folder))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as imports:
        both = sum(map(Counter, imports.map(import_one, "ab")), Counter())

    assert both == {"created": 24, "unchanged": 8}
    assert Bundle.objects.count() == Candidate.objects.filter(state="open").count() == Candidate.objects.count() == 24
    assert Event.objects.filter(kind=Event.Kind.QUEUED).count() == 24


@in_this_process
def test_pictures_of_units_ahead_are_worked_on_and_their_order_stays(small, tmp_path):
    quantity = 3 * AHEAD
    make_bench(tmp_path / "bench", {"Digital": [make_record("digital-002", quantity=quantity)]})
    run_import(small, "bench", tmp_path / "bench")
    files = {f"acme/digital-002/{number}.png": make_picture(color=(number, 0, 0)) for number in range(1, quantity + 1)}
    files["acme/digital-002/2.png"] = b"no picture"
    make_folder(tmp_path / "c", files)
    make_candidates(tmp_path / "c", "acme/product-001")

    job = run_import(small, "candidates", tmp_path / "c")

    assert refusals(job) == {("not_an_image", "acme/digital-002/2.png")}
    for candidate in Candidate.objects.select_related("image", "deliverable").filter(bundle__task__external_id="digital-002"):
        with default_storage.open(original_name(candidate.image.sha256, "PNG")) as stored:
            assert stored.read() == files[f"acme/digital-002/{candidate.deliverable.number}.png"]
    assert Candidate.objects.count() == quantity - 1 + 2


@in_this_process
def test_an_attempt_goes_on_after_the_last_whole_unit(small, tmp_path):
    folder = make_candidates(tmp_path / "c", "acme/digital-001", "acme/portrait-001", "acme/product-001")
    job = create_row(small, "import_candidates", {"source": {"path": str(folder)}}, None)
    Job.objects.filter(pk=job.pk).update(checkpoint={"units": 2, "last": "acme/portrait-001"})

    run_job(job.pk)

    assert Bundle.objects.get().task.external_id == "product-001"


@in_this_process
def test_an_attempt_begins_again_where_the_source_has_changed_since(small, tmp_path):
    folder = make_candidates(tmp_path / "c", "acme/digital-001", "acme/portrait-001", "acme/product-001")
    job = create_row(small, "import_candidates", {"source": {"path": str(folder)}}, None)
    Job.objects.filter(pk=job.pk).update(checkpoint={"units": 2, "last": "acme/other-001"})

    run_job(job.pk)

    assert Bundle.objects.count() == 3


@in_this_process
@pytest.mark.parametrize("content", ["good", "bad"])
def test_an_import_killed_between_its_end_and_saying_so_ends_as_it_had(small, tmp_path, monkeypatch, content):
    files = {"acme/product-001/1.png": make_picture()} if content == "good" else {}
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    name = default_storage.save("uploads/c.zip", ContentFile((tmp_path / "c.zip").read_bytes()))
    job = create_row(small, "import_candidates", {"source": {"upload": name, "name": "c.zip"}}, None)

    def die(*_arguments, **_values):
        monkeypatch.setattr(run, "finish", finish)
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(run, "finish", die)

    with pytest.raises(OperationalError):
        run_job(job.pk)
    assert not default_storage.exists(name)
    Job.objects.filter(pk=job.pk).update(state="queued", fence=None)
    run_job(job.pk)

    job.refresh_from_db()
    if content == "good":
        assert counts(job) == {"created": 1}
        assert Candidate.objects.get().state == "open"
    else:
        assert (job.state, job.error.partition(":")[0]) == ("failed", "No candidate can be read here")
    assert Event.objects.filter(kind=Event.Kind.IMPORTED, data__job=str(job.public_id)).count() == len(files)


@in_this_process
@pytest.mark.parametrize("source", ["folder", "zip", "manifest"])
def test_what_lies_below_an_allowed_root_is_read_in_every_form(small, tmp_path, settings, source):
    folder = make_candidates(tmp_path / "c", "acme/product-001")
    (folder / "listed.jsonl").write_text(
        '{"model": "acme", "task_id": "product-001", "deliverable": 1, "image": "acme/product-001/1.png"}\n'
    )
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.write(folder / "acme/product-001/1.png", "acme/product-001/1.png")
    settings.IMPORT_ROOTS = [tmp_path]
    path = {"folder": folder, "zip": folder / "c.zip", "manifest": folder / "listed.jsonl"}[source]

    job = run.run_here(small, "import_candidates", {"source": {"folder": str(path)}})

    assert counts(job)["created"] == (2 if source == "folder" else 1)


@in_this_process
@pytest.mark.parametrize("kind", ["import_bench", "import_candidates", "import_labels"])
@pytest.mark.parametrize("path", ["outside", "door", "root/../outside"])
def test_a_job_reads_nothing_outside_the_allowed_roots_whatever_it_is_told(small, tmp_path, settings, kind, path):
    (tmp_path / "root").mkdir()
    make_candidates(tmp_path / "outside", "acme/product-001")
    make_labels(tmp_path / "outside/labels.jsonl", label_line(subtask_1=True))
    (tmp_path / "root/door").symlink_to(tmp_path / "outside")
    settings.IMPORT_ROOTS = [tmp_path / "root"]
    told = tmp_path / ("root/door" if path == "door" else path) / ("labels.jsonl" if kind == "import_labels" else "")

    job = run.run_here(small, kind, {"source": {"folder": str(told)}})

    assert (job.state, job.error_text) == ("failed", f"The server may not read this folder: {told}.")
    assert not Candidate.objects.exists()


@in_this_process
def test_an_upload_that_is_gone_fails_with_the_name_it_was_sent_under(small):
    job = run.run_here(small, "import_bench", {"source": {"upload": "uploads/gone.zip", "name": "my bench.zip"}})

    assert (job.state, job.error_text) == ("failed", "my bench.zip: The file is not there.")


@in_this_process
def test_a_report_is_worded_in_the_language_of_its_reader(small, tmp_path):
    make_folder(tmp_path / "c", {"acme/product-001/1.jpg": make_picture()})
    line = run_import(small, "candidates", tmp_path / "c").lines.get(code="extension_differs")

    with translation.override("en"):
        english = line.reason
    with translation.override("zh-hans"):
        chinese = line.reason

    assert english == "The file is PNG in truth."
    assert "PNG" in chinese
    assert chinese != english


@in_this_process
def test_a_line_of_a_code_that_a_later_release_no_longer_knows_has_no_sentence(small, tmp_path):
    job = run_import(small, "candidates", make_candidates(tmp_path / "c", "acme/product-001"))

    job.lines.update(code="gone")

    assert {line.reason for line in job.lines.all()} == {""}


@pytest.mark.pure
def test_the_supervisor_knows_the_exit_status_of_an_import_that_went_through_in_part():
    assert import_command.PARTLY == PARTLY == 3

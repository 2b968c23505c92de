"""The export job: progress, cancelling, and going on after whatever stopped it, with the same bytes."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from labeling.data_out import as_of, output
from labeling.data_out import job as export_job
from labeling.data_out.formats import FORMATS
from labeling.jobs.queue import create_row, request_cancel
from labeling.jobs.reaper import reap_jobs
from labeling.jobs.run import run_here, run_job
from labeling.models import Event, Export, Job
from tests.factories import answer_as, make_lead, make_project
from tests.labeling.exporting import export, make_queued, make_team, newest_event, store_pictures
from tests.workers import database_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """One bundle a page, and nobody rings for a worker."""
    monkeypatch.setattr(as_of, "PAGE_CANDIDATES", 1)
    monkeypatch.setattr("labeling.jobs.reaper.ring", lambda _job_id: None)


@pytest.fixture
def at_page(monkeypatch):
    """A function that makes exports do something once, when they come to their n-th page; it returns the pages rendered."""

    def arrange(number, act, form="full"):
        plain, pages = FORMATS[form], []

        def render(page):
            pages.append(page)
            if len(pages) == number:
                act()
            return plain.render(page)

        monkeypatch.setitem(FORMATS, form, replace(plain, render=render))
        return pages

    return arrange


def make_answered(bundles=5):
    """A project with some bundles that two people answered."""
    project = make_project()
    people = make_team(project, 2)
    for _ in range(bundles):
        [candidate] = make_queued(project)
        for person in people:
            answer_as(person, candidate, "accept")
    return project


def make_export_job(project, **params):
    return create_row(project, "export", {"format": "full", **params}, None)


def folder_of(job):
    return Path(settings.EXPORT_ROOT) / str(job.public_id)


def fail():
    raise OperationalError("the database has gone away")


def run_until_it_breaks(job):
    with pytest.raises(OperationalError):
        run_job(job.pk)


def requeue(job):
    """What the reaper does once the heartbeat of a dead worker is old."""
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert reap_jobs() == 1


def read_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_job_shows_its_progress_and_leaves_an_export(tmp_path):
    project = make_answered()
    lead = make_lead(project)
    cutoff = newest_event(project)

    job = run_here(project, "export", {"format": "full"}, lead)

    made = Export.objects.get(project=project)
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert (made.job, made.format, made.cutoff_event_id, made.folder) == (job, "full", cutoff, str(job.public_id))
    assert (job.result["export"], job.result["folder"]) == (str(made.public_id), str(folder_of(job)))
    assert job.result["sha256"] == made.manifest["sha256"]
    assert sorted(read_files(folder_of(job))) == ["full.jsonl", "manifest.json"]
    assert json.loads((folder_of(job) / "manifest.json").read_bytes()) == made.manifest
    event = Event.objects.get(kind="exported")
    assert (event.actor, event.data["act"], event.data["export"]) == (lead, "made", str(made.public_id))


def test_an_export_of_nothing_is_an_empty_file(tmp_path):
    data, manifest = export(make_project(), "servimage", tmp_path)

    # The SHA-256 of no bytes at all.
    assert data == b""
    assert manifest["sha256"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (manifest["rows"], manifest["counts"], manifest["incomplete"]) == (0, {}, [])


def test_a_cancelled_export_leaves_no_file(at_page):
    job = make_export_job(make_answered())
    pages = at_page(2, lambda: request_cancel(job.pk))

    run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert len(pages) == 2
    assert not folder_of(job).exists()
    assert not Export.objects.exists()


def test_a_cancelled_export_leaves_the_folder_somebody_named(at_page, tmp_path):
    job = make_export_job(make_answered(), out=str(tmp_path))
    at_page(2, lambda: request_cancel(job.pk))

    run_job(job.pk)

    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_no_file(at_page):
    def break_down():
        raise OSError("No space left on device")

    job = make_export_job(make_answered())
    at_page(3, break_down)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "OSError: No space left on device")
    assert not folder_of(job).exists()


@pytest.mark.parametrize("form", FORMATS)
def test_an_interrupted_export_goes_on_from_its_last_page_with_the_same_bytes(form, at_page, tmp_path):
    project = make_answered()
    make_queued(project)
    store_pictures()
    cutoff = newest_event(project)
    expected = export(project, form, tmp_path, cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff)
    pages = at_page(4, fail, form)

    run_until_it_breaks(job)
    requeue(job)
    run_job(job.pk)

    # Four pages until it broke, of which three were kept; then the fourth again and the last two.
    assert len(pages) == 4 + 3
    assert read_files(folder_of(job)) == read_files(tmp_path)
    assert expected[1]["rows"] == json.loads((folder_of(job) / "manifest.json").read_bytes())["rows"]
    assert Job.objects.get(pk=job.pk).attempt == 2


@pytest.mark.parametrize("form", FORMATS)
def test_a_half_written_page_is_dropped(form, at_page, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    expected, _manifest = export(project, form, tmp_path, cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff)
    at_page(3, fail, form)
    run_until_it_breaks(job)
    [part] = folder_of(job).glob(".part-*")
    for path in part.iterdir():
        with path.open("ab") as file:
            file.write(b'{"candidate": "half a li')

    requeue(job)
    run_job(job.pk)

    assert (folder_of(job) / FORMATS[form].file).read_bytes() == expected


@pytest.mark.parametrize(("form", "lost"), [("full", "rows"), ("long", "rows"), ("dataset", "archive"), ("label-studio", "directory")])
def test_an_export_whose_unfinished_files_are_lost_starts_over_with_the_same_cut_off(form, lost, at_page, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    expected, _manifest = export(project, form, tmp_path, cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff)
    at_page(3, fail, form)
    run_until_it_breaks(job)
    make_queued(project)
    [part] = folder_of(job).glob(".part-*")
    (part / lost).unlink()

    requeue(job)
    run_job(job.pk)

    assert (folder_of(job) / FORMATS[form].file).read_bytes() == expected


def test_the_cut_off_of_the_first_attempt_stands(at_page):
    project = make_answered()
    job = make_export_job(project)
    at_page(3, fail)
    run_until_it_breaks(job)
    cutoff = newest_event(project)
    make_queued(project)

    requeue(job)
    run_job(job.pk)

    assert Export.objects.get().cutoff_event_id == cutoff
    assert Export.objects.get().manifest["rows"] == 5


def test_an_attempt_taken_for_dead_harms_nothing(at_page, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    export(project, "full", tmp_path, cutoff)
    job = make_export_job(project, cutoff=cutoff)

    def another_attempt_overtakes():
        requeue(job)
        run_job(job.pk)

    at_page(3, another_attempt_overtakes)

    assert not run_job(job.pk)

    assert read_files(folder_of(job)) == read_files(tmp_path)
    assert Export.objects.filter(job=job).count() == 1
    assert Job.objects.get(pk=job.pk).state == "done"


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_killed_between_its_files_and_its_row_gets_the_row(form, monkeypatch, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    export(project, form, tmp_path, cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff)
    with monkeypatch.context() as broken:
        broken.setattr(export_job, "log_exported", lambda *_args, **_kwargs: fail())
        run_until_it_breaks(job)
    assert not Export.objects.filter(job=job).exists()

    requeue(job)
    run_job(job.pk)

    assert read_files(folder_of(job)) == read_files(tmp_path)
    assert Export.objects.filter(job=job).count() == 1


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_killed_while_it_is_made_whole_goes_on_with_the_same_bytes(form, monkeypatch, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    export(project, form, tmp_path, cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff)
    with monkeypatch.context() as broken:
        broken.setattr(export_job, "measure", lambda _path: fail())
        run_until_it_breaks(job)

    requeue(job)
    run_job(job.pk)

    assert read_files(folder_of(job)) == read_files(tmp_path)


def test_an_export_killed_after_its_row_is_not_made_twice(monkeypatch):
    job = make_export_job(make_answered())
    with monkeypatch.context() as broken:
        broken.setattr(export_job, "describe_result", lambda _made: fail())
        run_until_it_breaks(job)

    requeue(job)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result["rows"]) == ("done", 5)
    assert Export.objects.filter(job=job).count() == 1


def test_what_a_job_left_that_ended_while_nobody_ran_it_is_swept_away(at_page):
    project = make_answered()
    job = make_export_job(project)
    at_page(3, fail)
    run_until_it_breaks(job)
    request_cancel(job.pk)
    requeue(job)
    assert Job.objects.get(pk=job.pk).state == "cancelled"
    assert folder_of(job).exists()

    run_here(project, "export", {"format": "full"})

    assert not folder_of(job).exists()


def test_an_unknown_cut_off_is_refused():
    project, other = make_project(), make_project()

    job = run_here(project, "export", {"format": "full", "cutoff": newest_event(other)})

    assert (job.state, job.error_text) == ("failed", f"The project has no event {newest_event(other)}.")


SLOW = """
import time, django
django.setup()
from dataclasses import replace
from labeling.data_out import as_of
from labeling.data_out.formats import FORMATS
from labeling.jobs.run import run_job
as_of.PAGE_CANDIDATES, plain, pages = 1, FORMATS["FORM"], []
def render(page):
    pages.append(page)
    if len(pages) == 3:
        print("third page", flush=True)
        time.sleep(60)
    return plain.render(page)
FORMATS["FORM"] = replace(plain, render=render)
run_job(JOB)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", FORMATS)
def test_an_export_killed_with_signal_nine_goes_on_with_the_same_bytes(form, at_page, tmp_path):
    project = make_answered()
    cutoff = newest_event(project)
    export(project, form, tmp_path / "whole", cutoff)
    job = make_export_job(project, format=form, cutoff=cutoff, out=str(tmp_path / "killed"))
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "annotation_site.settings", "DATABASE_URL": database_url()}
    command = [sys.executable, "-c", SLOW.replace("JOB", str(job.pk)).replace('"FORM"', repr(form))]
    with subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"third page\n"
        process.send_signal(signal.SIGKILL)
    assert [path.name for path in (tmp_path / "killed").iterdir() if not path.name.startswith(".part-")] == []
    pages = at_page(99, fail, form)

    requeue(job)
    run_job(job.pk)

    # Two pages were kept; the third is made again.
    assert len(pages) == 3
    assert read_files(tmp_path / "killed") == read_files(tmp_path / "whole")
    assert Job.objects.get(pk=job.pk).attempt == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", FORMATS)
def test_no_transaction_is_open_while_pages_are_made_and_pictures_copied(form, monkeypatch, tmp_path):
    project, in_transaction = make_answered(), []
    for module, name in ((output, "append_lines"), (output, "read_picture"), (export_job, "measure")):
        watch(monkeypatch, module, name, in_transaction)

    export(project, form, tmp_path)

    assert len(in_transaction) >= 10
    assert set(in_transaction) == {False}


def watch(monkeypatch, module, name, seen):
    """Let calls of a function note whether a transaction is open."""
    plain = getattr(module, name)

    def call(*arguments):
        seen.append(connection.in_atomic_block)
        return plain(*arguments)

    monkeypatch.setattr(module, name, call)

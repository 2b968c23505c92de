"""What leads send from their browser is gone once its import has ended, however it ended."""

import os
import time
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.data_in.uploads import keep_upload, sweep_uploads
from labeling.jobs.queue import create_row, request_cancel
from labeling.models import Job
from labeling.reap import reap
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """What a test uploads goes with it."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path / "media"}}
    }


def upload_for_job():
    """An upload and the job that waits to import it."""
    name = keep_upload(SimpleUploadedFile("bench.zip", b"PK"))
    return name, create_row(make_project(), "import_bench", {"source": {"upload": name, "name": "bench.zip"}}, None)


def test_an_upload_whose_import_is_cancelled_while_it_waits_is_removed():
    name, job = upload_for_job()
    request_cancel(job.pk)

    reap()

    assert not default_storage.exists(name)


def test_an_upload_whose_import_died_three_times_is_removed():
    name, job = upload_for_job()
    Job.objects.filter(pk=job.pk).update(state="failed")

    assert sweep_uploads() == 1
    assert not default_storage.exists(name)


def test_an_upload_that_an_import_still_needs_stays():
    name, _job = upload_for_job()

    assert sweep_uploads() == 0
    assert default_storage.exists(name)


def test_an_upload_that_no_job_names_goes_after_a_day():
    fresh, old = (keep_upload(SimpleUploadedFile("bench.zip", b"PK")) for _ in range(2))
    long_ago = time.time() - timedelta(days=2).total_seconds()
    os.utime(default_storage.path(old), (long_ago, long_ago))

    assert sweep_uploads() == 1
    assert (default_storage.exists(fresh), default_storage.exists(old)) == (True, False)

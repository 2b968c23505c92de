"""The files that leads send from their browser: kept for one import, then removed."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from labeling.models import Job

logger = logging.getLogger(__name__)

FOLDER = "uploads"
# A file without a job is one whose job is about to be made, or never was.
UNCLAIMED = timedelta(days=1)


def keep_upload(upload: UploadedFile[bytes]) -> str:
    """Copy an upload piece by piece to the private storage, under a name of our own; return that name."""
    return default_storage.save(f"{FOLDER}/{uuid4().hex}{Path(upload.name or '').suffix.lower()}", upload)


def sweep_uploads() -> int:
    """Remove uploads that no job needs any more, however it ended; return how many."""
    if not default_storage.exists(FOLDER):
        return 0
    _folders, files = default_storage.listdir(FOLDER)
    names = [f"{FOLDER}/{file}" for file in files]
    jobs = Job.objects.filter(params__source__upload__in=names).values_list("params__source__upload", "state") if names else []
    states = dict(jobs)
    gone = [name for name in names if is_over(name, states.get(name))]
    for name in gone:
        default_storage.delete(name)
        logger.info("upload %s is no longer needed", name)
    return len(gone)


def is_over(name: str, state: str | None) -> bool:
    """Whether the job of an upload has ended; `state` None for one that no job names."""
    if state is None:
        return timezone.now() - default_storage.get_modified_time(name) > UNCLAIMED
    return state not in (Job.State.QUEUED, Job.State.RUNNING)

"""When the version in use is looked at: once there are enough new blind labels, and at most daily."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from labeling.jobs.queue import create_job
from labeling.models import Job, Project
from modeling.drift import DRIFT, FEWEST, find_labels
from modeling.models import DriftLook, ModelVersion
from modeling.protocol.registry import LIVE

# Labels are counted so often; a look is due after a hundred new ones, or after a day with any.
COUNT_EVERY = timedelta(minutes=10)
DAY = timedelta(days=1)


def look_at_due() -> int:
    """Have the versions in use looked at where that is due; any number of processes may do so at once. Returns how many jobs it made."""
    now = timezone.now()
    used = ModelVersion.objects.filter(name=F("project__model_version"), project__archived_at=None)
    due = used.filter(Q(drift_at=None) | Q(drift_at__lt=now - COUNT_EVERY)).select_related("project").order_by("pk")
    return sum(look_if_due(version, now) for version in due)


def look_if_due(version: ModelVersion, now: datetime) -> bool:
    """Make the job for one version where it is due; whether it did."""
    # Of several that count at once the first one does.
    if not ModelVersion.objects.filter(pk=version.pk, drift_at=version.drift_at).update(drift_at=Now()):
        return False
    last = DriftLook.objects.filter(project=version.project_id, model_version=version.name).order_by("-pk").first()
    count = len(find_labels(version.project, version.name))
    return is_due(count, last, now) and begin(version)


def is_due(count: int, last: DriftLook | None, now: datetime) -> bool:
    """Whether so many labels are worth another look."""
    if count < FEWEST:
        return False
    return last is None or count >= last.n + FEWEST or (count != last.n and last.at < now - DAY)


@transaction.atomic
def begin(version: ModelVersion) -> bool:
    """Make the job, unless one is at it. Locks the project."""
    project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
    if project.archived_at is not None or Job.objects.filter(project=project, kind=DRIFT, state__in=LIVE).exists():
        return False
    create_job(project, DRIFT, {}, None)
    return True

"""When a version in use has something to say that it has not said: after an import, or where a picture was replaced."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from labeling.jobs.queue import create_job
from labeling.models import Job, Project, Suggestion
from modeling.models import ModelVersion
from modeling.protocol.registry import LIVE, kind_of
from modeling.suggest_job import OPEN, TEST, find_wanted

LOOK_EVERY = timedelta(minutes=1)
# Times are taken before their transactions end, and a job may have begun with what a later one adds.
OVERLAP = timedelta(minutes=10)
# A replaced picture leaves the state of its candidate as it was, so now and then all are looked at.
LOOK_AT_ALL_EVERY_S = 3600
# One that failed is not begun again at once; whoever cancelled one wants it not to run for a while.
PAUSE = timedelta(minutes=10)
CANCELLED_PAUSE = timedelta(hours=1)
# Pictures that could not be read are tried again so often.
LOST_PAUSE = timedelta(days=1)


def suggest_due() -> int:
    """Have the versions in use speak of what came since; any number of processes may do so at once. Returns how many jobs it made."""
    now = timezone.now()
    used = ModelVersion.objects.filter(name=F("project__model_version"), project__archived_at=None)
    due = used.filter(Q(suggested_at=None) | Q(suggested_at__lt=now - LOOK_EVERY)).select_related("project", "run").order_by("pk")
    return sum(suggest_if_due(version, now) for version in due)


def suggest_if_due(version: ModelVersion, now: datetime) -> bool:
    """Make the job of one version where something is missing; whether it did."""
    before = version.suggested_at
    same = ModelVersion.objects.filter(pk=version.pk, suggested_at=before)
    # Of several that look at once the first one does.
    if not same.update(suggested_at=Now()) or is_busy(version, now):
        return False
    looks_at_all = before is None or before.timestamp() // LOOK_AT_ALL_EVERY_S != now.timestamp() // LOOK_AT_ALL_EVERY_S
    return has_missing(version, None if looks_at_all else before) and not are_all_lost(version, now) and begin(version)


def is_busy(version: ModelVersion, now: datetime) -> bool:
    """Whether a job of the version is at it, failed moments ago, or was cancelled by a lead within the hour."""
    failed = Q(state=Job.State.FAILED, finished_at__gt=now - PAUSE)
    cancelled = Q(state=Job.State.CANCELLED, finished_at__gt=now - CANCELLED_PAUSE)
    return find_jobs(version).filter(Q(state__in=LIVE) | failed | cancelled).exists()


def find_jobs(version: ModelVersion) -> QuerySet[Job]:
    """The jobs that compute what the version says."""
    return Job.objects.filter(project=version.project_id, kind=kind_of(version), params__version=version.pk)


def are_all_lost(version: ModelVersion, now: datetime) -> bool:
    """Whether all that is missing are the pictures that the last job could not read, not long ago: another one would not, either."""
    last = find_jobs(version).filter(state=Job.State.DONE, created_at__gt=now - LOST_PAUSE).order_by("-pk").first()
    lost = last.result.get("lost", 0) if last is not None else 0
    if last is None or not lost:
        return False
    missing = [find_wanted(version.project, part).filter(~Exists(find_said(version))).order_by() for part in (OPEN, TEST)]
    is_any_new = missing[0].filter(state_changed_at__gte=last.created_at).exists()
    return not is_any_new and sum(rows.count() for rows in missing) <= lost


def find_said(version: ModelVersion) -> QuerySet[Suggestion]:
    """What the version has said about the image of a candidate, inside a query over candidates."""
    return Suggestion.objects.filter(candidate=OuterRef("pk"), image=OuterRef("image"), model_version=version.name)


def has_missing(version: ModelVersion, since: datetime | None) -> bool:
    """Whether a candidate to speak of, of those that changed since then, has an image of which the version has said nothing.

    They are the open ones and, for the gate, those of the test side that are decided already, as imported ones are at once.
    """
    changed = {} if since is None else {"state_changed_at__gte": since - OVERLAP}
    parts = (find_wanted(version.project, part).filter(~Exists(find_said(version)), **changed).order_by() for part in (OPEN, TEST))
    return any(part.exists() for part in parts)


@transaction.atomic
def begin(version: ModelVersion) -> bool:
    """Make the job, unless the version was taken out of use meanwhile. Locks the project."""
    project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
    if project.model_version != version.name or project.archived_at is not None:
        return False
    create_job(project, kind_of(version), {"version": version.pk}, None)
    return True

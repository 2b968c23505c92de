"""Asking for agreement to be measured, and when it is due by itself."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling.jobs.queue import create_job
from labeling.models import Assignment, Event, Job, Project, Report, Status, User
from labeling.quality.job import KIND
from labeling.quality.report import newest_report

# Measured at most so often by itself, and never for more than a hundredth of the time.
LEAST_PAUSE = timedelta(minutes=10)
PAUSE_PER_SECOND = timedelta(seconds=100)
# What may change an agreement.
CHANGES = [Event.Kind.SUBMITTED, Event.Kind.EDITED, Event.Kind.UNDONE, Event.Kind.VOIDED]
WAITING = Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])


@transaction.atomic
def request_agreement(project: Project, asked_by: User | None) -> Job:
    """The job that measures the project: the one that waits or runs, or a new one."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    return find_waiting(project) or create_job(project, KIND, {}, asked_by)


def find_waiting(project: Project) -> Job | None:
    """The job that is about to measure the project, or does."""
    return Job.objects.filter(WAITING, project=project, kind=KIND).order_by("pk").first()


def request_due() -> int:
    """Have every project measured in which answers changed since it last was, unless that was moments ago. Returns how many."""
    waiting = Job.objects.filter(WAITING, kind=KIND).values("project")
    due = [project for project in Project.objects.filter(archived_at=None).exclude(pk__in=waiting).order_by("pk") if is_due(project)]
    for project in due:
        request_agreement(project, None)
    return len(due)


def is_due(project: Project) -> bool:
    """Whether anything was answered, changed or voided since the last measurement, and that was long enough ago."""
    report = newest_report(project)
    if report is None:
        return Assignment.objects.filter(project=project, status=Status.SUBMITTED).exists()
    pause = max(LEAST_PAUSE, report.seconds * PAUSE_PER_SECOND)
    return report.made_at + pause < timezone.now() and count_changes(report) > 0


def count_changes(report: Report) -> int:
    """How many answers came, were changed or were voided since the report."""
    return Event.objects.filter(project_id=report.project_id, pk__gt=report.event_id, kind__in=CHANGES).count()

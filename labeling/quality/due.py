"""Asking for agreement to be measured, and when it is due by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.jobs.queue import create_job
from labeling.jobs.void_answers import VOID
from labeling.models import Assignment, Candidate, Event, Job, Project, Report, Status, User
from labeling.quality.job import KIND

# Measured at most so often by itself, and never for more than a hundredth of the time.
LEAST_PAUSE = timedelta(minutes=10)
PAUSE_PER_SECOND = timedelta(seconds=100)
# After so long it is measured again though nothing seems to have changed: what moves no candidate is seen then at the latest.
LONGEST = timedelta(days=1)
# Times are taken before their transactions end: what ended after the reading began may say that it was so much earlier.
OVERLAP = timedelta(minutes=1)
WAITING = Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])
# The page says that there are more.
MOST_COUNTED = 1000


@transaction.atomic
def request_agreement(project: Project, asked_by: User | None) -> Job:
    """The job that measures the project: the one that waits or runs, or a new one."""
    lock(project)
    return find_waiting(project) or create_job(project, KIND, {}, asked_by)


def request_due() -> int:
    """Have every project measured whose answers changed since it last was, unless that was moments ago. Returns how many."""
    waiting = Job.objects.filter(WAITING, kind=KIND).values("project")
    open_ones = Project.objects.filter(archived_at=None).exclude(pk__in=waiting).order_by("pk")
    return sum(request_if_due(project) for project in open_ones if is_due(project))


@transaction.atomic
def request_if_due(project: Project) -> bool:
    """Have the project measured, unless somebody else has seen to it in the meantime."""
    lock(project)
    if find_waiting(project) is not None or not is_due(project):
        return False
    create_job(project, KIND, {}, None)
    return True


def lock(project: Project) -> None:
    """Let nobody else ask for the same meanwhile; no key, or everybody who answers would wait for it."""
    Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)


def find_waiting(project: Project) -> Job | None:
    """The job that is about to measure the project, or does."""
    return Job.objects.filter(WAITING, project=project, kind=KIND).order_by("pk").first()


def is_due(project: Project) -> bool:
    """Whether pairs came or went since the last measurement, and that was long enough ago, also if it failed."""
    report = Report.objects.filter(project=project, kind=KIND).only("made_at", "project_id").order_by("-pk").first()
    pause = max(LEAST_PAUSE, count_seconds(project) * PAUSE_PER_SECOND)
    since = timezone.now() - pause
    if (report and report.made_at > since) or Job.objects.filter(project=project, kind=KIND, created_at__gt=since).exists():
        return False
    if report is None:
        return Assignment.objects.filter(project=project, status=Status.SUBMITTED).exists()
    return report.made_at + LONGEST < timezone.now() or has_changed(report)


def count_seconds(project: Project) -> float:
    """How long the last measurement took: one job makes a report of each kind."""
    kinds = (Report.objects.filter(project=project, kind=kind).order_by("-pk") for kind in Report.Kind.values)
    return sum(rows.values_list("seconds", flat=True).first() or 0.0 for rows in kinds)


def has_changed(report: Report) -> bool:
    """Whether anything happened since the report that moves figures: candidates changed their state, answers were voided, tasks changed,
    settled candidates were looked at once more.

    Rarely pairs move without any of these: a held candidate is answered, or one in a later round gets another image.
    """
    here, since = Q(project_id=report.project_id), report.made_at - OVERLAP
    # Only the few events of the project itself are looked at: they have an index of their own.
    tasks = Event.objects.filter(here, candidate=None, kind=Event.Kind.TASK_CHANGED, at__gte=since)
    voided = Job.objects.filter(here, kind=VOID, finished_at__gte=since)
    # An audit changes no candidate.
    checked = Assignment.objects.checks(report.project_id).filter(submitted_at__gte=since)
    return changed_candidates(report, since).exists() or voided.exists() or tasks.exists() or checked.exists()


def changed_candidates(report: Report, since: datetime) -> QuerySet[Candidate]:
    """The candidates whose state changed since then."""
    return Candidate.objects.filter(project_id=report.project_id, state_changed_at__gte=since)


def count_changes(report: Report) -> int:
    """How many candidates changed their state since the report began, at most `MOST_COUNTED`."""
    return changed_candidates(report, report.made_at).order_by("state_changed_at")[:MOST_COUNTED].count()


def find_failure(project: Project, report: Report | None) -> Job | None:
    """The newest job that measured the project, if it failed after the report was made."""
    last = Job.objects.filter(project=project, kind=KIND).exclude(WAITING).order_by("-pk").first()
    is_newer = last is not None and (report is None or last.created_at > report.made_at)
    return last if last is not None and is_newer and last.state == Job.State.FAILED else None

"""The job that measures everything that is told of a project's labels, one report of each kind."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from labeling.jobs.context import JobContext
from labeling.models import Job, Project, Report
from labeling.quality.people import make_people_report, raise_what_is_found
from labeling.quality.report import KEPT, keep, make_report

KIND = "agreement"
# In this order; a later one may read what an earlier one has kept.
MAKERS: tuple[Callable[[Project], Report], ...] = (make_report, make_people_report)


def run_agreement(context: JobContext) -> None:
    """Measure the project of the job, report by report. Cancelled, it keeps what it has; killed, it begins again; an attempt that lost the
    job stores nothing.
    """
    project = Project.objects.get(pk=context.project_id)
    for make in MAKERS:
        report = make(project)
        if context.cancelled():
            return
        with transaction.atomic():
            context.checkpoint({})
            keep(report)
            raise_what_is_found(report)
        if report.kind == Report.Kind.AGREEMENT:
            context.result.update(report=report.pk, pairs=report.figures["overall"]["pairs"])
    ended = Job.objects.filter(project_id=context.project_id, kind=KIND, finished_at__isnull=False).order_by("-pk")
    Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[KEPT:])).delete()

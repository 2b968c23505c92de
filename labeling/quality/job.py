"""The job that measures a project."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from labeling.jobs.context import JobContext
from labeling.models import Job, Project, Report
from labeling.protocol.stop_suggestions import stop_if_harmful
from labeling.quality.assistance import make_assistance_report
from labeling.quality.report import KEPT, keep, make_report

KIND = "agreement"
# What is measured, one report each; agreement is first, and is what the job's result tells of.
MAKERS: tuple[Callable[[Project], Report], ...] = (make_report, make_assistance_report)


def run_agreement(context: JobContext) -> None:
    """Measure the project of the job, one report after another, each kept as soon as it is made.

    Cancelled, it keeps no further one; killed, it begins again; an attempt that lost the job stores nothing.
    """
    project = Project.objects.get(pk=context.project_id)
    for make in MAKERS:
        report = make(project)
        if context.cancelled():
            return
        with transaction.atomic():
            context.checkpoint({})
            keep(report)
            if report.kind == Report.Kind.ASSISTANCE:
                stop_if_harmful(report)
        if report.kind == Report.Kind.AGREEMENT:
            context.result.update(report=report.pk, pairs=report.figures["overall"]["pairs"])
    ended = Job.objects.filter(project_id=context.project_id, kind=KIND, finished_at__isnull=False).order_by("-pk")
    Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[KEPT:])).delete()

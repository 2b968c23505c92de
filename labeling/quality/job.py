"""The job that measures agreement."""

from __future__ import annotations

from django.db import transaction

from labeling.jobs.context import JobContext
from labeling.models import Job, Project
from labeling.quality.report import KEPT, keep, make_report

KIND = "agreement"


def run_agreement(context: JobContext) -> None:
    """Measure the project of the job. Cancelled, it keeps nothing; killed, it begins again; an attempt that lost the job stores nothing."""
    report = make_report(Project.objects.get(pk=context.project_id))
    if context.cancelled():
        return
    with transaction.atomic():
        context.checkpoint({})
        keep(report)
    context.result.update(report=report.pk, pairs=report.figures["overall"]["pairs"])
    ended = Job.objects.filter(project_id=context.project_id, kind=KIND, finished_at__isnull=False).order_by("-pk")
    Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[KEPT:])).delete()

"""The job that measures agreement."""

from __future__ import annotations

from labeling.jobs.context import JobContext
from labeling.models import Job, Project
from labeling.quality.report import KEPT, measure_agreement

KIND = "agreement"


def run_agreement(context: JobContext) -> None:
    """Measure the project of the job; killed, it begins again, for nothing of it is kept before the end."""
    report = measure_agreement(Project.objects.get(pk=context.project_id))
    context.result.update(report=report.pk, pairs=report.figures["overall"]["pairs"])
    ended = Job.objects.filter(project_id=context.project_id, kind=KIND, state=Job.State.DONE).order_by("-pk")
    Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[KEPT:])).delete()

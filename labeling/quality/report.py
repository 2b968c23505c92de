"""The agreement of a project: measured, kept, read again."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.db.models import Max

from labeling.models import Event, Project, Report
from labeling.quality.groups import BLIND, by_exposure, by_task, measure_groups, measure_people
from labeling.quality.measure import measure, measure_sample
from labeling.quality.pairs import read_pairs

# So many reports of a project are kept; older ones go when a new one is made.
KEPT = 10


def measure_agreement(project: Project) -> Report:
    """Measure the project as it is now and keep that.

    What is answered while this reads may or may not be in it; everything before the report's event is.
    """
    began = time.monotonic()
    event = Event.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"]
    pairs = read_pairs(project)
    blind = pairs.those(pairs.are_blind)
    figures: dict[str, Any] = {
        "overall": measure(blind, project.seed),
        "sample": measure_sample(blind, project.seed),
        "groups": {name: measure_groups(project, blind, key) for name, key in BLIND.items()}
        | {"exposure": measure_groups(project, pairs, by_exposure)},
        "people": measure_people(project, blind),
    }
    tasks = measure_groups(project, blind, by_task)
    return keep(Report(project=project, kind=Report.Kind.AGREEMENT, event_id=event, figures=figures, tasks=tasks), began)


@transaction.atomic
def keep(report: Report, began: float) -> Report:
    """Store the report that took since `began` (of the monotonic clock), and drop those that are older than the last `KEPT`."""
    report.seconds = round(time.monotonic() - began, 2)
    report.save()
    same = Report.objects.filter(project_id=report.project_id, kind=report.kind).order_by("-pk")
    last = list(same.values_list("pk", flat=True)[KEPT - 1 : KEPT])
    if last:
        same.filter(pk__lt=last[0]).delete()
    return report


def newest_report(project: Project) -> Report | None:
    """The last agreement report of the project, without its tasks; None if nothing was measured yet."""
    return Report.objects.filter(project=project, kind=Report.Kind.AGREEMENT).defer("tasks").order_by("-pk").first()

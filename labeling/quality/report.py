"""The agreement of a project: measured, kept, read again."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Project, Report
from labeling.quality.groups import BLIND, by_exposure, by_task, measure_groups, measure_people
from labeling.quality.measure import measure, measure_sample
from labeling.quality.pairs import read_pairs
from labeling.quality.versions import measure_versions

# So many reports of a project are kept; older ones go when a new one is made.
KEPT = 10


def measure_agreement(project: Project) -> Report:
    """Measure the project as it is now and keep that."""
    return keep(make_report(project))


def make_report(project: Project) -> Report:
    """The project as it is now, as a report that is not stored.

    Everything answered before `made_at` is in it; what is answered while this reads may or may not be.
    """
    made_at, began = timezone.now(), time.monotonic()
    pairs = read_pairs(project)
    blind, seed = pairs.those(pairs.are_blind), project.seed
    figures: dict[str, Any] = {
        "overall": measure(blind, seed),
        "sample": measure_sample(blind, seed),
        "groups": {name: measure_groups(blind, key, seed) for name, key in BLIND.items()}
        | {"exposure": measure_groups(pairs, by_exposure, seed)},
        "people": measure_people(blind, seed),
        "versions": measure_versions(project, blind, seed),
    }
    tasks, seconds = measure_groups(blind, by_task, seed), round(time.monotonic() - began, 2)
    return Report(project=project, kind=Report.Kind.AGREEMENT, made_at=made_at, seconds=seconds, figures=figures, tasks=tasks)


@transaction.atomic
def keep(report: Report) -> Report:
    """Store the report, and drop those that are older than the last `KEPT`."""
    report.save()
    same = Report.objects.filter(project_id=report.project_id, kind=report.kind).order_by("-pk")
    last = list(same.values_list("pk", flat=True)[KEPT - 1 : KEPT])
    if last:
        same.filter(pk__lt=last[0]).delete()
    return report


def newest_report(project: Project, kind: str = Report.Kind.AGREEMENT) -> Report | None:
    """The last report of one kind about the project, without its tasks; None if nothing was measured yet."""
    return Report.objects.filter(project=project, kind=kind).defer("tasks").order_by("-pk").first()

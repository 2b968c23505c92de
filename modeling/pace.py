"""How far a run is, and when its stage will be done."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from modeling.models import RunPoint, TrainingRun

Curve = list[tuple[int, float]]


def read_curves(run: TrainingRun) -> dict[str, dict[str, Curve]]:
    """The curves of a run by stage and name, each as (step, value) in order; stages in the order in which they began."""
    found: dict[str, dict[str, Curve]] = {}
    for stage, name, step, value in RunPoint.objects.filter(run=run).order_by("pk").values_list("stage", "name", "step", "value"):
        found.setdefault(stage, {}).setdefault(name, []).append((step, value))
    return {stage: {name: sorted(curve) for name, curve in curves.items()} for stage, curves in found.items()}


def estimate_left(run: TrainingRun, now: datetime | None = None) -> int | None:
    """Seconds until the stage it is at will be done at the pace of its points; None where it does not run or nobody can tell yet.

    A resumed run is measured from its first point after it was resumed.
    """
    if run.state != TrainingRun.State.RUNNING or not run.steps:
        return None
    points = RunPoint.objects.filter(run=run, stage=run.at_stage, step__lte=run.step)
    if run.job is not None and run.job.started_at is not None:
        points = points.filter(at__gte=run.job.started_at)
    first = points.order_by("step").values_list("step", "at").first()
    if first is None or run.step <= first[0]:
        return None
    per_step = ((now or timezone.now()) - first[1]).total_seconds() / (run.step - first[0])
    return max(0, round(per_step * (run.steps - run.step)))

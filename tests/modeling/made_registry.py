"""Snapshots, runs and versions as rows, without any training: for the pages that show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Project, User
from labeling.protocol.suggestions import store_version
from modeling.models import DriftLook, ModelVersion, Promotion, RunLine, RunPoint, Snapshot, TrainingRun
from modeling.net.config import PRESETS
from modeling.snapshots.filters import Filters
from tests.modeling.made_metrics import make_gate, make_metrics


def make_snapshot_row(project: Project, lead: User | None = None, filters: Filters | None = None, **fields: Any) -> Snapshot:
    """A snapshot whose files are not there."""
    filters = filters or Filters()
    number = project.snapshots.count() + 1
    values = {
        "split": filters.split,
        "filters": filters.to_json(),
        "counts": COUNTS,
        "sha256": f"{number:02d}" * 32,
        "folder": f"s/{number}",
    }
    return Snapshot.objects.create(project=project, number=number, created_by=lead, **values | fields)


COUNTS = {
    "candidates": 4620,
    "parts": {"train": 3600, "val": 450, "test": 520, "aside": 50},
    "labels": {"train": 3200, "val": 400, "test": 400, "aside": 12},
    "accepted": {"train": 1290, "val": 160, "test": 160, "aside": 5},
    "aside": {"test_side": 50},
    "no_label": {"undecided": 540, "old_image": 8, "adjudicated": 60},
    "how": {"consensus": 3400, "adjudication": 672},
    "assisted": {"labels": 1210, "down_weighted": 1210},
    "test_side": {"blind": 396, "not_blind": 4},
    "concepts": {"brf": 3900, "veq_clarity": 4100, "veq_realism": 4100, "cns_edit": 31},
    "not_applicable": {"cns_edit": 4000},
    "taught_by": {"stats-1": 1210},
    "left_out": {"withdrawn": 14, "no_image": 3},
    "divided": {
        "category:Digital": {"train": [1300, 520], "val": [160, 66], "test": [170, 70]},
        "category:Portrait": {"train": [1000, 400], "val": [120, 47], "test": [115, 45]},
        "category:Product": {"train": [900, 370], "val": [120, 47], "test": [115, 45]},
        "generator:model-a": {"train": [1700, 900], "val": [210, 110], "test": [200, 108]},
        "generator:model-b": {"train": [1500, 390], "val": [190, 50], "test": [200, 52]},
        "price:high": {"train": [1000, 400], "val": [130, 50], "test": [130, 52]},
        "price:low": {"train": [1200, 500], "val": [140, 60], "test": [140, 58]},
        "price:middle": {"train": [1000, 390], "val": [130, 50], "test": [130, 50]},
    },
}


def make_run_row(project: Project, lead: User | None = None, *, state: str = "done", preset: str = "stats", **fields: Any) -> TrainingRun:
    """A run that nobody did."""
    now = timezone.now()
    values: dict[str, Any] = {
        "config": PRESETS[preset]().to_json(),
        "wanted": Filters().to_json(),
        "started_at": now - timedelta(minutes=2) if state != "queued" else None,
        "finished_at": now if state not in ("queued", "running") else None,
        "metrics": make_metrics() if state == "done" else {},
        "code": "abc1234",
    }
    number = project.training_runs.count() + 1
    return TrainingRun.objects.create(project=project, number=number, created_by=lead, state=state, preset=preset, **values | fields)


def make_version_row(
    project: Project,
    lead: User | None = None,
    *,
    preset: str = "stats",
    gate: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] = {},
    **fields: Any,
) -> ModelVersion:
    """A version whose model is not there, with a finished run, its curves and its snapshot."""
    done = make_run_row(project, lead, preset=preset, **{"snapshot": make_snapshot_row(project, lead), **run})
    draw_curves(done)
    values = {
        "name": f"{preset}-{done.number}",
        "backend": preset,
        "folder": f"r/{done.number}",
        "sha256": "ab" * 32,
        "incumbent": project.model_version,
    }
    return ModelVersion.objects.create(project=project, run=done, gate=dict(make_gate() if gate is None else gate), **values | fields)


def draw_curves(run: TrainingRun, epochs: int = 12, per_epoch: int = 4) -> None:
    """Curves that fall, and a few lines of the log."""
    now, points = timezone.now(), []
    for stage, start in (("concepts", 1.6), ("decision_concepts", 0.69), ("decision_concat", 0.69)):
        for step in range(1, epochs * per_epoch + 1):
            value = start * (0.55 + 0.45 * 0.93**step)
            at = now - timedelta(seconds=epochs * per_epoch - step)
            points.append(RunPoint(run=run, stage=stage, name="train_loss", step=step, value=value, at=at))
            if step % per_epoch == 0:
                points.append(RunPoint(run=run, stage=stage, name="val_loss", step=step, value=value * 1.06, at=at))
    RunPoint.objects.bulk_create(points)
    say(run, _("Learns from snapshot %(number)s, SHA-256 %(sha256)s."), number=1, sha256="5f5f5f5f5f5f")
    say(run, _("Judged on the frozen blind test side."))


def say(run: TrainingRun, text: str, **values: Any) -> RunLine:
    """One line of the log of a run."""
    params = {"values": values} if values else {}
    return RunLine.objects.create(run=run, key=f"{text} {values}"[:64], text=text, params=params)


def make_look(project: Project, *, is_alarm: bool = False, **fields: Any) -> DriftLook:
    """A look at the version in use."""
    figures = {
        "rate": 0.41,
        "mean_p": 0.44,
        "ece": 0.071 if is_alarm else 0.028,
        "ece_limit": 0.045,
        "log_loss": 0.51,
        "log_loss_limit": 0.55,
    }
    return DriftLook.objects.create(
        project=project, model_version=project.model_version, n=420, figures=figures | fields, is_alarm=is_alarm
    )


def make_registry(project: Project, lead: User) -> list[ModelVersion]:
    """Three versions, each from the one before: the one in use, promoted against its gate, one that learned from what that had said,
    and one that passes; a run at work, and looks at how the first one does.
    """
    name = {"name": project.model_version, "preset": project.model_version.rpartition("-")[0]} if project.model_version else {}
    first = make_version_row(project, lead, gate=make_gate("too_few"), incumbent="", **name)
    reason = "Nothing better is there, and the test side grows."
    Promotion.objects.create(
        project=project, version=first, name=first.name, kind="overridden", reason=reason, created_by=lead, used_at=timezone.now()
    )
    if not name:
        store_version(project, first.name, lead)
    project.refresh_from_db()
    rivals = ("incumbent",)
    second = make_version_row(
        project,
        lead,
        parent=first,
        taught_by={first.name: 310},
        gate=make_gate("not_enough_evidence", rivals=rivals),
        run={"wanted": {"blind_only": True}},
    )
    third = make_version_row(project, lead, parent=second, gate=make_gate(rivals=rivals), run={"metrics": make_metrics(auc=0.85)})
    running = make_run_row(project, lead, state="running", at_stage="decision_concat", step=30, steps=48)
    draw_curves(running)
    for is_alarm in (False, True):
        make_look(project, is_alarm=is_alarm)
    return [first, second, third]

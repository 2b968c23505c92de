"""What a finished run leaves in the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from labeling.data_out.code_version import code_version
from labeling.jobs.context import JobContext
from labeling.models import Project, Suggestion
from modeling.card import write_card
from modeling.model_folder import MANIFEST, find_folder, hash_model
from modeling.models import ModelVersion, Snapshot, TrainingRun
from modeling.protocol.registry import find_used
from modeling.protocol.runs import lock_run


@transaction.atomic
def finish_concepts(context: JobContext, run: TrainingRun, metrics: dict[str, Any]) -> None:
    """A run of stage 1 alone is done: it makes no version, since it decides nothing. Locks run, then job."""
    locked = lock_run(run.pk)
    context.checkpoint({})
    if locked.state == TrainingRun.State.RUNNING:
        set_done(locked, metrics)


@transaction.atomic
def register(
    context: JobContext, run: TrainingRun, snapshot: Snapshot, metrics: dict[str, Any], incumbent: str, gate: dict[str, Any]
) -> ModelVersion | None:
    """The version that the run made; None where it was cancelled in the meantime. Locks the project, the run, then the job."""
    project = Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
    locked = lock_run(run.pk)
    context.checkpoint({})
    if locked.state != TrainingRun.State.RUNNING:
        return None
    set_done(locked, metrics)
    folder = find_folder(run.folder)
    version = ModelVersion.objects.create(
        project=project,
        name=choose_name(project, run),
        run=locked,
        parent=find_used(project),
        backend=read_manifest(folder)["backend"],
        folder=run.folder,
        sha256=hash_model(folder),
        incumbent=incumbent,
        gate=gate,
        taught_by=snapshot.counts.get("taught_by", {}),
    )
    write_card(version)
    context.result.update(run=str(run.public_id), version=version.name)
    return version


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the folder of a model says of it."""
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def set_done(locked: TrainingRun, metrics: dict[str, Any]) -> None:
    """Write that the locked run is done."""
    locked.state, locked.finished_at, locked.metrics = TrainingRun.State.DONE, Now(), metrics
    locked.code = code_version()
    locked.save(update_fields=["state", "finished_at", "metrics", "code"])
    locked.refresh_from_db()


def choose_name(project: Project, run: TrainingRun) -> str:
    """The name of the version: that of preset and run, and a further number where suggestions of that name were imported."""
    plain = name = f"{run.preset}-{run.number}"
    number = 1
    while is_taken(project, name):
        number += 1
        name = f"{plain}-{number}"
    return name


def is_taken(project: Project, name: str) -> bool:
    """Whether a version of this name speaks already."""
    said = Suggestion.objects.filter(project=project, model_version=name)
    return said.exists() or ModelVersion.objects.filter(project=project, name=name).exists()

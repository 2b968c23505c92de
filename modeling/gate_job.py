"""Judging a model on the frozen blind test side, beside the version in use or, where there is none, beside what needs no model."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling.jobs.context import JobContext, JobFailed
from labeling.models import Candidate, Project, Suggestion
from modeling.card import write_card
from modeling.gate_limits import note_limits
from modeling.model_folder import check_file, find_folder, load_folder, load_version, require_packages
from modeling.models import ModelVersion, Preset, TrainingRun
from modeling.net.records import Record
from modeling.net.watch import Stopped
from modeling.protocol.registry import find_used

logger = logging.getLogger(__name__)

PREDICTIONS = "predictions.jsonl"
# The probability of a candidate, by its public id.
Said = Mapping[str, float]


def judge_again(context: JobContext) -> None:
    """Compute the gate of the version of the params anew, on the decisions of now and against what is in use now.

    A version that came to use meanwhile keeps the verdict it has.
    """
    require_packages()
    from modeling.snapshots.read import read_records

    version = ModelVersion.objects.select_related("project", "run__snapshot", "run__stage1__snapshot").get(pk=context.params["version"])
    if version.run.snapshot is None:
        return
    records = read_records(version.run.snapshot)
    try:
        test = read_test_now(context, version.run, records)
    except Stopped:
        return
    incumbent, gate = judge_test(version.project, find_folder(version.folder), records, test, asks=True)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        context.checkpoint({})
        if project.model_version != version.name:
            version.incumbent, version.gate = incumbent, gate
            version.save(update_fields=["incumbent", "gate"])
            write_card(version)
    context.result = {"version": version.name, "verdict": version.gate.get("verdict", "")}


def judge_run(run: TrainingRun, records: Sequence[Record]) -> tuple[str, dict[str, Any]]:
    """The verdict on the model of a run, and the name of the version in use that it was compared with; '' where none is.

    `records` are those of the snapshot that it learned from. A version in use that needs an accelerator is asked where the run needs one
    too: elsewhere what it has stored counts, and the gate can be computed again.
    """
    used = find_used(run.project)
    asks = used is None or used.run.preset == Preset.STATS or run.preset != Preset.STATS
    test = leave_out_taught(run, records, find_test(run.project, records))
    return judge_test(run.project, find_folder(run.folder), records, test, asks=asks)


def judge_test(
    project: Project, folder: Path, records: Sequence[Record], test: Sequence[Record], *, asks: bool
) -> tuple[str, dict[str, Any]]:
    """The same on the candidates `test`. Those whose picture cannot be read, and those of which the version in use has said nothing,
    are left out and counted; `asks` whether it is asked about what it has not stored.
    """
    import numpy as np

    from modeling.net.gate import judge_gate

    incumbent = Project.objects.values_list("model_version", flat=True).get(pk=project.pk)
    said = read_said(folder, records, test)
    lost = sum(record.example.key not in said for record in test)
    test = [record for record in test if record.example.key in said]
    before = find_incumbent(project, incumbent, test, asks=asks) if incumbent else {}
    is_compared, unsaid = any(record.example.key in before for record in test), 0
    if is_compared:
        unsaid = sum(record.example.key not in before for record in test)
        test = [record for record in test if record.example.key in before]
        rivals = {"incumbent": np.array([before[record.example.key] for record in test])}
    else:
        rivals = find_baselines(records, test)
    gate = judge_gate(
        np.array([bool(record.accepts) for record in test], dtype=np.bool_),
        np.array([said[record.example.key] for record in test], dtype=np.float64),
        rivals,
        [record.group for record in test],
    )
    imported = sum(record.is_imported for record in test)
    # What is in use may have said nothing about the test side, with no model here to be asked.
    is_unknown = bool(incumbent) and not is_compared
    return incumbent, note_limits(gate, imported=imported, lost=lost, unsaid=unsaid, is_incumbent_unknown=is_unknown)


def find_test(project: Project, records: Sequence[Record]) -> list[Record]:
    """The records of the frozen test side that were decided blind, whatever the split of the run."""
    here = Candidate.objects.filter(project=project, bundle__task__is_test_side=True).values_list("public_id", flat=True)
    keys = set(map(str, here))
    return [record for record in records if record.example.key in keys and record.is_blind and record.accepts is not None]


def read_test_now(context: JobContext, run: TrainingRun, records: Sequence[Record]) -> list[Record]:
    """The test side as it is decided now, from a snapshot of its own; `records` are what the run learned from.

    Raises Stopped and JobFailed.
    """
    from modeling.snapshots.filters import NONE, Filters
    from modeling.snapshots.make import make_snapshot
    from modeling.snapshots.read import read_records

    snapshot = make_snapshot(run.project, Filters(concepts=NONE), None, cancelled=context.cancelled)
    return leave_out_taught(run, records, find_test(run.project, read_records(snapshot)))


def leave_out_taught(run: TrainingRun, records: Sequence[Record], test: Sequence[Record]) -> list[Record]:
    """Those of `test` that share nothing, as things are now, with a task that the run or its first stage learned from.

    A task may have come to the test side that shares a photo with one of those, or to share one: it tells nothing about the model.
    """
    from modeling.net.splits import find_groups
    from modeling.snapshots.divide import read_task_keys
    from modeling.snapshots.read import read_records

    learned = [*records, *(read_records(run.stage1.snapshot) if run.stage1 and run.stage1.snapshot else [])]
    groups = find_groups(read_task_keys(run.project))
    taught = {groups.get(record.example.order.task) for record in learned if record.part in ("train", "val")}
    return [record for record in test if groups.get(record.example.order.task) not in taught]


def read_said(folder: Path, records: Sequence[Record], test: Sequence[Record]) -> Said:
    """What the model in `folder` says of the test side: what it left when it was trained, and the rest computed now.

    What it left counts where order and pictures are still those of `records`. Those whose picture cannot be read are missing.
    """
    stored: dict[str, float] = {}
    if (file := folder / PREDICTIONS).exists():
        check_file(folder, PREDICTIONS)
        with file.open(encoding="utf-8") as lines:
            stored = {row["key"]: row["p"] for row in map(json.loads, lines)}
    seen = {record.example.key: record.example for record in records if record.example.key in stored}
    said = {record.example.key: stored[record.example.key] for record in test if seen.get(record.example.key) == record.example}
    if missing := [record.example for record in test if record.example.key not in said]:
        said |= {told.key: told.p_accept for told in load_folder(folder).predict(missing)}
    return said


def find_incumbent(project: Project, name: str, test: Sequence[Record], *, asks: bool) -> Said:
    """What the version in use says of the test side: what it stored and, where it is asked and can be, what is missing from its model."""
    keys = {record.example.key for record in test}
    rows = Suggestion.objects.filter(
        project=project, model_version=name, candidate__bundle__task__is_test_side=True, image=F("candidate__image")
    )
    said = {str(key): p for key, p in rows.values_list("candidate__public_id", "p_accept") if str(key) in keys}
    version = find_used(project)
    missing = [record.example for record in test if record.example.key not in said]
    if version is None or not missing or not asks:
        return said
    try:
        return {**said, **{told.key: told.p_accept for told in load_version(version).predict(missing)}}
    except (JobFailed, OSError) as problem:
        # Its files or its checkpoint are gone: no run that is trained is lost for that.
        logger.warning("the version in use %s cannot be asked: %s", version.pk, problem)
        return said


def find_baselines(records: Sequence[Record], test: Sequence[Record]) -> dict[str, Any]:
    """What a first model must beat: the share of accepted in training, and a logistic regression on judges' scores where there are any."""
    import numpy as np

    from modeling.net.baselines import fit_logistic, measure_base_rate

    train = [record for record in records if record.part == "train" and record.accepts is not None]
    rate = measure_base_rate(train)
    rivals: dict[str, Any] = {"base_rate": np.full(len(test), 0.5 if rate is None else rate)}
    if (logistic := fit_logistic(train)) is not None:
        rivals["logistic"] = logistic.predict(test)
    return rivals

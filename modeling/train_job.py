"""The job of a training run: what it learns from, training itself, and the version that comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.data_out.code_version import code_version
from labeling.jobs.context import JobContext, JobFailed
from modeling.many_processes import share
from modeling.model_folder import find_folder, make_room, require_packages
from modeling.models import Preset, Snapshot, TrainingRun
from modeling.net.config import TrainConfig
from modeling.net.records import Example, Record
from modeling.net.watch import Stopped, Watch
from modeling.protocol.runs import lock_run, set_running
from modeling.register import finish_concepts, register
from modeling.watch_rows import RowsWatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 20
# Up to so many images the small presets also learn the concepts of undecided ones. More of them make a run longer and, as measured,
# no better.
ENOUGH_FOR_CONCEPTS: Mapping[str, int] = {Preset.STATS: 2_000, Preset.TINY: 2_000}
# Images measured between two looks whether to stop.
AT_ONCE = 100


def train_run(context: JobContext) -> None:
    """Do the run of the params; killed, it goes on from its checkpoint, cancelled it leaves one.

    What fails ends the job; the reaper then ends the run (protocol/runs.py).
    """
    run = set_running(context, context.params["run"])
    if run is None:
        return
    watch = RowsWatch(context, run)
    try:
        do_run(context, run, watch)
    except Stopped:
        # Of the run alone; where the job was cancelled it says so by itself.
        pass
    finally:
        watch.flush()


def do_run(context: JobContext, run: TrainingRun, watch: RowsWatch) -> None:
    """Train, judge what came of it, and register it. Raises Stopped and JobFailed."""
    require_packages()
    from modeling.snapshots.read import read_records

    snapshot = find_snapshot(context, run, watch)
    records = read_records(snapshot)
    check_enough(records)
    make_room()
    share(run.pk)
    try:
        metrics = train_here(run, snapshot, records, watch)
    except ValueError as problem:
        raise JobFailed(_("This cannot be trained: %(problem)s"), {"problem": str(problem)}) from problem
    if run.stage == TrainingRun.Stage.CONCEPTS:
        finish_concepts(context, run, metrics)
        return
    watch.progress("gate", 0, 1)
    incumbent, gate = judge(run, records, watch)
    watch.flush()
    register(context, run, snapshot, metrics, incumbent, gate)


def find_snapshot(context: JobContext, run: TrainingRun, watch: RowsWatch) -> Snapshot:
    """What the run learns from: the snapshot it has, or one that is made now and kept for every attempt to come."""
    if run.snapshot is not None:
        return run.snapshot
    from modeling.snapshots.filters import Filters
    from modeling.snapshots.make import make_snapshot

    watch.progress("snapshot", 0, 1)
    made = make_snapshot(run.project, Filters.from_json(run.wanted), run.created_by, cancelled=context.cancelled)
    if context.was_cancelled:
        raise Stopped("stopped while the snapshot was made")
    with transaction.atomic():
        locked = lock_run(run.pk)
        context.checkpoint({})
        locked.snapshot = run.snapshot = made
        locked.save(update_fields=["snapshot"])
    watch.say(_("Learns from snapshot %(number)s, SHA-256 %(sha256)s."), number=made.number, sha256=made.sha256[:12])
    return made


def check_enough(records: Sequence[Record]) -> None:
    """Raise JobFailed where there is too little to learn from."""
    decided = [record.accepts for record in records if record.part in ("train", "val") and record.accepts is not None]
    if len(decided) < FEWEST:
        text = _("There are %(count)s decided candidates to learn from, outside the test side; at least %(fewest)s are needed.")
        raise JobFailed(text, {"count": len(decided), "fewest": FEWEST})
    if len(set(decided)) < 2:
        raise JobFailed(_("All decided candidates to learn from have the same answer; a model needs accepted and rejected ones."))


def choose_records(preset: str, records: Sequence[Record]) -> list[Record]:
    """Those that a run looks at: decided ones, and undecided ones that teach concepts, of which the small presets take a seeded few."""
    decided = [record for record in records if record.part != "aside" and record.accepts is not None]
    teach = [record for record in records if record.part in ("train", "val") and record.accepts is None and knows_concepts(record)]
    if preset in ENOUGH_FOR_CONCEPTS:
        teach.sort(key=lambda record: hashlib.sha256(record.example.key.encode()).digest())
        del teach[max(0, ENOUGH_FOR_CONCEPTS[preset] - len(decided)) :]
    chosen = {record.example.key for record in (*decided, *teach)}
    return [record for record in records if record.example.key in chosen]


def knows_concepts(record: Record) -> bool:
    """Whether anything is known of its concepts."""
    return bool(record.concepts or record.not_applicable)


def train_here(run: TrainingRun, snapshot: Snapshot, records: Sequence[Record], watch: Watch) -> dict[str, Any]:
    """The metrics of the run; its folder holds the model then. Raises Stopped, and ValueError for what cannot be trained."""
    from modeling.feature_store import stored_features
    from modeling.net.sources import Sources
    from modeling.net.train import train
    from modeling.snapshots.read import read_targets

    metrics = train(
        TrainConfig.from_json(run.config),
        choose_records(run.preset, records),
        find_folder(run.folder),
        sources=Sources(features=watched(stored_features, watch)),
        watch=watch,
        data_sha256=snapshot.sha256,
        targets=read_targets(snapshot),
        stage=run.stage,  # type: ignore[arg-type]  # the choices of the model are those of the literal
        stage1=find_folder(run.stage1.folder) if run.stage1 else None,
        whole=records,
        code=code_version(),
    )
    metrics["n"]["aside"] = sum(record.part == "aside" for record in records)
    return metrics


def watched(
    features: Callable[[Sequence[Example]], NDArray[np.float32]], watch: Watch
) -> Callable[[Sequence[Example]], NDArray[np.float32]]:
    """`features` in pieces, between which the run is told of and can be stopped: measuring thousands of images takes minutes."""

    def measure(examples: Sequence[Example]) -> NDArray[np.float32]:
        import numpy as np

        pieces = []
        for at in range(0, len(examples), AT_ONCE):
            pieces.append(features(examples[at : at + AT_ONCE]))
            watch.progress("features", min(at + AT_ONCE, len(examples)), len(examples))
            if watch.stopped():
                raise Stopped("stopped while images were measured")
        return np.concatenate(pieces) if pieces else features(examples)

    return measure


def judge(run: TrainingRun, records: Sequence[Record], watch: Watch) -> tuple[str, dict[str, Any]]:
    """The gate of what the run made: the name of the version it was compared with, '' for none, and the verdict."""
    from modeling.gate_job import judge_run

    watch.say(_("Judged on the frozen blind test side."))
    return judge_run(run, records)

"""A run on several processes of one `accelerate launch`: the first one makes the rows, the others learn from it what to train."""

from __future__ import annotations

import os

from modeling.net.watch import QuietWatch


def is_first() -> bool:
    """Whether this process makes the rows; so does one that was started alone."""
    return int(os.environ.get("RANK", "0")) == 0


def share(run_id: int | None) -> int:
    """The id of the run that all processes train: the first one tells it, the others give None and wait for it."""
    from torch import distributed

    from modeling.net import processes

    processes.start()
    box = [run_id]
    if processes.count() > 1:
        distributed.broadcast_object_list(box, src=0)
    if box[0] is None:
        raise ValueError("there is no run to train: the first process names it")
    return box[0]


def help_train() -> None:
    """Train with the first process, once it has the snapshot; nothing is written here."""
    from modeling.models import TrainingRun
    from modeling.snapshots.read import read_records
    from modeling.train_job import train_here

    run = TrainingRun.objects.select_related("snapshot", "stage1").get(pk=share(None))
    if run.snapshot is None:
        raise ValueError(f"{run} has no snapshot to train on")
    train_here(run, run.snapshot, read_records(run.snapshot), QuietWatch())

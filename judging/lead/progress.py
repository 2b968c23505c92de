"""How far a run is: done of all, how fast, when it ends, what failed and who is at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from judging.lead.words import name_why
from judging.models import Call, JudgeRun, RunBatch, Score
from labeling.models import Job

RATE_OVER_S = 60
# So many of the newest rows tell the rate: reading more would not make it truer, and takes time at every look.
LOOKED_AT = 2000


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `total` are questions, or bundles for plain code (`counts_bundles`).

    `per_second` is over the last minute, None where nothing runs; `seconds_left` None where nobody can tell.
    """

    done: int
    total: int
    counts_bundles: bool
    per_second: float | None
    seconds_left: int | None

    @property
    def ends_at(self) -> datetime | None:
        """When it will be done at this pace."""
        return None if self.seconds_left is None else timezone.now() + timedelta(seconds=self.seconds_left)


def read_progress(run: JudgeRun) -> Progress:
    """How far a planned run is."""
    calls = run.plan.get("calls", 0)
    done, total = (run.calls, calls) if calls else (run.bundles_done, run.bundles)
    per_second = measure_rate(run, counts_bundles=not calls) if run.state == JudgeRun.State.RUNNING else None
    left = max(total - done, 0)
    return Progress(
        done=min(done, total),
        total=total,
        counts_bundles=not calls,
        per_second=per_second,
        seconds_left=round(left / per_second) if per_second else None,
    )


def measure_rate(run: JudgeRun, counts_bundles: bool) -> float:
    """Questions, or bundles, in a second over the last minute, or since the run began if that is less."""
    now = timezone.now()
    since = max(now - timedelta(seconds=RATE_OVER_S), run.started_at or now)
    count, since = count_bundles(run, since) if counts_bundles else count_calls(run, since)
    return count / max((now - since).total_seconds(), 1.0)


def count_calls(run: JudgeRun, since: datetime) -> tuple[int, datetime]:
    """How many calls were stored since then; where they are more than are looked at, those and since when they came."""
    newest = list(Call.objects.filter(run=run).order_by("-pk").values_list("created_at", flat=True)[:LOOKED_AT])
    times = [at for at in newest if at >= since]
    return len(times), times[-1] if len(times) == LOOKED_AT else since


def count_bundles(run: JudgeRun, since: datetime) -> tuple[int, datetime]:
    """How many bundles were measured since then, told like calls."""
    newest = Score.objects.filter(run=run).order_by("-pk").values_list("bundle_id", "created_at")[:LOOKED_AT]
    seen = [(bundle, at) for bundle, at in newest if at >= since]
    return len({bundle for bundle, _at in seen}), seen[-1][1] if len(seen) == LOOKED_AT else since


def count_batches(run: JudgeRun) -> dict[str, int]:
    """How many batches of a run are in each state."""
    found = dict(RunBatch.objects.filter(run=run).order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state, 0) for state in RunBatch.State.values}


def count_unusable(run: JudgeRun) -> list[tuple[str, str, int]]:
    """(reason, reason in words, count) of the unusable replies of a run, most first."""
    if not run.unusable:
        return []
    rows = Call.objects.filter(run=run).exclude(why="").order_by().values_list("why").annotate(count=Count("pk"))
    return [(why, name_why(why), count) for why, count in sorted(rows, key=lambda row: (-row[1], row[0]))]


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A batch that somebody was asked to do: not begun while `since` is None; `heard_at` is when its worker last gave a sign."""

    number: int
    bundles: int
    done: int
    total: int | None
    attempt: int
    since: datetime | None
    heard_at: datetime | None


def list_at_work(run: JudgeRun) -> list[AtWork]:
    """The batches that are with a worker or wait for one."""
    taken = RunBatch.objects.filter(run=run, state=RunBatch.State.TAKEN, job__state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return [make_at_work(batch) for batch in taken.select_related("job").order_by("number")]


def make_at_work(batch: RunBatch) -> AtWork:
    """One batch with what its job tells."""
    job: Any = batch.job
    runs = job.state == Job.State.RUNNING
    return AtWork(
        number=batch.number,
        bundles=len(batch.bundles),
        done=job.done,
        total=job.total,
        attempt=job.attempt,
        since=job.started_at if runs else None,
        heard_at=job.heartbeat_at if runs else None,
    )


def list_failed(run: JudgeRun) -> Sequence[RunBatch]:
    """The first few batches that failed, each with its error."""
    return list(RunBatch.objects.filter(run=run, state=RunBatch.State.FAILED).order_by("number")[:10])

"""What the code of a job sees of its row."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from django.db import transaction

from labeling.jobs.fence import MESSAGE_LENGTH, JobLost, write
from labeling.models import Job, JobLine
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.stored_texts import make_params, put_together

# More often than this nobody reads the progress, and each write is a transaction.
PROGRESS_INTERVAL_S = 0.5


class JobFailed(Exception):
    """The job cannot be done; its text tells the person who started it why.

    `text` is stored as it is in the source, with the `values` that fill it and the place it is about, and translated when it is read.
    """

    def __init__(self, text: str, values: Mapping[str, Any] | None = None, where: str = "") -> None:
        super().__init__(text)
        self.text, self.params = text, make_params(values, where)

    def __str__(self) -> str:
        return put_together(self.text, self.params)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a job's report; `key` is unique in the job, so that a repeated unit reports once.

    `params` fills the sentence of `code` when somebody reads it, in their language.
    """

    key: str
    outcome: JobLine.Outcome
    file: str = ""
    line: int | None = None
    record: str = ""
    field: str = ""
    code: str = ""
    params: Mapping[str, str | int] = dataclass_field(default_factory=dict)


class JobContext:
    """One attempt at a job: its parameters, where the attempt before it came to, and the fenced ways to write to the row.

    `params` is what the job was created with. `restored` is the last checkpoint, {} on a first attempt. `result` is stored
    when the attempt ends. Every method raises JobLost once this attempt no longer owns the job; let that pass through.
    """

    def __init__(self, job: Job, fence: uuid.UUID, stop: threading.Event | None = None) -> None:
        self.job_id: int = job.pk
        self.project_id: int = job.project_id
        self.created_by_id: int | None = job.created_by_id
        self.attempt: int = job.attempt
        self.params: dict[str, Any] = job.params
        self.restored: dict[str, Any] = job.checkpoint
        self.result: dict[str, Any] = {}
        self.was_cancelled = False
        self._fence, self._stop = fence, stop
        self._progress_at = 0.0

    def require_open(self) -> None:
        """Raise JobFailed if the project was archived after the job was made, for a job that changes something in it."""
        try:
            require_open(self.project_id)
        except ProtocolError as refusal:
            raise JobFailed(refusal.text, refusal.values) from refusal

    def checkpoint(self, data: dict[str, Any]) -> None:
        """Store where to go on after a crash.

        Called in the transaction that writes a unit of work, it makes the two one: both are there afterwards, or neither.
        """
        write(self.job_id, self._fence, checkpoint=data)

    def progress(self, done: int, total: int | None = None, message: str = "", values: Mapping[str, Any] | None = None) -> None:
        """Show how far the job is; left out when the last call was moments ago, unless this is the last unit.

        `message` is a text of the source that `values` fill, translated when it is read, or a name that is the same in every language.
        """
        now = time.monotonic()
        if now - self._progress_at < PROGRESS_INTERVAL_S and done != total:
            return
        self._progress_at = now
        said = {"message": message[:MESSAGE_LENGTH], "message_params": make_params(values)}
        write(self.job_id, self._fence, done=done, total=total, **said)

    def cancelled(self) -> bool:
        """Whether somebody asked to stop; the job then ends as cancelled, so leave things whole and return."""
        row = Job.objects.filter(pk=self.job_id, fence=self._fence, state=Job.State.RUNNING).values_list("cancel_requested", flat=True)
        asked = row.first()
        if asked is None:
            raise JobLost(f"job {self.job_id} belongs to another attempt or has ended")
        self.was_cancelled = asked or (self._stop is not None and self._stop.is_set())
        return self.was_cancelled

    @transaction.atomic
    def report(self, lines: Iterable[Line], checkpoint: dict[str, Any] | None = None) -> None:
        """Add lines to the report, and store the checkpoint with them if there is one; a line whose key is there stays as it was."""
        self.report_inside(lines, checkpoint)

    def report_inside(self, lines: Iterable[Line], checkpoint: dict[str, Any] | None = None) -> None:
        """`report` as part of the transaction that the caller has begun, which ends with JobLost."""
        write(self.job_id, self._fence, **({} if checkpoint is None else {"checkpoint": checkpoint}))
        rows = [JobLine(job_id=self.job_id, **vars(line)) for line in lines]
        JobLine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)

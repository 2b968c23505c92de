"""The frame of every import: units of work in short transactions, each with its report and its checkpoint."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, tee
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from labeling.data_in.keep_pictures import Kept, Picture, begin_ahead, find_rows, wait_for
from labeling.data_in.problem import ImportProblem, Line, Outcome
from labeling.data_in.seen_files import SeenFiles
from labeling.jobs.context import JobContext, JobFailed
from labeling.jobs.context import Line as ReportLine
from labeling.models import Event, Generator, Image, Job, JobLine, Project, User
from labeling.stored_texts import as_in_source

# How long a person who cancels may wait between two units; asking before each would cost a query for every small task.
ASK_INTERVAL_S = 0.5
# Units that are looked at together, and reported together if they change nothing.
AT_ONCE = 400

# Writes the rows of a unit, inside a transaction, and says what became of them; images by the file they came in.
UnitWork = Callable[[Mapping[str, Image]], list[Line]]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What is written whole or not at all: a task, a bundle, a line of labels.

    `name` is unique in the import and makes the keys of its report. `pictures` are stored before `write` is called. `text` with
    `values` says what it is in a text to be translated, where its name is no name of something in the files.
    """

    name: str
    write: UnitWork
    pictures: tuple[Picture, ...] = ()
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


# The units among those given that change nothing, each with its lines of the report.
Skim = Callable[[Sequence[Unit]], Mapping[str, list[Line]]]
# A unit, and its lines if it changes nothing.
Planned = tuple[Unit, list[Line] | None]


class Import:
    """One attempt at an import: its job, project and starter; a dry run undoes every unit after looking at it."""

    def __init__(self, context: JobContext) -> None:
        self.context = context
        self.project = Project.objects.get(pk=context.project_id)
        self.actor: User | None = User.objects.filter(pk=context.created_by_id).first() if context.created_by_id else None
        self.dry_run = bool(context.params.get("dry_run"))
        self.job = Job.objects.get(pk=context.job_id)
        self.units = self.units_done = 0
        self.seen: SeenFiles | None = None
        # Those that an earlier unit has written; a dry run undoes them.
        self.generators: dict[str, Generator] = {}
        self._asked_at = 0.0

    def report_read(self, lines: Iterable[Line]) -> None:
        """Add what the reader found wrong before any unit was written."""
        self.context.report(make_report_lines("", lines))

    def run_units(self, units: Sequence[Unit], skim: Skim | None = None) -> bool:
        """Do the units that the last attempt has not done, in order; False if somebody cancelled on the way.

        `skim` says of several units at once which of them change nothing.
        """
        self.units, self.units_done = len(units), self.find_start(units)
        ahead, plan = tee(plan_units(units[self.units_done :], skim))
        pictures = (picture for unit, lines in ahead if lines is None for picture in unit.pictures)
        with begin_ahead(pictures, dry_run=self.dry_run) as begun:
            for changes_nothing, group in groupby(plan, key=lambda item: item[1] is not None):
                for items in batches(group, AT_ONCE if changes_nothing else 1):
                    if self.is_cancelled():
                        return False
                    if changes_nothing:
                        self.pass_over(items)
                    else:
                        self.run_unit(items[0][0], *wait_for(islice(begun, len(items[0][0].pictures)), self.seen))
                    last = items[-1][0]
                    self.context.progress(self.units_done, self.units, last.text or last.name, last.values)
        return True

    def pass_over(self, items: Sequence[Planned]) -> None:
        """Report units that change nothing, in one transaction with their checkpoint."""
        lines = [line for unit, lines in items for line in make_report_lines(unit.name, lines or [])]
        self.context.report(lines, {"units": self.units_done + len(items), "last": items[-1][0].name})
        self.units_done += len(items)

    @transaction.atomic
    def run_unit(self, unit: Unit, kept: dict[str, Kept], lines: list[Line]) -> None:
        """Write one unit; its rows, its report and its checkpoint are one transaction."""
        with transaction.atomic(savepoint=self.dry_run):
            lines = [*lines, *unit.write(find_rows(kept))]
            transaction.set_rollback(self.dry_run)
        self.context.report_inside(make_report_lines(unit.name, lines), {"units": self.units_done + 1, "last": unit.name})
        self.units_done += 1

    def find_start(self, units: Sequence[Unit]) -> int:
        """How many units the last attempt has done; 0 if the source has changed since, because then the rest is not the same rest."""
        done = int(self.context.restored.get("units", 0))
        return done if 0 < done <= len(units) and units[done - 1].name == self.context.restored.get("last") else 0

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop, as of half a second ago at most. Raises JobFailed if the project was archived by then."""
        now = time.monotonic()
        if now - self._asked_at < ASK_INTERVAL_S:
            return False
        self._asked_at = now
        self.context.require_open()
        return self.context.cancelled()

    def close(self, failure: JobFailed | None = None) -> None:
        """Store the counts of the report as the job's result, log that something was imported, and drop the upload."""
        counts = Counter(JobLine.objects.filter(job=self.job).values_list("outcome", flat=True))
        result = {
            "dry_run": self.dry_run,
            "units": self.units,
            "units_done": self.units_done,
            "counts": {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome},
        }
        with transaction.atomic():
            error = {"text": failure.text, **failure.params} if failure else None
            self.context.checkpoint({"result": result, "error": error})
            if not self.dry_run and counts[Outcome.CREATED] + counts[Outcome.UPDATED]:
                data = {"job": str(self.job.public_id), "what": self.job.kind, "counts": result["counts"]}
                Event.objects.create(project=self.project, actor=self.actor, kind=Event.Kind.IMPORTED, data=data)
        self.context.result = result
        if upload := self.context.params["source"].get("upload"):
            default_storage.delete(upload)


def plan_units(units: Sequence[Unit], skim: Skim | None) -> Iterator[Planned]:
    """The units in order, each with its lines if it changes nothing; asked for many at a time."""
    for start in range(0, len(units), AT_ONCE):
        some = units[start : start + AT_ONCE]
        known = skim(some) if skim else {}
        yield from ((unit, known.get(unit.name)) for unit in some)


def batches(items: Iterable[Planned], size: int) -> Iterator[list[Planned]]:
    """`items` in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def make_report_lines(unit: str, lines: Iterable[Line]) -> list[ReportLine]:
    """`lines` as the job's report stores them; the name of the unit makes their keys, so that a repeated unit reports once."""
    return [
        ReportLine(
            key=f"{unit}/{number}",
            outcome=JobLine.Outcome(line.outcome.value),
            file=line.file,
            line=line.line,
            record=line.record,
            field=line.field,
            code=line.code.value if line.code else "",
            params=dict(line.params),
        )
        for number, line in enumerate(lines)
    ]


def make_job(load: Callable[[Import], None]) -> Callable[[JobContext], None]:
    """The job kind of an import: a source that cannot be read at all fails the job with the problem's own words."""

    def run(context: JobContext) -> None:
        if "result" in context.restored:
            # The attempt before had done everything, and was killed before it could say so.
            context.result = context.restored["result"]
            if error := context.restored["error"]:
                raise JobFailed(error["text"], error.get("values"), error.get("where", ""))
            return
        work = Import(context)
        try:
            load(work)
        except ImportProblem as problem:
            failure = JobFailed(as_in_source(problem.code.label), problem.params, problem.where)
            work.close(failure)
            raise failure from problem
        except JobFailed as failure:
            work.close(failure)
            raise
        work.close()

    run.__doc__ = load.__doc__
    return run


def plain_counts(result: dict[str, Any]) -> dict[str, int]:
    """The counts of an import's result by outcome; zeros where the import ended before it counted."""
    counts: dict[str, int] = result.get("counts", {})
    return {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}

"""The frame of every import: units of work in short transactions, each with its report and its checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

from labeling.data_in.problem import ImportProblem, Line, Outcome
from labeling.jobs.context import JobContext, JobFailed
from labeling.jobs.context import Line as ReportLine
from labeling.models import JobLine, Project, User

Unit = TypeVar("Unit")


@dataclass(frozen=True, kw_only=True)
class Import:
    """One attempt at an import: its job, project and starter; a dry run undoes every unit after looking at it."""

    context: JobContext
    project: Project
    actor: User | None
    dry_run: bool

    @classmethod
    def of(cls, context: JobContext) -> Import:
        """The import that `context` is an attempt at."""
        actor = User.objects.filter(pk=context.created_by_id).first() if context.created_by_id else None
        project = Project.objects.get(pk=context.project_id)
        return cls(context=context, project=project, actor=actor, dry_run=bool(context.params.get("dry_run")))

    def report(self, unit: str, lines: Iterable[Line]) -> None:
        """Add the lines of one unit to the report; its name makes their keys, so that a repeated unit reports once."""
        self.context.report(make_report_line(f"{unit}/{number}", line) for number, line in enumerate(lines))

    def run_units(self, units: Sequence[Unit], name: Callable[[Unit], str], work: Callable[[Unit], UnitWork]) -> bool:
        """Do the units that the last attempt has not done, in order; False if somebody cancelled on the way.

        `work` does what needs no transaction (storing images) and returns the part that writes rows. The rows, the report
        and the checkpoint of a unit are one transaction.
        """
        done = int(self.context.restored.get("units", 0))
        for number, unit in enumerate(units[done:], start=done + 1):
            if self.context.cancelled():
                return False
            write = work(unit)
            with transaction.atomic():
                lines = self.write_or_look(write)
                self.report(name(unit), lines)
                self.context.checkpoint({"units": number})
            self.context.progress(number, len(units), name(unit))
        return True

    def write_or_look(self, write: UnitWork) -> list[Line]:
        """The lines of a unit; in a dry run its rows are undone, whatever they were."""
        with transaction.atomic():
            lines = write()
            transaction.set_rollback(self.dry_run)
        return lines

    def finish(self, units: int) -> None:
        """Store the counts of the report as the job's result."""
        rows = JobLine.objects.filter(job_id=self.context.job_id)
        counts = Counter(rows.values_list("outcome", flat=True))
        self.context.result = {
            "dry_run": self.dry_run,
            "units": units,
            "counts": {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome},
        }


UnitWork = Callable[[], list[Line]]


def make_report_line(key: str, line: Line) -> ReportLine:
    """`line` as the job's report stores it."""
    return ReportLine(
        key=key,
        outcome=JobLine.Outcome(line.outcome.value),
        file=line.file,
        line=line.line,
        record=line.record,
        field=line.field,
        code=line.code.value if line.code else "",
        reason=line.reason,
    )


def fail_plainly(load: Callable[[Import], None]) -> Callable[[JobContext], None]:
    """The job kind of an import: a source that cannot be read at all fails the job with the problem's own words."""

    def run(context: JobContext) -> None:
        try:
            load(Import.of(context))
        except ImportProblem as problem:
            raise JobFailed(str(problem)) from problem

    run.__doc__ = load.__doc__
    return run


def plain_counts(result: dict[str, Any]) -> dict[str, int]:
    """The counts of an import's result by outcome; zeros where the import ended before it counted."""
    counts: dict[str, int] = result.get("counts", {})
    return {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}

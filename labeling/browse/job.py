"""The job that does something to every candidate that matches: each in a transaction of its own, with the place it came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.browse.find import count_found, read_all
from labeling.browse.orders import ById, find_ends
from labeling.browse.wanted import Wanted, find_matching, read_params
from labeling.jobs.context import JobContext, JobFailed, Line
from labeling.models import Candidate, JobLine, Project, User
from labeling.protocol.many import Act, act_on_one
from labeling.protocol.outcome import ProtocolError

KIND = "many"


@dataclass(kw_only=True)
class Position:
    """How far the job is: the last candidate treated, the last there was when it began, and what became of those so far."""

    after: int
    last: int
    changed: int = 0
    refused: int = 0


def make_params(act: Act, wanted: Wanted, reason: str, batch: int = 0) -> dict[str, Any]:
    """What a job is told; `batch` is the number of that into which candidates are put."""
    return {"act": act, "wanted": wanted.as_params(), "reason": reason} | ({"batch": batch} if act == "batch" else {})


def act_on_many(context: JobContext) -> None:
    """Do the act of the job to each candidate that matches when its turn comes; refused ones are lines of the report.

    Cancelled or killed, it has done whole candidates and none twice. Candidates made after it began are left alone.
    """
    project = Project.objects.get(pk=context.project_id)
    lead = find_lead(context)
    wanted = read_params(context.params["wanted"])
    position = Position(**context.restored) if context.restored else begin(context, project)
    count = count_found(project, wanted, ById())
    # Of those treated before some no longer match, so what is left is counted beside them.
    total = position.changed + position.refused + count.number if count.is_exact and not context.restored else None
    context.result.update(result_of(context, position))
    for piece in read_all(project, wanted, ById(), start=(position.after,)):
        for (pk,) in piece:
            if pk > position.last or context.cancelled():
                return
            treat(context, pk, lead, wanted, position)
            context.result.update(result_of(context, position))
            context.progress(position.changed + position.refused, total)


def find_lead(context: JobContext) -> User:
    """Who started the job; raises JobFailed if nobody did, for each change names somebody."""
    lead = User.objects.filter(pk=context.created_by_id or 0).first()
    if lead is None:
        raise JobFailed(_("Nobody is known to have started this, so nobody could be named for the changes."))
    return lead


def begin(context: JobContext, project: Project) -> Position:
    """The place before the first candidate."""
    _lowest, last = find_ends(project)
    position = Position(after=0, last=last)
    context.checkpoint(asdict(position))
    return position


def treat(context: JobContext, pk: int, lead: User, wanted: Wanted, position: Position) -> None:
    """Do the act to one candidate, or note why not; the place moves on in the same transaction."""
    found = Candidate.objects.select_related("bundle__task", "bundle__generator", "deliverable").get(pk=pk)

    def is_wanted(candidate: Candidate) -> bool:
        return bool(find_matching(Candidate.objects.filter(pk=candidate.pk), wanted))

    lines: list[Line] = []
    position.after = pk
    with transaction.atomic():
        try:
            act = cast(Act, context.params["act"])
            position.changed += act_on_one(act, found.public_id, lead, context.params["reason"], is_wanted, context.params.get("batch", 0))
        except ProtocolError as refusal:
            if refusal.code == "not_allowed":
                raise JobFailed(_("Whoever started this no longer leads the project.")) from refusal
            if refusal.code == "archived":
                raise JobFailed(refusal.text, refusal.values) from refusal
            position.refused += 1
            lines = [Line(key=str(pk), outcome=JobLine.Outcome.REJECTED, record=name_candidate(found), code=refusal.code)]
        context.report(lines, checkpoint=asdict(position))


def name_candidate(candidate: Candidate) -> str:
    """The candidate as reports name it: generator, task, deliverable."""
    name = f"{candidate.bundle.generator.slug}/{candidate.bundle.task.external_id}/{candidate.deliverable.number}"
    return name if candidate.sample == 1 else f"{name}.{candidate.sample}"


def result_of(context: JobContext, position: Position) -> dict[str, Any]:
    """What the job came to."""
    return {"act": context.params["act"], "changed": position.changed, "refused": position.refused}

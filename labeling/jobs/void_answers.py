"""The job that voids a person's answers by range, one candidate at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobContext, JobFailed, Line
from labeling.lead.voiding import NAMED, VoidRange, choose_answers, name_candidate
from labeling.models import Candidate, JobLine, Project, User
from labeling.models.voiding import Voiding
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.void import void_answers

VOID = "void_answers"
PAGE = 200


def void_range(context: JobContext) -> None:
    """Void the range of the params `range` for `reason`, in the name of whoever started the job.

    A candidate, its line of the report and the checkpoint are one transaction: killed, the next attempt goes on after the last
    one; cancelled, it stops between two, and what is void stays so.
    """
    wanted = VoidRange.from_params(context.params["range"])
    project = Project.objects.get(pk=context.project_id)
    lead = User.objects.filter(pk=context.created_by_id).first() if context.created_by_id else None
    if lead is None:
        raise JobFailed(_("Nobody is named who started this, and only a lead may void answers."))
    state: dict[str, Any] = {"after": 0, "done": 0, "rows": 0, "counts": {}, **context.restored}
    left = choose_answers(project, wanted).filter(candidate__gt=state["after"]).order_by().values("candidate").distinct()
    total = left.count() + state["done"]
    for candidate in candidates_of(project, wanted, state["after"]):
        if context.cancelled():
            break
        void_one(context, candidate, lead, wanted, state)
        context.progress(state["done"], max(total, state["done"]))
    context.result = {"counts": state["counts"], "candidates": state["done"], "void": state["rows"]}


def candidates_of(project: Project, wanted: VoidRange, after: int) -> Iterator[Candidate]:
    """The candidates of the range with a row id above `after`, read in pages."""
    while True:
        ids = choose_answers(project, wanted).filter(candidate__gt=after).order_by("candidate_id").values_list("candidate_id", flat=True)
        page = Candidate.objects.select_related(*NAMED).in_bulk(list(dict.fromkeys(ids[:PAGE])))
        if not page:
            return
        yield from (page[pk] for pk in sorted(page))
        after = max(page)


@transaction.atomic
def void_one(context: JobContext, candidate: Candidate, lead: User, wanted: VoidRange, state: dict[str, Any]) -> None:
    """Void what the range has of one candidate, and write down what came of it; `state` becomes the new checkpoint."""
    chosen = list(choose_answers(candidate.project, wanted).filter(candidate=candidate).values_list("pk", flat=True))
    try:
        with transaction.atomic():
            voided = void_answers(candidate.pk, lead, wanted.person, chosen, context.params["reason"])
    except ProtocolError as error:
        if error.code not in Voiding.values:
            raise JobFailed(error.text, error.values) from error
        code, rows = error.code, 0
    else:
        code, rows = voided.effect.value, voided.answers + voided.adjudications
    state["counts"][code] = state["counts"].get(code, 0) + 1
    state |= {"after": candidate.pk, "done": state["done"] + 1, "rows": state["rows"] + rows}
    context.report([make_line(candidate, code)], state)


def make_line(candidate: Candidate, code: str) -> Line:
    """The line of the report about one candidate."""
    unchanged, refused = (
        code == Voiding.NOTHING_LEFT,
        code
        in (
            Voiding.WITHDRAWN,
            Voiding.TOO_FEW_PEOPLE,
            Voiding.NO_ADJUDICATOR,
            Voiding.IS_EXAMPLE,
        ),
    )
    outcome = JobLine.Outcome.REJECTED if refused else JobLine.Outcome.UNCHANGED if unchanged else JobLine.Outcome.UPDATED
    return Line(key=str(candidate.pk), outcome=outcome, record=name_candidate(candidate)[:200], code=code)

"""The gallery as its leads see it: also the examples that are not shown at the moment, and why."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from labeling.models import Candidate, Decision, Event, Example, Membership, Project, State


@dataclass(frozen=True, kw_only=True)
class ExampleLine:
    """One example with the decision of its candidate (None where none stands); `hidden` says why nobody sees it, '' if it is shown."""

    example: Example
    decision: Decision | None
    hidden: str


def list_lines(project: Project) -> list[ExampleLine]:
    """Every example of the project in order."""
    rows = project.examples.in_order().select_related("candidate__deliverable", "candidate__bundle__task", "image")
    examples = list(rows)
    shown = set(project.examples.shown().values_list("pk", flat=True))
    standing = Decision.objects.current().filter(candidate__in=[row.candidate_id for row in examples])
    decisions = {decision.candidate_id: decision for decision in standing}
    return [
        ExampleLine(
            example=row, decision=decisions.get(row.candidate_id), hidden="" if row.pk in shown else tell_hidden(row, row.candidate)
        )
        for row in examples
    ]


def tell_hidden(example: Example, candidate: Candidate) -> str:
    """Why an example is not on the guidelines page, and what its lead can do."""
    if candidate.round != example.round or candidate.image_id != example.image_id:
        return _("Not shown: the candidate began a new round since. Take this out; it can be added again once it is settled.")
    if candidate.state == State.WITHDRAWN:
        return _("Not shown: the candidate is withdrawn. It comes back here if it is put back.")
    return _("Not shown: the candidate is not settled at the moment.")


def find_example(candidate: Candidate) -> Example | None:
    """The example made of `candidate`, None if it is none."""
    return Example.objects.filter(candidate=candidate).first()


def count_witnesses(candidate: Candidate) -> int | None:
    """How many people who answer in its project could see the decision of `candidate` in the gallery; None if it never was there.

    Everybody who answers here now is counted: who looked at the page is not written down.
    """
    if not Event.objects.filter(candidate=candidate, kind=Event.Kind.EXAMPLE_ADDED).exists():
        return None
    members = Membership.objects.active().filter(project_id=candidate.project_id)
    return members.exclude(can_label=False, can_adjudicate=False).count()

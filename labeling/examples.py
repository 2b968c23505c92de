"""The gallery of closed examples as everybody in a project sees it.

Made from values, like a card: no generator, no person, no note, and no task text that a card would not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.text import Truncator

from labeling.models import Answer, Assignment, Category, Decision, Example, Project, Purpose, Reason, Verdict

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EXCERPT = 240  # characters of the brief
READ = ("candidate__deliverable", "candidate__bundle__task", "image")


@dataclass(frozen=True, kw_only=True)
class ExampleCard:
    """One example: its picture, what was asked for, what was decided and why, and what the lead says it shows."""

    public_id: UUID
    caption: str
    category: StrOrPromise
    title: str
    deliverable: str
    brief: str
    verdict: str
    reasons: list[StrOrPromise]
    screen: str
    full: str
    width: int
    height: int


def list_examples(project: Project) -> list[ExampleCard]:
    """The examples that are shown now, in the lead's order, in a fixed number of statements."""
    standing = Decision.objects.current().filter(candidate__in=project.examples.values("candidate"))
    rows = project.examples.shown().select_related(*READ).prefetch_related(Prefetch("candidate__decisions", standing))
    examples = list(rows)
    reasons = find_reasons(examples)
    # One that is being decided anew between the two statements has no decision any more.
    decided = {example.candidate_id: list(example.candidate.decisions.all()) for example in examples}
    return [
        make_card(project, example, decided[example.candidate_id][0], reasons.get(example.candidate_id, set()))
        for example in examples
        if decided[example.candidate_id]
    ]


def find_reasons(examples: list[Example]) -> dict[int, set[str]]:
    """The reasons behind each decision, by candidate: the adjudicator's alone where there was one, else those of either answer."""
    deciding = Assignment.objects.filter(
        candidate__in=[example.candidate_id for example in examples],
        status="submitted",
        purpose__in=[Purpose.PRIMARY, Purpose.ADJUDICATION],
    )
    newest = deciding.prefetch_related(Prefetch("answers", Answer.objects.order_by("number"))).order_by("candidate_id", "purpose", "pk")
    rounds = {example.candidate_id: example.round for example in examples}
    found: dict[int, dict[str, set[str]]] = {}
    for row in newest:
        if row.round == rounds[row.candidate_id]:
            given = list(row.answers.all())[-1].reasons
            found.setdefault(row.candidate_id, {}).setdefault(row.purpose, set()).update(given)
    return {pk: given.get(Purpose.ADJUDICATION, given.get(Purpose.PRIMARY, set())) for pk, given in found.items()}


def make_card(project: Project, example: Example, decision: Decision, reasons: set[str]) -> ExampleCard:
    """One example whose rows `list_examples` has read."""
    task = example.candidate.bundle.task
    screen, full = (reverse("labeling:example_image", args=[project.slug, example.public_id, size]) for size in ("screen", "full"))
    return ExampleCard(
        public_id=example.public_id,
        caption=example.caption,
        category=Category(task.category).label,
        title=task.name,
        deliverable=example.candidate.deliverable.name,
        brief=Truncator(" ".join(task.brief.split())).chars(EXCERPT),
        verdict=decision.verdict,
        reasons=[reason.label for reason in Reason if reason in reasons] if decision.verdict == Verdict.REJECT else [],
        screen=screen,
        full=full,
        width=example.image.width,
        height=example.image.height,
    )

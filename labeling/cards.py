"""What a person sees of a candidate, and nothing else.

Every page of annotators and adjudicators is rendered from these values alone, never from rows: no generator, seat, state,
file name or row number can reach a template by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from labeling.models import Answer, Asset, Assignment, Candidate, Category, Image, Project, Purpose, Reason, State, Status, Task
from labeling.rule_lines import RuleLine, list_rules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONG_BRIEF = 600  # characters; a longer one starts folded, because its points stand above it
CARD_ROWS = Assignment.objects.select_related(
    "project", "image", "skip", "candidate__image", "candidate__deliverable__task", "candidate__bundle"
).prefetch_related(
    "candidate__deliverable__task__points",
    Prefetch("candidate__deliverable__task__assets", Asset.objects.select_related("image")),
    Prefetch("candidate__bundle__candidates", Candidate.objects.select_related("deliverable", "image")),
    "answers",
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture in its three sizes; `width` and `height` are pixels of the full size."""

    number: int
    thumb: str
    screen: str
    full: str
    width: int
    height: int
    is_this: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing a digit chooses: a reject reason, a skip reason, a reason class. `digit` never moves with the task."""

    digit: int
    code: str
    label: StrOrPromise

    @property
    def command(self) -> str:
        """The name of this choice in the key map."""
        return f"choice_{self.digit}"


@dataclass(frozen=True, kw_only=True)
class OwnAnswer:
    """The person's own newest answer, and how long it may still be changed (None: no longer)."""

    public_id: UUID
    verdict: str
    reasons: tuple[str, ...]
    labels: tuple[StrOrPromise, ...]
    note: str
    changeable_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class RevealCard:
    """Both primary answers beside the adjudicator's own, in the order the protocol drew; no names. `key` is that of its form."""

    assignment: UUID
    is_open: bool
    own: OwnAnswer
    primaries: list[OwnAnswer]
    reasons: list[Choice]
    key: UUID


@dataclass(frozen=True, kw_only=True)
class Card:
    """A candidate beside its brief, as one person sees it. `key` is the idempotency key of its plain form.

    `brief_changed`: the task is no longer what it was when this person was shown the candidate.
    """

    assignment: UUID
    project: Project
    category: StrOrPromise
    title: str
    brief: str
    price_usd: Decimal
    number: int
    quantity: int
    deliverable: str
    rules: list[RuleLine]
    points: list[str]
    candidate: Picture
    strip: list[Picture]
    references: list[Picture]
    sources: list[Picture]
    missing_references: int
    is_editing: bool
    source_missing: bool
    reasons: list[Choice]
    is_open: bool
    is_late: bool = False
    own: OwnAnswer | None = None
    is_counted: bool = True
    brief_changed: bool = False
    is_adjudication: bool = False
    reveal: RevealCard | None = None
    key: UUID

    @property
    def brief_is_long(self) -> bool:
        """Whether the full brief starts folded."""
        return len(self.brief) > LONG_BRIEF

    @property
    def compare_with(self) -> Picture | None:
        """What the compare key puts beside the candidate: the source of an edit, else the first reference."""
        return next(iter([*self.sources, *self.references]), None)

    @property
    def can_slide(self) -> bool:
        """Whether before and after are the same view, so that one can slide over the other."""
        return self.is_editing and bool(self.sources)


def make_cards(assignments: Sequence[Assignment]) -> list[Card]:
    """The cards of `assignments` in the same order, in a fixed number of queries.

    The rows are read anew: what a caller has read of some of them already would keep the rest from being read together.
    """
    ids = [row.pk for row in assignments]
    rows = {row.pk: row for row in CARD_ROWS.filter(pk__in=ids)} if ids else {}
    return [make_card(rows[pk]) for pk in ids]


def make_card(row: Assignment) -> Card:
    """The card of one assignment whose rows `make_cards` has read."""
    deliverable = row.candidate.deliverable
    task = deliverable.task
    siblings = find_siblings(row.candidate)
    references, sources = (find_assets(row, task, role) for role in (Asset.Role.REFERENCE, Asset.Role.SOURCE))
    return Card(
        assignment=row.public_id,
        project=row.project,
        category=Category(task.category).label,
        title=task.name,
        brief=task.brief,
        price_usd=task.unit_price_usd,
        number=deliverable.number,
        quantity=task.quantity,
        deliverable=deliverable.name,
        rules=list_rules(deliverable.rules, row.image),
        points=[point.text for point in task.points.all()],
        candidate=make_picture(row, "candidate", deliverable.number, row.image, is_this=True),
        strip=[
            make_picture(row, "candidate", number, row.image, is_this=True)
            if number == deliverable.number
            else make_picture(row, "sibling", number, image)
            for number, image in siblings
        ],
        references=references,
        sources=sources,
        missing_references=sum(1 for asset in task.assets.all() if asset.role == Asset.Role.REFERENCE and asset.image is None),
        is_editing=task.is_editing,
        source_missing=task.is_editing and not sources,
        reasons=list_reasons(is_editing=task.is_editing, is_set=task.quantity > 1),
        is_open=row.status in (Status.LEASED, Status.RELEASED) and not hasattr(row, "skip"),
        is_late=row.status == Status.RELEASED,
        own=find_own_answer(row),
        is_counted=row.status != Status.SURPLUS,
        brief_changed=row.task_version != task.version,
        is_adjudication=row.purpose != Purpose.PRIMARY,
        key=uuid4(),
    )


def find_siblings(candidate: Candidate) -> list[tuple[int, Image]]:
    """The delivery `candidate` belongs to, as (deliverable number, picture): its own and the submitted sample of the others.

    Held pictures stay in: leaving them out would tell that somebody reported them.
    """
    pictures = {
        other.deliverable.number: other.image
        for other in candidate.bundle.candidates.all()
        if other.is_submitted_sample and other.image is not None and other.state not in (State.STAGED, State.WITHDRAWN)
    }
    if candidate.image is not None:
        pictures[candidate.deliverable.number] = candidate.image
    return sorted(pictures.items())


def find_assets(row: Assignment, task: Task, role: Asset.Role) -> list[Picture]:
    """The pictures of one role that the imported copy holds, in order."""
    assets = [asset for asset in task.assets.all() if asset.role == role]
    return [make_picture(row, role.value, asset.number, asset.image) for asset in assets if asset.image is not None]


def make_picture(row: Assignment, role: str, number: int, image: Image, is_this: bool = False) -> Picture:
    """The addresses of one picture, named by the assignment through which this person may see it."""
    thumb, screen, full = (
        reverse("labeling:image", args=[row.project.slug, row.public_id, role, number, size]) for size in ("thumb", "screen", "full")
    )
    return Picture(number=number, thumb=thumb, screen=screen, full=full, width=image.width, height=image.height, is_this=is_this)


def list_reasons(*, is_editing: bool, is_set: bool) -> list[Choice]:
    """The reject reasons a task offers; one that cannot apply is left out, and the others keep their digit."""
    hidden = set() if is_editing else {Reason.EDIT_LEAKS}
    hidden |= set() if is_set else {Reason.SET_DIFFERS}
    return [
        Choice(digit=digit, code=reason.value, label=reason.label) for digit, reason in enumerate(Reason, start=1) if reason not in hidden
    ]


def find_own_answer(row: Assignment) -> OwnAnswer | None:
    """The answer that stands on `row`, None while it has none."""
    newest = max(row.answers.all(), key=lambda answer: answer.number, default=None)
    if newest is None or newest.verdict is None or row.status not in (Status.SUBMITTED, Status.SURPLUS):
        return None
    is_changeable = row.status == Status.SUBMITTED and row.purpose == Purpose.PRIMARY and row.editable_until is not None
    left = row.editable_until - timezone.now() if is_changeable and row.editable_until else timedelta(0)
    return describe_answer(newest, left if left > timedelta(0) else None)


def describe_answer(answer: Answer, changeable_for: timedelta | None = None) -> OwnAnswer:
    """`answer` as it is shown, without its author."""
    return OwnAnswer(
        public_id=answer.public_id,
        verdict=str(answer.verdict),
        reasons=tuple(answer.reasons),
        labels=tuple(Reason(reason).label for reason in answer.reasons),
        note=answer.note,
        changeable_for=changeable_for,
    )

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

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from labeling.card_pieces import Piece, Pieces, read_pieces
from labeling.models import LABELLING, Answer, Arm, Asset, Assignment, Candidate, Category, Image, Project, Reason, State, Status
from labeling.protocol.arms import PREFILLED
from labeling.rule_lines import RuleLine, list_rules
from labeling.suggested import SuggestionLine, tell_suggestion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONG_BRIEF = 600  # characters; a longer one starts folded, because its points stand above it
CARD_ROWS = Assignment.objects.select_related("project", "image", "skip", "suggestion", "candidate__deliverable", "candidate__bundle__task")


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
    suggestion: SuggestionLine | None
    reasons: list[Choice]
    key: UUID


@dataclass(frozen=True, kw_only=True)
class Card:
    """A candidate beside its brief, as one person sees it. `key` is the idempotency key of its plain form.

    `brief_changed`: the task is no longer what it was when this person was shown the candidate. `is_revealing`: their blind answer is in,
    and the suggestion waits for them to keep or change it.
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
    # Only what this person was drawn to see, and not before they were.
    suggestion: SuggestionLine | None = None
    is_revealing: bool = False
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
    """The cards of `assignments` in the same order, in a fixed number of queries: at most three.

    A lease that was just made comes with what its card needs; other rows are read anew, together.
    """
    lacking = [row.pk for row in assignments if not is_read(row)]
    rows = {row.pk: row for row in assignments} | ({row.pk: row for row in CARD_ROWS.filter(pk__in=lacking)} if lacking else {})
    prefetch_related_objects([row for row in rows.values() if row.status != Status.LEASED or row.arm == Arm.REVEAL], "answers")
    pieces = read_pieces(rows.values())
    return [make_card(rows[row.pk], pieces) for row in assignments]


def is_read(row: Assignment) -> bool:
    """Whether `row` is a lease that was just made and holds all the rows its card is made of."""
    made = row.status == Status.LEASED and Assignment.candidate.is_cached(row) and Assignment.image.is_cached(row)
    return made and Candidate.deliverable.is_cached(row.candidate) and Candidate.bundle.is_cached(row.candidate)


def make_card(row: Assignment, pieces: Pieces) -> Card:
    """The card of one assignment whose rows `make_cards` has read."""
    deliverable, task = row.candidate.deliverable, row.candidate.bundle.task
    references, sources = pieces.of(Asset.Role.REFERENCE, task.pk), pieces.of(Asset.Role.SOURCE, task.pk)
    address = find_address(row)
    this = make_picture(address, "candidate", deliverable.number, row.image.width, row.image.height, is_this=True)
    shown_sources = make_pictures(address, sources)
    own = find_own_answer(row)
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
        points=[point.text for point in pieces.of("point", task.pk)],
        candidate=this,
        strip=make_strip(address, this, pieces.of("sibling", row.candidate.bundle_id)),
        references=make_pictures(address, references),
        sources=shown_sources,
        missing_references=sum(1 for reference in references if reference.width is None),
        is_editing=task.is_editing,
        source_missing=task.is_editing and not shown_sources,
        reasons=list_reasons(is_editing=task.is_editing, is_set=task.quantity > 1),
        is_open=row.status == Status.LEASED or (row.status == Status.RELEASED and not hasattr(row, "skip")),
        is_late=row.status == Status.RELEASED,
        own=own,
        suggestion=tell_suggestion(row.suggestion) if sees_suggestion(row) else None,
        is_revealing=is_revealing(row) and own is not None and own.changeable_for is not None,
        is_counted=row.status != Status.SURPLUS,
        brief_changed=row.task_version != task.version,
        is_adjudication=row.purpose not in LABELLING,
        key=uuid4(),
    )


def sees_suggestion(row: Assignment) -> bool:
    """Whether the person may see the suggestion now: pre-filled from the start, or once their blind answer is in."""
    return row.arm in PREFILLED or (row.arm == Arm.REVEAL and bool(row.answers.all()))


def is_revealing(row: Assignment) -> bool:
    """Whether the newest answer is the blind one, so that the suggestion is news."""
    newest = newest_answer(row) if row.arm == Arm.REVEAL else None
    return newest is not None and newest.exposure == Answer.Exposure.NONE


def newest_answer(row: Assignment) -> Answer | None:
    """The answer that was given last; None while there is none."""
    return max(row.answers.all(), key=lambda answer: answer.number, default=None)


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


def find_address(row: Assignment) -> str:
    """Where the pictures are that a person may see through `row`; `{role}/{number}/{size}` comes behind it."""
    return reverse("labeling:image", args=[row.project.slug, row.public_id, "role", 0, "size"]).removesuffix("role/0/size")


def make_picture(address: str, role: str, number: int, width: int, height: int, is_this: bool = False) -> Picture:
    """The addresses of one picture, named by the assignment through which this person may see it."""
    thumb, screen, full = (f"{address}{role}/{number}/{size}" for size in ("thumb", "screen", "full"))
    return Picture(number=number, thumb=thumb, screen=screen, full=full, width=width, height=height, is_this=is_this)


def make_pictures(address: str, pieces: Sequence[Piece]) -> list[Picture]:
    """The pictures of one role that the imported copy holds, in order."""
    there = ((piece, piece.width, piece.height) for piece in pieces)
    return [make_picture(address, piece.kind, piece.number, width, height) for piece, width, height in there if width and height]


def make_strip(address: str, this: Picture, siblings: Sequence[Piece]) -> list[Picture]:
    """The delivery that the picture `this` belongs to, in order; this one stays in whatever has become of it."""
    others = make_pictures(address, [sibling for sibling in siblings if sibling.number != this.number])
    return sorted([this, *others], key=lambda picture: picture.number)


def list_reasons(*, is_editing: bool, is_set: bool) -> list[Choice]:
    """The reject reasons a task offers; one that cannot apply is left out, and the others keep their digit."""
    hidden = set() if is_editing else {Reason.EDIT_LEAKS}
    hidden |= set() if is_set else {Reason.SET_DIFFERS}
    return [
        Choice(digit=digit, code=reason.value, label=reason.label) for digit, reason in enumerate(Reason, start=1) if reason not in hidden
    ]


def find_own_answer(row: Assignment) -> OwnAnswer | None:
    """The answer that stands on `row`, None while it has none."""
    if row.status not in (Status.SUBMITTED, Status.SURPLUS):
        return None
    newest = newest_answer(row)
    if newest is None or newest.verdict is None:
        return None
    is_changeable = row.status == Status.SUBMITTED and row.purpose in LABELLING and row.editable_until is not None
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

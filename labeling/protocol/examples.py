"""The gallery of closed examples: choosing a candidate, its caption, its place, and taking it out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Candidate, Event, Example, Project, Purpose, QState, State, User
from labeling.protocol.adjudicate import REVEAL_STANDS_AFTER
from labeling.protocol.archive import require_open
from labeling.protocol.hold import lock_for_lead
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import live_rows, lock_candidate, record_change, require_right

CAPTION_LIMIT = 500
MOST_EXAMPLES = 60


@transaction.atomic
def add_example(public_id: UUID, lead: User, caption: str) -> Example:
    """Show a settled candidate on the guidelines page, after the others. Its answers must be past changing."""
    candidate = lock_for_lead(public_id, lead)
    caption = check_caption(caption)
    if Example.objects.filter(candidate=candidate).exists():
        raise ProtocolError("is_example", _("This candidate is an example already."))
    if candidate.state != State.SETTLED or candidate.image is None:
        raise ProtocolError("not_settled", _("Only a settled candidate with an image can be an example."))
    if not is_closed(candidate, timezone.now()):
        raise ProtocolError("not_closed", _("Its answers can still be changed, or somebody is to look at it once more. Try again later."))
    others = Example.objects.filter(project=candidate.project).order_by("-place", "-pk")
    if others.count() >= MOST_EXAMPLES:
        raise ProtocolError("gallery_full", _("There are %(most)d examples already. Take one out first."), most=MOST_EXAMPLES)
    last = others.first()
    example = Example.objects.create(
        project=candidate.project,
        candidate=candidate,
        round=candidate.round,
        image=candidate.image,
        caption=caption,
        place=last.place + 1 if last else 1,
    )
    record_change(candidate, Event.Kind.EXAMPLE_ADDED, lead, caption=caption)
    return example


def is_closed(candidate: Candidate, now: datetime) -> bool:
    """Whether nobody can change an answer of the candidate's round any more: windows over, a reveal confirmed or its day over.

    Nor may it wait for an audit or a second adjudication: everybody can read on the guidelines page how an example was decided.
    """
    if candidate.q_state != QState.DONE:
        return False
    for row in live_rows(candidate):
        if row.editable_until is not None and row.editable_until > now and row.purpose == Purpose.PRIMARY:
            return False
        is_pending = row.purpose == Purpose.ADJUDICATION and row.confirmed_at is None
        if is_pending and row.submitted_at is not None and row.submitted_at > now - REVEAL_STANDS_AFTER:
            return False
    return True


@transaction.atomic
def change_caption(project: Project, lead: User, public_id: UUID, caption: str) -> Example:
    """Say something else about an example."""
    example, candidate = lock_example(project, lead, public_id)
    example.caption = check_caption(caption)
    example.save(update_fields=["caption"])
    record_change(candidate, Event.Kind.EXAMPLE_CHANGED, lead, caption=example.caption)
    return example


@transaction.atomic
def remove_example(project: Project, lead: User, public_id: UUID) -> None:
    """Take an example out of the gallery; the log keeps that it was there, and since when."""
    example, candidate = lock_example(project, lead, public_id)
    example.delete()
    record_change(candidate, Event.Kind.EXAMPLE_REMOVED, lead)


@transaction.atomic
def move_example(project: Project, lead: User, public_id: UUID, step: int) -> None:
    """Move an example `step` places, -1 up or 1 down; at the end of the list it stays."""
    require_right(project, lead, "is_lead")
    # One change of the order at a time; the rows are renumbered.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    rows = list(Example.objects.filter(project=project).in_order())
    at = next((n for n, row in enumerate(rows) if row.public_id == public_id), None)
    if at is None:
        raise no_example()
    to = min(max(0, at + step), len(rows) - 1)
    if to == at:
        return
    rows.insert(to, rows.pop(at))
    for place, row in enumerate(rows, start=1):
        row.place = place
    Example.objects.bulk_update(rows, ["place"])
    Event.objects.create(project=project, actor=lead, kind=Event.Kind.EXAMPLES_ORDERED, data={"order": [row.pk for row in rows]})


def lock_example(project: Project, lead: User, public_id: UUID) -> tuple[Example, Candidate]:
    """An example of a project that `lead` leads, with its candidate locked."""
    require_right(project, lead, "is_lead")
    found = Example.objects.filter(project=project, public_id=public_id).values_list("candidate_id", flat=True).first()
    if found is None:
        raise no_example()
    candidate = lock_candidate(found)
    require_open(project.pk)
    # Read after the lock: somebody else may just have taken it out.
    example = Example.objects.filter(project=project, public_id=public_id).first()
    if example is None:
        raise no_example()
    return example, candidate


def no_example() -> ProtocolError:
    """The refusal of an example that is not there, or no longer."""
    return ProtocolError("not_found", _("There is no such example."))


def check_caption(caption: str) -> str:
    """The caption without blanks around it; raises ProtocolError if it is empty or too long."""
    caption = caption.strip()
    if not caption:
        raise ProtocolError("caption_required", _("Say what the example shows."))
    if len(caption) > CAPTION_LIMIT:
        raise ProtocolError("caption_too_long", _("The caption is longer than %(limit)d characters."), limit=CAPTION_LIMIT)
    return caption

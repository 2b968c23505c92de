"""What a lead does to a candidate: hold, put back, withdraw, reopen, replace its image."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Candidate, Event, Example, Image, Purpose, State, Status, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import release
from labeling.protocol.record import find_imported, lock_candidate, move_to, record_change, require_right
from labeling.protocol.staff import read_staff

PEOPLE_NEEDED = 3


def lock_for_lead(public_id: UUID, lead: User) -> Candidate:
    """Lock a candidate of a project that `lead` leads; raises ProtocolError otherwise, or if it is archived."""
    pk = Candidate.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise ProtocolError("not_found", _("There is no such candidate."))
    candidate = lock_candidate(pk)
    require_right(candidate.project, lead, "is_lead")
    require_open(candidate.project_id)
    return candidate


def move_out(candidate: Candidate, state: State, reason: str) -> None:
    """Mark the locked candidate as held or withdrawn for `reason`; the caller records the change."""
    if not reason.strip():
        raise ProtocolError("reason_required", _("Say why."))
    move_to(candidate, state)
    candidate.reason = reason.strip()[:300]


@transaction.atomic
def hold_candidate(public_id: UUID, lead: User, reason: str) -> Candidate:
    """Take an open or disputed candidate out of the queue until the lead decides. Leases in hand go on and count."""
    candidate = lock_for_lead(public_id, lead)
    if candidate.state not in (State.OPEN, State.DISPUTED):
        raise ProtocolError("not_open", _("Only an open or disputed candidate can be held."))
    move_out(candidate, State.HELD, reason)
    record_change(candidate, Event.Kind.HELD, lead, reason=candidate.reason)
    return candidate


@transaction.atomic
def return_candidate(public_id: UUID, lead: User) -> Candidate:
    """Put a held or withdrawn candidate back to where its answers leave it."""
    candidate = lock_for_lead(public_id, lead)
    if candidate.state not in (State.HELD, State.WITHDRAWN):
        raise ProtocolError("not_held", _("This candidate is neither held nor withdrawn."))
    if candidate.image_id is None and find_imported(candidate) is None:
        raise no_image()
    if candidate.deliverable.number > candidate.bundle.task.quantity:
        raise ProtocolError("not_asked_for", _("The task no longer asks for this image, so there is nothing to answer."))
    move_to(candidate, State.OPEN)
    record_change(candidate, Event.Kind.UNHELD, lead)
    return candidate


@transaction.atomic
def withdraw_candidate(public_id: UUID, lead: User, reason: str) -> Candidate:
    """Leave a candidate out of exports and settlement from now on, with its reason; its leases end, its answers stay."""
    candidate = lock_for_lead(public_id, lead)
    if candidate.state == State.WITHDRAWN:
        raise ProtocolError("withdrawn", _("This candidate is withdrawn already."))
    withdraw_locked(candidate, lead, reason)
    return candidate


def withdraw_locked(candidate: Candidate, actor: User | None, reason: str) -> None:
    """Withdraw the locked candidate and end its leases."""
    move_out(candidate, State.WITHDRAWN, reason)
    release_all(candidate, actor, "withdrawn")
    record_change(candidate, Event.Kind.WITHDRAWN, actor, reason=candidate.reason)


@transaction.atomic
def reopen_candidate(public_id: UUID, lead: User, reason: str) -> Candidate:
    """Start a new round of a candidate; the old answers stay with the old round.

    Anyone may answer in it except the adjudicator of the round before. Raises ProtocolError if that leaves fewer than
    three people, or while the candidate is an example.
    """
    candidate = lock_for_lead(public_id, lead)
    if candidate.state in (State.STAGED, State.WITHDRAWN):
        raise not_reopenable()
    if not reason.strip():
        raise ProtocolError("reason_required", _("Say why."))
    check_no_example(candidate)
    start_round(candidate, lead)
    record_change(candidate, Event.Kind.REOPENED, lead, reason=reason.strip()[:300])
    return candidate


@transaction.atomic
def replace_image(public_id: UUID, lead: User, image: Image, reason: str) -> Candidate:
    """Give a candidate another image and start a new round; the old image stays with the old answers.

    A candidate that had no image gets its first one: a decision imported for it stands.
    """
    candidate = lock_for_lead(public_id, lead)
    if candidate.state == State.WITHDRAWN:
        raise not_reopenable()
    if candidate.image_id == image.pk:
        raise ProtocolError("same_image", _("This is the image the candidate has already."))
    old = candidate.image.sha256 if candidate.image else None
    candidate.image = image
    if old is not None and (candidate.assignments.exists() or candidate.decisions.exists()):
        start_round(candidate, lead)
    elif candidate.state != State.STAGED:
        move_to(candidate, State.OPEN)
    record_change(candidate, Event.Kind.IMAGE_REPLACED, lead, old=old, new=image.sha256, reason=reason)
    return candidate


def check_no_example(candidate: Candidate) -> None:
    """Raise ProtocolError if everybody can see on the guidelines page how the locked candidate was decided."""
    if Example.objects.filter(candidate=candidate).exists():
        text = _("This candidate is an example on the guidelines page, where everybody sees its decision. Take it out of there first.")
        raise ProtocolError("is_example", text)


def start_round(candidate: Candidate, actor: User | None) -> None:
    """Move the locked candidate to a new, empty round; the caller records the change."""
    if candidate.image_id is None:
        raise no_image()
    check_people(candidate)
    release_all(candidate, actor, "reopened")
    candidate.round += 1
    move_to(candidate, State.OPEN)


def not_reopenable() -> ProtocolError:
    """The refusal to start a round of a candidate that is staged or withdrawn."""
    return ProtocolError("not_reopenable", _("Put this candidate back to the queue first."))


def no_image() -> ProtocolError:
    """The refusal to open a candidate that nobody could look at."""
    return ProtocolError("no_image", _("This candidate has no image, so nobody can answer it."))


def check_people(candidate: Candidate) -> None:
    """Raise ProtocolError if fewer than three people could answer the candidate's next round."""
    former = find_adjudicators([candidate.pk]).filter(round=candidate.round).values_list("person", flat=True)
    able = len(read_staff(candidate.project_id).of(candidate.lane).people - set(former))
    if able < PEOPLE_NEEDED:
        raise ProtocolError(
            "too_few_people", _("A new round needs three people besides its last adjudicator; there are %(able)d."), able=able
        )


def find_adjudicators(candidate_ids: Sequence[int]) -> QuerySet[Assignment]:
    """The adjudications, in any round, after which somebody may not answer in the round that follows: voided ones too."""
    return Assignment.objects.filter(
        candidate__in=candidate_ids, purpose=Purpose.ADJUDICATION, status__in=[Status.SUBMITTED, Status.VOID]
    ).order_by()


def release_all(candidate: Candidate, actor: User | None, reason: str) -> None:
    """End every lease of the locked candidate's round."""
    for lease in candidate.assignments.filter(status=Status.LEASED, round=candidate.round).order_by("id"):
        release(candidate, lease, reason, actor)

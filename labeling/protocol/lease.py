"""Taking work: what a person holds, and leasing more of it in the person's own order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labeling.models import Assignment, Candidate, Event, Project, Purpose, QState, Status, User, WalkPosition
from labeling.protocol import queue
from labeling.protocol.reading import find_unread
from labeling.protocol.reap import promote_ready, reap_due
from labeling.protocol.record import live_rows, lock_candidate, lock_right, record_change, require_right

PLACES = 1 << 40
TOP = (PLACES << 8) - 1
# Half-taken candidates come first only this far ahead of one's own place, so that orders stay apart.
WINDOW = TOP // 32
HELD_AT_MOST = 3
AHEAD_LEASE = timedelta(minutes=3)
LONGEST_LEASE = timedelta(minutes=60)


def take_cards(project: Project, person: User, shown: UUID | None = None, ahead: bool = True) -> list[Assignment]:
    """What `person` holds as primary, the one on screen first, filled up to three with new leases.

    `shown` says which one the page shows now; it gets the full lease. With `ahead` false no more than one is leased.
    Raises ProtocolError if the person may not label here. A paused project leases nothing new, and neither does one whose
    guideline the person has to read first.
    """
    require_right(project, person, "can_label")
    reap_due(project.pk, limit=5)
    if shown is not None:
        promote(shown, person, project)
    cards = held_cards(project, person)
    if cards and cards[0].is_ahead:
        promote(cards[0].public_id, person, project)
        cards = held_cards(project, person)
    wanted = 0 if project.paused else (HELD_AT_MOST if ahead else 1)
    # What is in hand is done under the guideline it was taken under; new work waits until the person has read a new one.
    if len(cards) < wanted and find_unread(project, person) is not None:
        return cards
    while len(cards) < wanted:
        lease = lease_primary(project, person)
        if lease is None:
            break
        cards.append(lease)
    return cards


def held_cards(project: Project, person: User) -> list[Assignment]:
    """The live primary leases of a person: the one on screen, newest first if there are several, then those ahead in order."""
    leases = Assignment.objects.leased_by(person.pk, project.pk).filter(purpose=Purpose.PRIMARY)
    cards = list(leases.select_related("candidate__deliverable", "candidate__bundle__task", "image"))
    shown = [card for card in reversed(cards) if not card.is_ahead]
    return shown + [card for card in cards if card.is_ahead]


def promote(public_id: UUID, person: User, project: Project) -> None:
    """Turn a lease taken ahead into a full one, because its candidate is on screen now."""
    now = timezone.now()
    Assignment.objects.filter(public_id=public_id, person=person, project=project, status=Status.LEASED, is_ahead=True).update(
        is_ahead=False, leased_at=now, lease_until=now + timedelta(minutes=project.lease_minutes)
    )


def keep_lease(public_id: UUID, person: User, project: Project | None = None) -> datetime | None:
    """Extend a lease after input, to at most 60 minutes after it began, and return its end; None if it is no longer the person's."""
    lease = Assignment.objects.select_related("project").filter(public_id=public_id, person=person, status=Status.LEASED).first()
    if lease is None or (project is not None and lease.project_id != project.pk):
        return None
    if lease.is_ahead:
        promote(public_id, person, lease.project)
        lease.refresh_from_db()
    until = min(timezone.now() + timedelta(minutes=lease.project.lease_minutes), lease.leased_at + LONGEST_LEASE)
    Assignment.objects.filter(pk=lease.pk, status=Status.LEASED, lease_until__lt=until).update(lease_until=until)
    # Read again: the lease may have ended while this waited for the reaper.
    return Assignment.objects.filter(pk=lease.pk, status=Status.LEASED).values_list("lease_until", flat=True).first()


def keep_ahead(project: Project, person: User) -> int:
    """Extend what the person holds ahead, because the heartbeat says that the page is in use, to at most 60 minutes; return how many."""
    now = timezone.now()
    ahead = Assignment.objects.leased_by(person.pk, project.pk).filter(is_ahead=True, lease_until__gt=now)
    return ahead.filter(leased_at__gt=now + AHEAD_LEASE - LONGEST_LEASE).order_by().update(lease_until=now + AHEAD_LEASE)


@transaction.atomic
def lease_primary(project: Project, person: User) -> Assignment | None:
    """Lease the next candidate in the person's order; None if there is none for them now.

    Locks the person's membership (two tabs of one person take turns), then one candidate.
    """
    lock_right(project, person, "can_label")
    count = count_held(project.pk, person.pk)
    if count >= HELD_AT_MOST:
        return None
    position = find_position(project, person)
    for head in primary_heads(project, person, position):
        if queue.lock_head(head) and (lease := take_seat(lock_candidate(head.id), person, is_ahead=count > 0)):
            WalkPosition.objects.filter(pk=position.pk).update(sort=head.sort, bundle=lease.candidate.bundle_id)
            return lease
    return None


def count_held(project_id: int, person_id: int) -> int:
    """How many primary leases a person holds in a project."""
    return Assignment.objects.leased_by(person_id, project_id).filter(purpose=Purpose.PRIMARY).count()


def find_position(project: Project, person: User) -> WalkPosition:
    """The person's place in the project's order; the first one is seeded by project and person."""
    digest = hashlib.sha256(f"{project.seed} walk {person.pk}".encode()).digest()
    defaults = {"sort": int.from_bytes(digest[:8], "big") % TOP}
    return WalkPosition.objects.get_or_create(project=project, person=person, defaults=defaults)[0]


def primary_heads(project: Project, person: User, position: WalkPosition) -> Iterator[queue.Head]:
    """Candidates for the person in order: the bundle last served, half-taken ones close ahead, fresh ones, then the rest.

    A last, deep look comes only before the person would be told that there is nothing.
    """
    here, me = position.sort, person.pk
    if position.bundle_id is not None:
        yield from queue.bundle_heads(position.bundle_id, me, here)
    yield from queue.half_heads(project.pk, me, here, min(here + WINDOW, TOP))
    yield from queue.fresh_heads(project.pk, me, here, TOP)
    yield from queue.fresh_heads(project.pk, me, 0, here)
    yield from queue.half_heads(project.pk, me, here, TOP)
    yield from queue.half_heads(project.pk, me, 0, here)
    yield from queue.fresh_heads(project.pk, me, 0, TOP, queue.DEEP)
    yield from queue.half_heads(project.pk, me, 0, TOP, queue.DEEP)


def take_seat(candidate: Candidate, person: User, is_ahead: bool) -> Assignment | None:
    """Give the locked candidate's free seat to `person`; None if there is none after all."""
    rows = live_rows(candidate)
    taken = {row.seat for row in rows}
    if candidate.q_state not in (QState.FRESH, QState.HALF) or len(taken) > 1 or any(row.person_id == person.pk for row in rows):
        return None
    # Asked again under the lock: in another tab the person may just have skipped it.
    if not queue.may_have([candidate.pk], person.pk, queue.MAY_LABEL):
        return None
    length = AHEAD_LEASE if is_ahead else timedelta(minutes=candidate.project.lease_minutes)
    return make_lease(candidate, person, Purpose.PRIMARY, 2 if 1 in taken else 1, length, is_ahead)


def make_lease(
    candidate: Candidate, person: User, purpose: Purpose, seat: int | None, length: timedelta, is_ahead: bool = False
) -> Assignment:
    """Write a lease on the locked candidate."""
    now = timezone.now()
    if candidate.image_id is None:
        raise ValueError(f"candidate {candidate.pk} is in the queue without an image")
    lease = Assignment.objects.create(
        project_id=candidate.project_id,
        candidate=candidate,
        person=person,
        purpose=purpose,
        round=candidate.round,
        seat=seat,
        is_ahead=is_ahead,
        leased_at=now,
        lease_until=now + length,
        image_id=candidate.image_id,
        task_version=candidate.bundle.task.version,
    )
    record_change(candidate, Event.Kind.LEASED, person, lease)
    return lease


def lease_dispute(project: Project, person: User) -> Assignment | None:
    """Lease the adjudication of a dispute the person answered no part of; None if there is none now.

    Locks the person's membership, then one candidate.
    """
    promote_ready(project.pk, limit=5)
    with transaction.atomic():
        lock_right(project, person, "can_adjudicate")
        held = Assignment.objects.leased_by(person.pk, project.pk).filter(purpose=Purpose.ADJUDICATION).first()
        if held is not None:
            return held
        for depth in (queue.NEAR, queue.DEEP):
            for head in queue.dispute_heads(project.pk, person.pk, depth):
                if queue.lock_head(head) and (lease := take_dispute(lock_candidate(head.id), person)):
                    return lease
    return None


def take_dispute(candidate: Candidate, person: User) -> Assignment | None:
    """Give the adjudication of the locked candidate to `person`; None if it is not theirs to have after all."""
    if candidate.q_state != QState.DISPUTED or not queue.may_have([candidate.pk], person.pk, queue.MAY_ADJUDICATE):
        return None
    return make_lease(candidate, person, Purpose.ADJUDICATION, None, timedelta(minutes=candidate.project.lease_minutes))

"""Taking work: what a person holds, and leasing more of it in the person's own order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labeling.models import LABELLING, Arm, Assignment, Candidate, Event, Membership, Project, Purpose, QState, Status, User, WalkPosition
from labeling.prepared import Prepared, insert_row, update_row
from labeling.protocol import queue
from labeling.protocol.arms import arm_of, choose_seat, draw_arms
from labeling.protocol.cap import left_today
from labeling.protocol.heads import lock_head, wait_for_head
from labeling.protocol.hidden import draw_purposes, find_hidden, find_sight
from labeling.protocol.lanes import find_lanes, works_in
from labeling.protocol.reap import reap_due
from labeling.protocol.record import is_reading_asked, live_rows, lock_right, read_locked, record_change

PLACES = 1 << 40
TOP = (PLACES << 8) - 1
# Half-taken candidates come first only this far ahead of one's own place, so that orders stay apart.
WINDOW = TOP // 32
HELD_AT_MOST = 3
HELD = Prepared(lambda person, project: Assignment.objects.leased_by(person, project).filter(purpose__in=LABELLING))
POSITION = Prepared(lambda person, project: WalkPosition.objects.filter(person_id=person, project_id=project))
AHEAD_LEASE = timedelta(minutes=3)
LONGEST_LEASE = timedelta(minutes=60)


class Taken(NamedTuple):
    """A new lease, or None with the first candidate that somebody else was locking when it was looked at."""

    lease: Assignment | None
    passed: queue.Head | None = None


NOTHING = Taken(None)


def take_cards(project: Project, person: User, shown: UUID | None = None, ahead: bool = True) -> list[Assignment]:
    """What `person` holds to label, the one on screen first, filled up to three with new leases.

    `shown` says which one the page shows now; it gets the full lease. With `ahead` false no more than one is leased.
    Raises ProtocolError if the person may not label here. A paused or archived project leases nothing new, and neither does one whose
    guideline the person has to read first. Whoever asks, up to five leases that are due end first.
    """
    reap_due(project.pk, limit=5)
    wanted = 0 if not project.gives_work else HELD_AT_MOST if ahead else 1
    cards, taken = open_hand(project, person, shown, wanted)
    if not cards and taken.passed is not None:
        taken = take_passed(project, person, taken.passed)
    while taken.lease is not None:
        cards.append(taken.lease)
        taken = lease_primary(project, person) if len(cards) < wanted else NOTHING
    return cards


@transaction.atomic
def open_hand(project: Project, person: User, shown: UUID | None, wanted: int) -> tuple[list[Assignment], Taken]:
    """What `person` holds, and one new lease if that is less than `wanted`.

    Locks the person's membership (two tabs of one person take turns), then one candidate.
    """
    membership = lock_right(project, person, "can_label")
    cards = bring_on_screen(held_cards(project, person), shown, project, person)
    # What is in hand is done under the guideline it was taken under; new work waits until the person has read a new one.
    if len(cards) >= wanted or is_reading_asked(membership) or len(cards) >= left_today(membership):
        return cards, NOTHING
    return cards, lease_in_order(project, membership, person, is_ahead=bool(cards))


@transaction.atomic
def lease_primary(project: Project, person: User) -> Taken:
    """One more lease, if the person does not hold three by now. Locks as `open_hand` does.

    In a transaction of its own: whoever looks for a candidate passes by the locked ones.
    """
    membership = lock_right(project, person, "can_label")
    count = count_held(project.pk, person.pk)
    if count >= HELD_AT_MOST or count >= left_today(membership):
        return NOTHING
    return lease_in_order(project, membership, person, is_ahead=count > 0)


@transaction.atomic
def take_passed(project: Project, person: User, head: queue.Head) -> Taken:
    """A lease of the candidate that was locked when the person came by, if it is free soon and has a seat for them then.

    Nobody is told that there is nothing because somebody else was just taking the other seat. In a transaction of its own, so that
    whoever waits holds no other candidate.
    """
    membership = lock_right(project, person, "can_label")
    candidate = wait_for_head(head)
    # Another tab of the person may have taken something meanwhile, and a lead may have changed what the person does.
    if candidate is None or count_held(project.pk, person.pk) or left_today(membership) < 1:
        return NOTHING
    if not works_in(membership, candidate.lane):
        return NOTHING
    return Taken(take_seat(candidate, person, is_ahead=False))


def held_cards(project: Project, person: User) -> list[Assignment]:
    """The live leases of a person's label page: the one on screen, newest first if there are several, then those ahead in order."""
    cards = HELD.all(person=person.pk, project=project.pk)
    shown = [card for card in reversed(cards) if not card.is_ahead]
    return shown + [card for card in cards if card.is_ahead]


def bring_on_screen(cards: list[Assignment], shown: UUID | None, project: Project, person: User) -> list[Assignment]:
    """`cards` after giving the full lease to the one that the page shows now, or to the first one if none is on screen."""
    ahead = [card for card in cards if card.is_ahead]
    coming = next((card for card in ahead if card.public_id == shown), None) or (ahead[0] if ahead == cards and ahead else None)
    if coming is None:
        return cards
    if not promote(coming, project):
        # Its time was over, and somebody has just ended it.
        return held_cards(project, person)
    return [coming, *(card for card in cards if card is not coming)]


def promote(lease: Assignment, project: Project) -> bool:
    """Turn a lease taken ahead into a full one, because its candidate is on screen now; False if it has ended."""
    now = timezone.now()
    lease.is_ahead, lease.leased_at, lease.lease_until = False, now, now + timedelta(minutes=project.lease_minutes)
    still_ahead = Assignment.objects.filter(pk=lease.pk, status=Status.LEASED, is_ahead=True)
    return still_ahead.update(is_ahead=False, leased_at=lease.leased_at, lease_until=lease.lease_until) == 1


def keep_lease(public_id: UUID, person: User, project: Project | None = None) -> datetime | None:
    """Extend a lease after input, to at most 60 minutes after it began, and return its end; None if it is no longer the person's."""
    lease = Assignment.objects.select_related("project").filter(public_id=public_id, person=person, status=Status.LEASED).first()
    if lease is None or (project is not None and lease.project_id != project.pk):
        return None
    if lease.is_ahead:
        promote(lease, lease.project)
    until = min(timezone.now() + timedelta(minutes=lease.project.lease_minutes), lease.leased_at + LONGEST_LEASE)
    Assignment.objects.filter(pk=lease.pk, status=Status.LEASED, lease_until__lt=until).update(lease_until=until)
    # Read again: the lease may have ended while this waited for the reaper.
    return Assignment.objects.filter(pk=lease.pk, status=Status.LEASED).values_list("lease_until", flat=True).first()


def keep_ahead(project: Project, person: User) -> int:
    """Extend what the person holds ahead, because the heartbeat says that the page is in use, to at most 60 minutes; return how many."""
    now = timezone.now()
    ahead = Assignment.objects.leased_by(person.pk, project.pk).filter(is_ahead=True, lease_until__gt=now)
    return ahead.filter(leased_at__gt=now + AHEAD_LEASE - LONGEST_LEASE).order_by().update(lease_until=now + AHEAD_LEASE)


def lease_in_order(project: Project, membership: Membership, person: User, is_ahead: bool) -> Taken:
    """Lease the next candidate in the order of a person whose `membership` is locked."""
    position, passed = find_position(project, person), None
    is_drawn = False
    for head in primary_heads(project, person, position, find_lanes(membership, Purpose.PRIMARY)):
        if not is_drawn and (hidden := give_hidden(project, membership, person, position, head, is_ahead)):
            return Taken(hidden)
        is_drawn = True
        candidate = lock_head(head)
        if candidate is None:
            passed = passed or head
        elif lease := give_seat(candidate, person, is_ahead):
            position.sort, position.bundle_id = head.sort, candidate.bundle_id
            position.undrawn += 1
            update_row(position, ["sort", "bundle", "undrawn"])
            return Taken(lease)
    return Taken(None, passed)


def give_hidden(
    project: Project, membership: Membership, person: User, position: WalkPosition, head: queue.Head, is_ahead: bool
) -> Assignment | None:
    """Gold or a repeat before the candidate of `head`, which waits: only where there is one to be given does nothing stand out."""
    for purpose in draw_purposes(project, position, head):
        update_row(position, ["undrawn"])
        if (candidate := find_hidden(project, person, membership, purpose)) is not None:
            length = AHEAD_LEASE if is_ahead else timedelta(minutes=project.lease_minutes)
            arm, suggestion = find_sight(candidate, person, purpose)
            return make_lease(candidate, person, purpose, None, length, is_ahead=is_ahead, arm=arm, suggestion=suggestion)
    return None


def count_held(project_id: int, person_id: int) -> int:
    """How many leases of the label page a person holds in a project."""
    return Assignment.objects.leased_by(person_id, project_id).filter(purpose__in=LABELLING).count()


def find_position(project: Project, person: User) -> WalkPosition:
    """The person's place in the project's order; the first one is seeded by project and person."""
    if (found := POSITION.first(person=person.pk, project=project.pk)) is not None:
        return found
    digest = hashlib.sha256(f"{project.seed} walk {person.pk}".encode()).digest()
    defaults = {"sort": int.from_bytes(digest[:8], "big") % TOP}
    return WalkPosition.objects.get_or_create(project=project, person=person, defaults=defaults)[0]


def primary_heads(project: Project, person: User, position: WalkPosition, lanes: Sequence[queue.Lane]) -> Iterator[queue.Head]:
    """Candidates for the person in order, lane by lane: the bundle last served, half-taken ones close ahead, fresh ones, then the rest.

    A last, deep look comes only before the person would be told that there is nothing.
    """
    here, me = position.sort, person.pk
    bundle = queue.bundle_heads(position.bundle_id, me, here) if position.bundle_id is not None and lanes else []
    for lane in lanes:
        where = (project.pk, lane, me)
        yield from (head for head in bundle if lane.holds(head.lane))
        yield from queue.half_heads(*where, here, min(here + WINDOW, TOP))
        yield from queue.fresh_heads(*where, here, TOP)
        yield from queue.fresh_heads(*where, 0, here)
        yield from queue.half_heads(*where, here, TOP)
        yield from queue.half_heads(*where, 0, here)
    for lane in lanes:
        yield from queue.fresh_heads(project.pk, lane, me, 0, TOP, queue.DEEP)
        yield from queue.half_heads(project.pk, lane, me, 0, TOP, queue.DEEP)


def take_seat(candidate: Candidate, person: User, is_ahead: bool) -> Assignment | None:
    """Give the locked candidate's free seat to `person`, whatever is in the queue; None if there is none, or not for them."""
    is_barred = queue.barred_from([candidate.pk], [person.pk], queue.MAY_LABEL)
    return None if is_barred else give_seat(candidate, person, is_ahead)


def give_seat(candidate: Candidate, person: User, is_ahead: bool) -> Assignment | None:
    """`take_seat` of a candidate that the queue says the person may have; None if there is none after all.

    Whatever could bar it since takes turns with this: a skip locks the membership, and a new round is another head.
    """
    if not candidate.project.gives_work:
        # The lead has paused or archived it since the person asked.
        return None
    # `q_state` is worked out from the live rows under this lock: a fresh candidate has none.
    rows = [] if candidate.q_state == QState.FRESH else live_rows(candidate)
    # An audit has no seat: it may have outlived an answer of the pair it was about.
    taken = {row.seat for row in rows if row.purpose == Purpose.PRIMARY}
    if candidate.q_state not in (QState.FRESH, QState.HALF) or len(taken) > 1 or any(row.person_id == person.pk for row in rows):
        return None
    draw = draw_arms(candidate)
    seat = choose_seat(candidate, person.pk, draw, [seat for seat in (1, 2) if seat not in taken])
    if seat is None:
        return None
    length = AHEAD_LEASE if is_ahead else timedelta(minutes=candidate.project.lease_minutes)
    sees = {"arm": arm_of(draw, seat), "suggestion": draw.suggestion} if draw and arm_of(draw, seat) != Arm.BLIND else {}
    return make_lease(candidate, person, Purpose.PRIMARY, seat, length, is_ahead=is_ahead, rows=rows, **sees)


def make_lease(
    candidate: Candidate,
    person: User,
    purpose: Purpose,
    seat: int | None,
    length: timedelta,
    *,
    is_ahead: bool = False,
    rows: Sequence[Assignment] | None = None,
    **sees: Any,
) -> Assignment:
    """Write a lease on the locked candidate; `rows` are its live rows where they are known, `sees` an arm that is not blind and its
    suggestion.
    """
    now = timezone.now()
    if candidate.image is None:
        raise ValueError(f"candidate {candidate.pk} is in the queue without an image")
    lease = Assignment(
        project=candidate.project,
        candidate=candidate,
        person=person,
        purpose=purpose,
        round=candidate.round,
        seat=seat,
        is_ahead=is_ahead,
        leased_at=now,
        lease_until=now + length,
        image=candidate.image,
        **sees,
    )
    # Read once more behind the lock: what came with it may be the task as it was a moment before.
    insert_row(lease, task_version=("(SELECT version FROM labeling_task WHERE id = %s)", [candidate.bundle.task_id]))
    if lease.task_version != candidate.bundle.task.version:
        candidate = lease.candidate = read_locked(candidate.pk)
    record_change(candidate, Event.Kind.LEASED, person, lease, rows=None if rows is None else [*rows, lease])
    return lease

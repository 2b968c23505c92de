"""Noticing that somebody should be told something: one row per person, kind and day, whoever sees it first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from labeling.mail.waiting import count_seats, nobodys_to_adjudicate, overdue_disputes, theirs_to_adjudicate
from labeling.models import MailAddress, MailWatch, Membership, Notice, NoticeKind

DISPUTE_WAITS = timedelta(days=1)
# How often the site looks; counting disputes reads more.
LOOK_EVERY = {NoticeKind.WORK: timedelta(minutes=5), NoticeKind.DISPUTES: timedelta(hours=1)}
# Shorter pauses without work are those in which somebody else holds the last candidates.
IDLE_AT_LEAST = timedelta(hours=1)
# What other projects have to say until then goes into the same mail.
GATHER = timedelta(minutes=10)


def look_around() -> int:
    """Look for everybody whose turn it is; returns how many notices were made or grew. Any number of processes may do so at once."""
    return sum(look(membership, kind) for membership, kind in list(turns()))


def turns() -> Iterator[tuple[Membership, NoticeKind]]:
    """Every membership of somebody with an address, in a project that goes on, with the kinds they want and may be told."""
    addresses = {address.person_id: address for address in MailAddress.objects.all()}
    memberships = Membership.objects.given_work().filter(person__in=addresses)
    for membership in memberships.select_related("person", "project"):
        address = addresses[membership.person_id]
        if address.wants_work and membership.can_label:
            yield membership, NoticeKind.WORK
        if address.wants_disputes and (membership.can_adjudicate or membership.is_lead):
            yield membership, NoticeKind.DISPUTES


def look(membership: Membership, kind: NoticeKind) -> int:
    """Look at one project for one person if it is time; 1 if a notice came of it."""
    now = timezone.now()
    watch = claim_turn(membership, kind, now)
    if watch is None:
        return 0
    count = count_waiting(membership, kind, now)
    if kind == NoticeKind.DISPUTES:
        return int(count > 0 and add_notice(membership, kind, now))
    return note_work(watch, membership, count, now)


def claim_turn(membership: Membership, kind: NoticeKind, now: datetime) -> MailWatch | None:
    """The row of what was seen last, if nobody has looked for a while; two processes never look at once."""
    due = now - LOOK_EVERY[kind]
    who = {"person_id": membership.person_id, "project_id": membership.project_id, "kind": kind}
    watch, _made = MailWatch.objects.get_or_create(**who, defaults={"looked_at": due})
    claimed = MailWatch.objects.filter(pk=watch.pk, looked_at__lte=due).update(looked_at=now)
    return watch if claimed else None


def count_waiting(membership: Membership, kind: NoticeKind, now: datetime) -> int:
    """How many candidates wait for this person in this project, of the kind; for a lead also disputes that are nobody's."""
    if kind == NoticeKind.WORK:
        return count_seats(membership) if membership.can_label else 0
    disputes = overdue_disputes(membership.project_id, now - DISPUTE_WAITS)
    mine = theirs_to_adjudicate(disputes, membership) if membership.can_adjudicate else set()
    nobodys = nobodys_to_adjudicate(membership.project_id, disputes) if membership.is_lead else set()
    return len(mine | nobodys)


def note_work(watch: MailWatch, membership: Membership, count: int, now: datetime) -> int:
    """Remember since when there is no work; once it is back after long enough, make a notice and return 1."""
    if count == 0:
        MailWatch.objects.filter(pk=watch.pk, idle_since=None).update(idle_since=now)
        return 0
    if watch.idle_since is None:
        return 0
    is_news = now - watch.idle_since >= IDLE_AT_LEAST
    if is_news and not add_notice(membership, NoticeKind.WORK, now):
        # Told today already: `idle_since` stays, so that tomorrow's look makes a notice if the work is still there.
        return 0
    MailWatch.objects.filter(pk=watch.pk).update(idle_since=None)
    return int(is_news)


@transaction.atomic
def add_notice(membership: Membership, kind: NoticeKind, now: datetime) -> bool:
    """Put the project into today's notice of the person; False if that one is past being added to."""
    who = {"person_id": membership.person_id, "kind": kind, "day": timezone.localdate(now)}
    first = {"projects": [membership.project_id], "due_at": now + GATHER}
    notice, is_new = Notice.objects.select_for_update().get_or_create(**who, defaults=first)
    if is_new:
        return True
    if notice.state != Notice.State.QUEUED or notice.attempt or membership.project_id in notice.projects:
        return False
    return bool(Notice.objects.filter(pk=notice.pk, state=Notice.State.QUEUED).update(projects=[*notice.projects, membership.project_id]))

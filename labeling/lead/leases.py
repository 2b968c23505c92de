"""What is in people's hands: leases with their last sign of life, and adjudications whose reveal waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from labeling.models import Assignment, Project, Purpose, Status, User
from labeling.protocol.adjudicate import REVEAL_STANDS_AFTER
from labeling.protocol.lease import AHEAD_LEASE

READ = ("person", "candidate__bundle__task", "candidate__bundle__generator", "candidate__deliverable", "image")


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One lease. `is_late` says that its time is over and nobody has noticed yet; `seen_at` is the last sign of life."""

    row: Assignment
    seen_at: datetime
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Reveal:
    """An adjudication in its reveal; at `stands_at` the blind answer stands without being confirmed."""

    row: Assignment
    stands_at: datetime


def live_leases(project: Project, person: str = "") -> QuerySet[Assignment]:
    """The leases of the project, those that end first on top; of one account, where it is named."""
    rows = Assignment.objects.filter(project=project, status=Status.LEASED).order_by("lease_until", "pk").select_related(*READ)
    return rows.filter(person__username=person) if person else rows


def holders(project: Project) -> list[str]:
    """The account names of those who hold something, in order."""
    leases = Assignment.objects.filter(project=project, status=Status.LEASED).order_by()
    return sorted(set(leases.values_list("person__username", flat=True)))


def describe_lease(row: Assignment) -> Lease:
    """One lease as it stands now."""
    now = timezone.now()
    until = row.lease_until or now
    return Lease(row=row, seen_at=last_sign(row, until, now), is_late=until <= now)


def last_sign(row: Assignment, until: datetime, now: datetime) -> datetime:
    """When the page last said that somebody is at it; when it was taken, if it never did.

    A sign of life sets the end of a lease to its length from then, so the end tells. After a change of the setting it may be off by as
    much as the setting was changed; at the longest a lease may last it is the earliest moment it can have been.
    """
    length = AHEAD_LEASE if row.is_ahead else timedelta(minutes=row.project.lease_minutes)
    return min(now, max(row.leased_at, until - length))


def open_reveals(project: Project) -> list[Reveal]:
    """Adjudications of the project that can still be confirmed or revised, oldest first."""
    since = timezone.now() - REVEAL_STANDS_AFTER
    waiting = Assignment.objects.filter(project=project, status=Status.SUBMITTED, purpose=Purpose.ADJUDICATION, confirmed_at=None)
    rows = waiting.filter(submitted_at__gt=since, person__in=adjudicators(project)).order_by("submitted_at", "pk").select_related(*READ)
    return [Reveal(row=row, stands_at=row.submitted_at + REVEAL_STANDS_AFTER) for row in rows if row.submitted_at is not None]


def adjudicators(project: Project) -> list[int]:
    """Everybody who may have adjudicated here; the index of answers begins with the person."""
    return list(User.objects.filter(memberships__project=project).order_by("pk").values_list("pk", flat=True))

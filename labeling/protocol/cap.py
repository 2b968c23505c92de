"""Daily caps: how much more work a person may be given today."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from django.utils import timezone

from labeling.days import midnight, midnight_of
from labeling.models import LABELLING, Assignment, Membership, Status

ANSWERED = (Status.SUBMITTED, Status.SURPLUS, Status.VOID)


def left_today(membership: Membership) -> int:
    """How many answers of the label page the person may still give today, those in hand included; endless without a cap.

    What came too late to count or is void was work all the same, and whether it counts depends on other people.
    """
    if membership.daily_cap is None:
        return sys.maxsize
    mine = Assignment.objects.filter(person=membership.person_id, project=membership.project_id, purpose__in=LABELLING)
    return membership.daily_cap - mine.filter(status__in=ANSWERED, submitted_at__gte=midnight()).count()


def next_day() -> datetime:
    """When the next day begins in the site's time zone, and with it the next cap."""
    return midnight_of(timezone.localdate() + timedelta(days=1))

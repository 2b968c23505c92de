"""Days of the site's time zone, and when they begin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def midnight_of(day: date) -> datetime:
    """The beginning of a day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def monday_of(day: date) -> date:
    """The Monday of the week that a day belongs to."""
    return day - timedelta(days=day.weekday())


def midnight() -> datetime:
    """The beginning of today."""
    return midnight_of(timezone.localdate())

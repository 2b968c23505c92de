"""Days of the site's time zone, and when they begin."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def midnight_of(day: date) -> datetime:
    """The beginning of a day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def midnight() -> datetime:
    """The beginning of today."""
    return midnight_of(timezone.localdate())

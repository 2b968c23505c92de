"""When the days of the site begin."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from labeling.days import midnight, midnight_of
from labeling.protocol.cap import next_day

pytestmark = pytest.mark.pure


def test_a_day_of_twenty_five_hours_ends_at_midnight_all_the_same(settings, monkeypatch):
    # Berlin goes back from 3 to 2 on 25 October 2026: that day begins at 22:00 UTC and the next one at 23:00 UTC.
    settings.TIME_ZONE = "Europe/Berlin"
    timezone.get_default_timezone.cache_clear()
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 10, 25, 12, tzinfo=UTC))

    days = midnight(), next_day(), midnight_of(date(2026, 10, 25))

    timezone.get_default_timezone.cache_clear()
    assert [day.astimezone(UTC) for day in days] == [
        datetime(2026, 10, 24, 22, tzinfo=UTC),
        datetime(2026, 10, 25, 23, tzinfo=UTC),
        datetime(2026, 10, 24, 22, tzinfo=UTC),
    ]

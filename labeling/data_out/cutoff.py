"""The event as of which an export reads (docs/decisions/0001-events-and-cutoff.md)."""

from __future__ import annotations

import time

from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobFailed
from labeling.models import Event

# While the lock is asked for, every writer of an event waits behind it, so it is asked for in short turns.
LOCK_WAIT_MS = 2000
TURNS = 10
PAUSE_S = 0.5


def pick_cutoff(project_id: int) -> int:
    """The id of the project's newest event, such that no event with a lower id can be committed later.

    Raises JobFailed if somebody keeps a transaction open that has written events.
    """
    newest = newest_safe_event()
    return Event.objects.filter(project_id=project_id, pk__lte=newest).order_by("-pk").values_list("pk", flat=True)[0]


def newest_safe_event() -> int:
    """The highest event id, read while no transaction that writes events is open."""
    for turn in range(1, TURNS + 1):
        try:
            return read_alone()
        except OperationalError:
            if turn == TURNS or connection.needs_rollback:
                break
            time.sleep(PAUSE_S)
    raise JobFailed(_("Something has been writing to the database for a long time, so there is no moment to export. Try again later."))


@transaction.atomic
def read_alone() -> int:
    """Wait for the writers in flight and read the highest event id before the next one begins.

    SQLite has one writer at a time, and every transaction of ours is one from its start. On PostgreSQL ids are handed out before
    they are committed, so the highest one seen says nothing about those below; the lock does, and lasts one statement.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
            cursor.execute("LOCK TABLE labeling_event IN SHARE MODE")
    return Event.objects.aggregate(newest=Max("pk"))["newest"] or 0

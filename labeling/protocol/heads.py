"""Locking the candidate of a queue's head for whoever came by."""

from __future__ import annotations

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from labeling.models import Candidate
from labeling.prepared import Prepared
from labeling.protocol.queue import Head
from labeling.protocol.record import LOCKED, SHOWN, read_locked, remember

# How long somebody waits for the last candidate that there may be for them.
LOCK_WAIT_MS = 1000
LOCK_NOT_AVAILABLE = "55P03"
FREE = Prepared(
    lambda pk, q_state, q_excl, round, lane: (
        Candidate.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related(*SHOWN)
        .filter(pk=pk, q_state=q_state, q_excl=q_excl, round=round, lane=lane)
    )
)


def lock_head(head: Head) -> Candidate | None:
    """Lock the candidate of a queue's head; None if it is no longer as the index showed it, or somebody else is locking it.

    One statement: this is asked with every lease. What it joins may be older than the lock by a moment; `make_lease` looks.
    """
    candidate = FREE.first(pk=head.id, q_state=head.q_state, q_excl=head.q_excl, round=head.round, lane=head.lane)
    if candidate is None:
        return None
    # Another image than the one joined with it: somebody gave it a new one in that moment.
    is_changed = candidate.image_id is not None and candidate.image is None
    return read_locked(candidate.pk) if is_changed else remember(candidate)


def wait_for_head(head: Head) -> Candidate | None:
    """Lock the candidate of a head that was passed by, as soon as whoever is locking it is done; None if its round is over.

    None too if that takes long: an import may hold a task's candidates for a while, and everybody who waits keeps a thread of the site.
    Whoever waits must hold no other candidate. It is no longer what the index showed, so the caller looks at all of it again.
    """
    pk = lock_soon(LOCKED.filter(pk=head.id, round=head.round, lane=head.lane).values_list("pk", flat=True))
    return None if pk is None else read_locked(pk)


def lock_soon(ids: QuerySet[Candidate, int]) -> int | None:
    """The first of `ids`, which lock their rows; None if there is none, or PostgreSQL does not get the lock in `LOCK_WAIT_MS`.

    On SQLite the transaction holds the one lock there is.
    """
    if connection.vendor != "postgresql":
        return ids.first()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
            found = ids.first()
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return None

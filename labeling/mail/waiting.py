"""How much waits for a person, counted up to a limit by the queue's own rules; nothing is leased."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from labeling.models import Membership
from labeling.protocol.queue import MAY_ADJUDICATE, MAY_LABEL, may_have

MOST = 1000

# Literal states, as in labeling/protocol/queue.py: SQLite ignores a partial index otherwise. The order is that of the index: without
# one PostgreSQL reads the table where many rows match.
_OPEN = (
    "SELECT c.id, c.round FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = {state}{holder}"
    " ORDER BY {order} LIMIT {most}"
)
_SEATS = " UNION ALL ".join(
    f"SELECT * FROM ({_OPEN.format(state=state, holder=holder, order=order, most=MOST)}) {name}"
    for name, state, holder, order in (
        ("fresh", 0, "", "c.sort"),
        ("below", 1, " AND c.q_excl < %(person)s", "c.q_excl, c.sort"),
        ("above", 1, " AND c.q_excl > %(person)s", "c.q_excl, c.sort"),
    )
)
SEATS = f"SELECT COUNT(*) FROM (SELECT h.id FROM ({_SEATS}) h WHERE {MAY_LABEL} LIMIT {MOST}) n"
OVERDUE = (
    "SELECT c.id, c.q_excl, c.q_excl2 FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 3"
    f" AND c.state_changed_at < %(since)s ORDER BY c.q_excl, c.q_excl2, c.sort LIMIT {MOST}"
)


class Dispute(NamedTuple):
    """A dispute that waits, and the two who disagree."""

    id: int
    low: int
    high: int


def count_seats(project_id: int, person_id: int) -> int:
    """How many candidates the person could be given to label now, at most `MOST`."""
    return int(fetch(SEATS, project=project_id, person=person_id)[0][0])


def overdue_disputes(project_id: int, since: datetime) -> list[Dispute]:
    """Disputes free for an adjudicator that have been disputed since before `since`, at most `MOST` of them."""
    moment = connection.ops.adapt_datetimefield_value(since)
    return [Dispute(*row) for row in fetch(OVERDUE, project=project_id, since=moment)]


def theirs_to_adjudicate(disputes: list[Dispute], person_id: int) -> set[int]:
    """Those of the disputes that the person may adjudicate."""
    others = [dispute.id for dispute in disputes if person_id not in (dispute.low, dispute.high)]
    return may_have(others, person_id, MAY_ADJUDICATE)


def nobodys_to_adjudicate(project_id: int, disputes: list[Dispute]) -> set[int]:
    """Those of the disputes that no active adjudicator of the project may have."""
    left = {dispute.id for dispute in disputes}
    people = Membership.objects.active().filter(project_id=project_id, can_adjudicate=True).values_list("person_id", flat=True)
    for person_id in people:
        if not left:
            break
        left -= theirs_to_adjudicate([dispute for dispute in disputes if dispute.id in left], person_id)
    return left


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())

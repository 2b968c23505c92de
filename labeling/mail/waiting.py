"""How much waits for a person, counted up to a limit by the queue's own rules; nothing is leased."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from labeling.models import Membership, State
from labeling.protocol.lanes import list_lanes
from labeling.protocol.queue import MAY_ADJUDICATE, MAY_LABEL, barred_from
from labeling.protocol.staff import Staff, read_staff

MOST = 1000

# Literal states, as in labeling/protocol/queue.py: SQLite ignores a partial index otherwise. The order is that of the index: without
# one PostgreSQL reads the table where many rows match.
_OPEN = (
    "SELECT c.id, c.round FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.{column} = %(lane)s"
    " AND c.q_state = {state}{holder} ORDER BY {order} LIMIT {most}"
)
OVERDUE = (
    "SELECT c.id, c.q_excl, c.q_excl2, c.lane, c.state FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 3"
    " AND c.state_changed_at < %(since)s AND c.batch NOT IN"
    " (SELECT b.number FROM labeling_batch b WHERE b.project_id = %(project)s AND b.closed)"
    f" ORDER BY c.batch, c.q_excl, c.q_excl2, c.sort LIMIT {MOST}"
)


class Dispute(NamedTuple):
    """What waits for an adjudicator: a dispute, or a settled candidate to be looked at once more; its pair, its lane and its state."""

    id: int
    low: int
    high: int
    lane: int
    state: str


@cache
def seats_statement(column: str) -> str:
    """How many candidates of a lane a person could be given to label, at most `MOST`."""
    parts = (
        ("fresh", 0, "", "c.sort"),
        ("below", 1, " AND c.q_excl < %(person)s", "c.q_excl, c.sort"),
        ("above", 1, " AND c.q_excl > %(person)s", "c.q_excl, c.sort"),
    )
    seats = " UNION ALL ".join(
        f"SELECT * FROM ({_OPEN.format(column=column, state=state, holder=holder, order=order, most=MOST)}) {name}"
        for name, state, holder, order in parts
    )
    return f"SELECT COUNT(*) FROM (SELECT h.id FROM ({seats}) h WHERE {MAY_LABEL} LIMIT {MOST}) n"


def count_seats(membership: Membership) -> int:
    """How many candidates the person could be given to label now, at most `MOST`."""
    count, who = 0, {"project": membership.project_id, "person": membership.person_id}
    for lane in list_lanes(membership.project_id, membership):
        count += fetch(seats_statement(lane.column), lane=lane.value, **who)[0][0]
        if count >= MOST:
            return MOST
    return count


def overdue_disputes(project_id: int, since: datetime) -> list[Dispute]:
    """Disputes free for an adjudicator that have been disputed since before `since`, at most `MOST` of them; none of closed batches."""
    moment = connection.ops.adapt_datetimefield_value(since)
    return [Dispute(*row) for row in fetch(OVERDUE, project=project_id, since=moment)]


def theirs_to_adjudicate(disputes: list[Dispute], membership: Membership, staff: Staff | None = None) -> set[int]:
    """Those of the disputes that the person may adjudicate; `staff` is that of the project where it is known."""
    staff, person_id = staff or read_staff(membership.project_id, [membership]), membership.person_id
    others = [dispute for dispute in disputes if person_id not in (dispute.low, dispute.high)]
    here = {dispute.id for dispute in others if staff.works_in(membership, dispute.lane)}
    return here - {pk for pk, _person in barred_from(here, [person_id], MAY_ADJUDICATE)}


def nobodys_to_adjudicate(project_id: int, disputes: list[Dispute]) -> set[int]:
    """Those of the disputes that no active adjudicator of the project may have; what is settled already does not need one."""
    left, staff = {dispute.id for dispute in disputes if dispute.state == State.DISPUTED}, read_staff(project_id)
    for membership in staff.memberships:
        if left and membership.can_adjudicate:
            left -= theirs_to_adjudicate([dispute for dispute in disputes if dispute.id in left], membership, staff)
    return left


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())

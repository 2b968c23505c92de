"""The lanes of the queue that a person works in, in their order: open batches they may work in, times their categories.

Higher priority comes first, then the earlier day, then the batch made first; what is in no batch has priority 0 and no day. Somebody
who works in two categories does one after the other in each batch, beginning with one drawn by their id.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from labeling.models import Batch, Membership, Purpose
from labeling.prepared import fetch_rows
from labeling.protocol.queue import Lane

# In two categories of so many batches, and in none, a look for what holds anything stays below 300 pages.
MOST_OPEN = 15
_OPEN = (
    "SELECT b.number AS batch, b.priority, b.due FROM labeling_batch b WHERE b.project_id = %(project)s AND NOT b.closed"
    " AND ((SELECT 1 FROM labeling_batch_people p WHERE p.batch_id = b.id LIMIT 1) IS NULL"
    " OR (SELECT 1 FROM labeling_batch_people p WHERE p.batch_id = b.id AND p.user_id = %(person)s) IS NOT NULL)"
    " UNION ALL SELECT 0, 0, NULL"
)


def find_lanes(membership: Membership, purpose: Purpose) -> list[Lane]:
    """The lanes in which `membership`, just locked, may be given work of `purpose`, best first.

    Without batches no statement is needed. With them those are left out that hold nothing for anybody but the person: an index entry of
    each lane says so.
    """
    codes = turn(membership.codes, membership.person_id)
    if not membership.has_batches:  # type: ignore[attr-defined]  # annotated, see labeling/protocol/record.py
        return [Lane(0, code) for code in codes]
    values = {"project": membership.project_id, "person": membership.person_id}
    rows = fetch_rows(lanes_statement(tuple(codes), purpose), values)
    return [Lane(batch, category) for batch, category in rows]


def list_lanes(project_id: int, membership: Membership) -> list[Lane]:
    """Every lane in which `membership` may be given work, whatever is in it."""
    rows = fetch_rows(_OPEN, {"project": project_id, "person": membership.person_id})
    return [Lane(batch, code) for batch, *_rest in rows for code in turn(membership.codes, membership.person_id)]


def works_in(membership: Membership, lane: int) -> bool:
    """Whether `membership` may be given a candidate of this lane."""
    return any(mine.holds(lane) for mine in list_lanes(membership.project_id, membership))


def has_free_seat(project_id: int, lanes: Sequence[Lane]) -> bool:
    """Whether any candidate in these lanes lacks somebody, whoever has answered it."""
    if not lanes:
        return False
    # All of a person's lanes are of one kind, and there are always the same few numbers.
    places = " UNION ALL ".join(f"SELECT {lane.value} AS place" for lane in lanes)
    rows = f"FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.{lanes[0].column} = l.place AND c.q_state"
    free = f"(SELECT MIN(c.sort) {rows} = 0) IS NOT NULL OR (SELECT MIN(c.q_excl) {rows} = 1) IS NOT NULL"
    return bool(fetch_rows(f"SELECT 1 FROM ({places}) l WHERE {free} LIMIT 1", {"project": project_id}))


def is_rest_closed(project_id: int) -> bool:
    """Whether candidates that lack somebody are left in closed batches alone."""
    numbers = Batch.objects.filter(project=project_id, closed=False).values_list("number", flat=True)
    if has_free_seat(project_id, [Lane(0), *(Lane(number) for number in numbers)]):
        return False
    rows = "(SELECT MIN(c.batch) FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state"
    left = fetch_rows(f"SELECT {rows} = 0) IS NOT NULL OR {rows} = 1) IS NOT NULL", {"project": project_id})
    return bool(left[0][0])


def turn(codes: list[int], person_id: int) -> list[int]:
    """The categories in the person's own order; [0] for all of them."""
    first = person_id % len(codes) if codes else 0
    return [*codes[first:], *codes[:first]] or [0]


@cache
def lanes_statement(codes: tuple[int, ...], purpose: Purpose) -> str:
    """The lanes in their order, for categories in the order of `codes`, without those that hold nothing."""
    categories = " UNION ALL ".join(f"SELECT {place} AS place, {code} AS code" for place, code in enumerate(codes))
    where = "c.batch = l.batch" if codes == (0,) else "c.lane = l.batch * 4 + k.code"
    rows = f"FROM labeling_candidate c WHERE c.project_id = %(project)s AND {where} AND c.q_state"
    # The lowest one, which an index begins with: for any one, or for EXISTS, PostgreSQL would read every candidate.
    holds = f"(SELECT MIN(c.q_excl) {rows} = 3) IS NOT NULL"
    if purpose == Purpose.PRIMARY:
        lowest, highest = (f"(SELECT {end}(c.q_excl) {rows} = 1)" for end in ("MIN", "MAX"))
        half = f"CASE COALESCE({lowest}, 0) WHEN 0 THEN FALSE WHEN %(person)s THEN {highest} <> %(person)s ELSE TRUE END"
        holds = f"((SELECT MIN(c.sort) {rows} = 0) IS NOT NULL OR {half})"
    return (
        f"SELECT l.batch, k.code FROM ({_OPEN}) l CROSS JOIN ({categories}) k WHERE {holds}"
        " ORDER BY l.priority DESC, CASE WHEN l.due IS NULL THEN 1 ELSE 0 END, l.due,"
        " CASE WHEN l.batch = 0 THEN 1 ELSE 0 END, l.batch, k.place"
    )

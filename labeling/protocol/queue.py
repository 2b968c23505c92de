"""The queue's statements, raw because their partial indexes need the literal predicate on SQLite.

The state numbers are those of labeling.models.QState. No statement reads more than a bounded number of rows: whatever a
person may not have is dropped among a few heads, and only some people's buckets are looked at, from a random start. A
person for whom that finds nothing gets one deep look before being told so. tests/labeling/test_queue_plans.py checks the
plans on both databases.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from labeling.prepared import fetch_rows


class Depth(NamedTuple):
    """How far one look goes: rows at the head of each bucket, buckets of one walk, pages of fresh rows."""

    heads: int
    buckets: int
    pages: int


NEAR = Depth(heads=20, buckets=32, pages=5)
DEEP = Depth(heads=1000, buckets=100, pages=50)
PAGE = 20
TOP_ID = (1 << 63) - 1

_HEAD = "c.id, c.q_state, c.q_excl, c.sort, c.round"
FRESH = (
    f"SELECT {_HEAD} FROM labeling_candidate c"
    " WHERE c.project_id = %(project)s AND c.q_state = 0 AND c.sort >= %(low)s AND c.sort <= %(high)s"
    f" ORDER BY c.sort LIMIT {PAGE}"
)
IN_BUNDLE = (
    f"SELECT {_HEAD} FROM labeling_candidate c"
    " WHERE c.bundle_id = %(bundle)s AND c.q_state IN (0, 1) AND c.q_excl <> %(person)s ORDER BY c.sort, c.id LIMIT 32"
)
READY = (
    "SELECT c.id FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 2 AND c.ready_at IS NOT NULL"
    " AND c.ready_at <= %(now)s ORDER BY c.ready_at LIMIT %(limit)s"
)
# Written as single values, not as EXISTS: PostgreSQL would turn that into a join that reads every row of the person.
# Nobody gets what they skipped in this round, or adjudicated in it or in the round before: they have seen its answers, even if
# their adjudication was voided.
_SKIPPED = "SELECT 1 FROM labeling_skip s WHERE s.candidate_id = h.id AND s.round = h.round AND s.person_id = %(person)s"
_FORMER = (
    "SELECT 1 FROM labeling_assignment a WHERE a.candidate_id = h.id AND a.round >= h.round - 1 AND a.person_id = %(person)s"
    " AND a.purpose = 'adjudication' AND a.status IN ('submitted', 'void')"
)
# Nobody adjudicates what they have answered, even if that answer came too late to count or was voided.
_ANSWERED = (
    "SELECT 1 FROM labeling_assignment a WHERE a.candidate_id = h.id AND a.round = h.round AND a.person_id = %(person)s"
    " AND a.status IN ('submitted', 'surplus', 'void')"
)
MAY_LABEL = f"({_SKIPPED} LIMIT 1) IS NULL AND ({_FORMER} LIMIT 1) IS NULL"
MAY_ADJUDICATE = f"{MAY_LABEL} AND ({_ANSWERED} LIMIT 1) IS NULL"


def judge(statement: str, condition: str = MAY_LABEL) -> str:
    """The heads that `statement` finds, each with whether the person may have it: asked for in the same statement."""
    return f"SELECT h.id, h.q_state, h.q_excl, h.sort, h.round, {condition} FROM ({statement}) h ORDER BY h.sort, h.id"


def _distinct(state: int, buckets: int) -> str:
    """Two walks over at most `buckets` distinct `q_excl` of a state each: from `start` upward, and from the lowest up to `start`."""
    head = f"FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = {state} AND c.q_excl"
    walks = f"SELECT %(start)s AS low, {TOP_ID} AS high UNION ALL SELECT 1, %(start)s - 1"
    return (
        f"WITH RECURSIVE b(x, high, n) AS (SELECT (SELECT MIN(c.q_excl) {head} >= w.low AND c.q_excl <= w.high), w.high, 1 FROM ({walks}) w"
        f" UNION ALL SELECT (SELECT MIN(c.q_excl) {head} > b.x AND c.q_excl <= b.high), b.high, b.n + 1"
        f" FROM b WHERE b.x IS NOT NULL AND b.n < {buckets})"
    )


def _heads(of_bucket: str, depth: Depth) -> str:
    """The candidates that `of_bucket` finds, one for each bucket but the person's own.

    The inner LIMIT keeps the planner from joining first: it would ask `of_bucket` once for every candidate there is. Rows of
    `of_bucket` come as its inner query orders them; ordered again, SQLite would judge all of them to give the first one.
    """
    return (
        f"SELECT k.id, k.q_state, k.q_excl, k.sort, k.round FROM (SELECT ({of_bucket} LIMIT 1) AS id FROM b"
        f" WHERE b.x <> %(person)s LIMIT {depth.buckets}) f JOIN labeling_candidate k ON k.id = f.id"
    )


def half_statement(depth: Depth) -> str:
    """The first half-taken candidate of each bucket that the person may have."""
    of_bucket = (
        "SELECT h.id FROM (SELECT c.id, c.round, c.sort FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 1"
        f" AND c.q_excl = b.x AND c.sort >= %(low)s AND c.sort <= %(high)s ORDER BY c.sort LIMIT {depth.heads}) h"
        f" WHERE {MAY_LABEL}"
    )
    return f"{_distinct(1, depth.buckets)} {_heads(of_bucket, depth)}"


def disputed_statement(depth: Depth) -> str:
    """One or two disputes of each bucket that the person may adjudicate: the second of the pair is below or above them."""
    below, above = (
        "SELECT h.id FROM (SELECT c.id, c.round, c.q_excl2, c.sort FROM labeling_candidate c"
        " WHERE c.project_id = %(project)s AND c.q_state = 3"
        f" AND c.q_excl = b.x AND c.q_excl2 {side} %(person)s ORDER BY c.q_excl2, c.sort LIMIT {depth.heads}) h"
        f" WHERE {MAY_ADJUDICATE}"
        for side in ("<", ">")
    )
    return f"{_distinct(3, depth.buckets)} {_heads(below, depth)} UNION ALL {_heads(above, depth)}"


class Head(NamedTuple):
    """A candidate that may be taken, as the index showed it; it must be locked and looked at again."""

    id: int
    q_state: int
    q_excl: int
    sort: int
    round: int
    is_allowed: bool = True


def select(statement: str, **values: Any) -> list[Head]:
    """Run one queue statement."""
    return [Head(*row) for row in fetch_rows(statement, values)]


def select_around(statement: str, **values: int) -> list[Head]:
    """Run a bucket walk from a random start, round to it again."""
    return select(statement, start=random.randrange(1, max_person_id(int(time.monotonic() // 60)) + 1), **values)


def may_have(candidate_ids: list[int], person_id: int, condition: str) -> set[int]:
    """Those of the candidates that the person may have by `condition`: MAY_LABEL or MAY_ADJUDICATE."""
    if not candidate_ids:
        return set()
    ids = ", ".join(str(int(pk)) for pk in candidate_ids)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT h.id FROM labeling_candidate h WHERE h.id IN ({ids}) AND {condition}", {"person": person_id})
        return {row[0] for row in cursor.fetchall()}


def bundle_heads(bundle_id: int, person_id: int, position: int) -> list[Head]:
    """Free seats of one bundle, from `position` upward and then from its start."""
    heads = [head for head in select(judge(IN_BUNDLE), bundle=bundle_id, person=person_id) if head.is_allowed]
    return sorted(heads, key=lambda head: (head.sort < position, head.sort))


def half_heads(project_id: int, person_id: int, low: int, high: int, depth: Depth = NEAR) -> list[Head]:
    """Candidates in [low, high] with one seat taken by somebody else, lowest first; one per person looked at."""
    heads = select_around(half_statement(depth), project=project_id, person=person_id, low=low, high=high)
    return sorted(heads, key=lambda head: (head.sort, head.id))


def fresh_heads(project_id: int, person_id: int, low: int, high: int, depth: Depth = NEAR) -> Iterator[Head]:
    """Candidates in [low, high] with no seat taken, lowest first; gives up after so many pages of those barred to the person."""
    for _page in range(depth.pages):
        heads = select(judge(FRESH), project=project_id, person=person_id, low=low, high=high)
        yield from (head for head in heads if head.is_allowed)
        if len(heads) < PAGE:
            return
        # Samples of one deliverable share their place, and the page may have ended among them.
        low = heads[-1].sort + (heads[0].sort == heads[-1].sort)


def dispute_heads(project_id: int, person_id: int, depth: Depth = NEAR) -> list[Head]:
    """Disputes this person may adjudicate, one or two of each disagreeing pair looked at, in random order."""
    heads = select_around(disputed_statement(depth), project=project_id, person=person_id)
    random.shuffle(heads)
    return heads


def ready_disputes(project_id: int, now: datetime, limit: int) -> list[int]:
    """The ids of at most `limit` disputes whose windows have closed, longest ago first."""
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(READY, {"project": project_id, "now": moment, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


@lru_cache(maxsize=1)
def max_person_id(_minute: int) -> int:
    """The highest account id, asked for once in a `_minute`: a random start below it only spreads the walks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM labeling_user")
        row = cursor.fetchone()
    return int(row[0] or 1) if row else 1

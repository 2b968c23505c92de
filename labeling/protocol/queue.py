"""The queue's statements, raw because their partial indexes need the literal predicate on SQLite.

The state numbers are those of labeling.models.QState. No statement reads more than a bounded number of rows: whatever a
person may not have is dropped among a few heads, and only some people's buckets are looked at, from a random start. A
person for whom that finds nothing gets one deep look before being told so. tests/labeling/test_queue_plans.py checks the
plans on both databases.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import connection

from labeling.prepared import fetch_rows


class Depth(NamedTuple):
    """How far one look goes: rows at the head of each bucket, statements that walk over buckets, pages of fresh rows."""

    heads: int
    walks: int
    pages: int


NEAR = Depth(heads=20, walks=1, pages=5)
DEEP = Depth(heads=1000, walks=8, pages=50)
# Buckets that one statement looks into, so that it stays below 300 pages: a dispute takes a look on either side of the person.
HALF_BUCKETS, DISPUTE_BUCKETS = 16, 8
PAGE = 20
TOP_ID = (1 << 63) - 1


class Lane(NamedTuple):
    """Where to look: in all of a batch (0 for what is in none), or in the candidates of one category in it.

    An index for each, because an index by category could not give all categories in their order.
    """

    batch: int = 0
    category: int = 0

    @property
    def column(self) -> str:
        """The column of the candidate that says whether it is in here."""
        return "lane" if self.category else "batch"

    @property
    def value(self) -> int:
        """What that column says."""
        return self.batch << 2 | self.category if self.category else self.batch

    def holds(self, lane: int) -> bool:
        """Whether a candidate of the `lane` is in here."""
        return self.value == (lane if self.category else lane >> 2)


_HEAD = "c.id, c.q_state, c.q_excl, c.sort, c.round, c.lane"
FRESH = {
    column: (
        f"SELECT {_HEAD} FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.{column} = %(lane)s"
        f" AND c.q_state = 0 AND c.sort >= %(low)s AND c.sort <= %(high)s ORDER BY c.sort LIMIT {PAGE}"
    )
    for column in ("batch", "lane")
}
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
# their adjudication was voided. Whoever audited it, or adjudicated it second, has seen none, and only has had their say in this round.
_SKIPPED = "SELECT 1 FROM labeling_skip s WHERE s.candidate_id = h.id AND s.round = h.round AND s.person_id = %(person)s"
_FORMER = (
    "SELECT 1 FROM labeling_assignment a WHERE a.candidate_id = h.id AND a.round >= h.round - 1 AND a.person_id = %(person)s"
    " AND (a.purpose = 'adjudication' AND a.status IN ('submitted', 'void')"
    " OR a.round = h.round AND a.purpose IN ('audit', 'second_adjudication') AND a.status = 'submitted')"
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
    return f"SELECT h.id, h.q_state, h.q_excl, h.sort, h.round, h.lane, {condition} FROM ({statement}) h ORDER BY h.sort, h.id"


def _walk(column: str, state: int, buckets: int) -> str:
    """At most `buckets` distinct `q_excl` of a state in one lane: those above `after`, and behind the highest of all those below `start`.

    `top` bounds it: none on the way up, below `start` once the walk has gone round.
    """
    head = (
        f"SELECT MIN(c.q_excl) FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.{column} = %(lane)s"
        f" AND c.q_state = {state} AND c.q_excl"
    )

    def step(x: str, top: str) -> str:
        around = f"CASE WHEN {top} = {TOP_ID} THEN ({head} > 0 AND c.q_excl < %(start)s) END"
        return f"COALESCE(({head} > {x} AND c.q_excl <= {top}), {around})"

    later = step("b.x", f"CASE WHEN b.x >= %(start)s THEN {TOP_ID} ELSE %(start)s - 1 END")
    return (
        f"WITH RECURSIVE b(x, n) AS (SELECT {step('a.x', 'a.top')}, 1 FROM"
        " (SELECT CAST(%(after)s AS BIGINT) AS x, CAST(%(top)s AS BIGINT) AS top) a"
        f" UNION ALL SELECT {later}, b.n + 1 FROM b WHERE b.x IS NOT NULL AND b.n < {buckets})"
    )


def _in_buckets(*of_bucket: str) -> str:
    """Each bucket of the walk with what every `of_bucket` finds first in it; nothing in the person's own.

    What is found comes as one text, so that its row need not be read again by its id. It comes as the inner query of `of_bucket` orders it;
    ordered again, SQLite would judge all rows to give the first one.
    """
    found = ", ".join(f"CASE WHEN b.x <> %(person)s THEN ({statement} LIMIT 1) END" for statement in of_bucket)
    return f"SELECT b.x, {found} FROM b WHERE b.x IS NOT NULL"


_PACKED = "h.id || ',' || h.sort || ',' || h.round || ',' || h.lane"


@cache
def half_statement(column: str, heads: int) -> str:
    """The first half-taken candidate of each bucket that the person may have, among `heads` of it."""
    of_bucket = (
        f"SELECT {_PACKED} FROM (SELECT c.id, c.round, c.sort, c.lane FROM labeling_candidate c"
        f" WHERE c.project_id = %(project)s AND c.{column} = %(lane)s AND c.q_state = 1"
        f" AND c.q_excl = b.x AND c.sort >= %(low)s AND c.sort <= %(high)s ORDER BY c.sort LIMIT {heads}) h"
        f" WHERE {MAY_LABEL}"
    )
    return f"{_walk(column, 1, HALF_BUCKETS)} {_in_buckets(of_bucket)}"


@cache
def disputed_statement(column: str, heads: int) -> str:
    """One or two disputes of each bucket that the person may adjudicate: the second of the pair is below or above them."""
    sides = (
        f"SELECT {_PACKED} FROM (SELECT c.id, c.round, c.q_excl2, c.sort, c.lane FROM labeling_candidate c"
        f" WHERE c.project_id = %(project)s AND c.{column} = %(lane)s AND c.q_state = 3"
        f" AND c.q_excl = b.x AND c.q_excl2 {side} %(person)s ORDER BY c.q_excl2, c.sort LIMIT {heads}) h"
        f" WHERE {MAY_ADJUDICATE}"
        for side in ("<", ">")
    )
    return f"{_walk(column, 3, DISPUTE_BUCKETS)} {_in_buckets(*sides)}"


class Head(NamedTuple):
    """A candidate that may be taken, as the index showed it; it must be locked and looked at again."""

    id: int
    q_state: int
    q_excl: int
    sort: int
    round: int
    lane: int
    is_allowed: bool = True


def select(statement: str, **values: Any) -> list[Head]:
    """Run one queue statement."""
    return [Head(*row) for row in fetch_rows(statement, values)]


def walk_buckets(statement: str, state: int, buckets: int, depth: Depth, **values: int) -> Iterator[list[Head]]:
    """What `statement` finds in the buckets of a state from a random start, round to it again: `buckets` of them at a time."""
    start = random.randrange(1, max_person_id(int(time.monotonic() // 60)) + 1)
    after, top = start - 1, TOP_ID
    for _number in range(depth.walks):
        rows = fetch_rows(statement, values | {"start": start, "after": after, "top": top})
        texts = [(bucket, text) for bucket, *found in rows for text in found if text is not None]
        numbers = [(bucket, map(int, text.split(","))) for bucket, text in texts]
        yield [Head(pk, state, bucket, sort, number, lane) for bucket, (pk, sort, number, lane) in numbers]
        if len(rows) < buckets:
            return
        after = rows[-1][0]
        top = TOP_ID if after >= start else start - 1


def barred_from(candidate_ids: Iterable[int], person_ids: Iterable[int], condition: str) -> set[tuple[int, int]]:
    """Each (candidate, person) of those given where the person may not have the candidate by `condition`: MAY_LABEL or MAY_ADJUDICATE."""
    ids = ", ".join(str(int(pk)) for pk in candidate_ids)
    people = ", ".join(f"({int(pk)})" for pk in person_ids)
    if not ids or not people:
        return set()
    of_each = condition.replace("%(person)s", "p.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH p(id) AS (VALUES {people}) SELECT h.id, p.id FROM labeling_candidate h CROSS JOIN p"
            f" WHERE h.id IN ({ids}) AND NOT ({of_each})"
        )
        return {(int(candidate), int(person)) for candidate, person in cursor.fetchall()}


def bundle_heads(bundle_id: int, person_id: int, position: int) -> list[Head]:
    """Free seats of one bundle, from `position` upward and then from its start."""
    heads = [head for head in select(judge(IN_BUNDLE), bundle=bundle_id, person=person_id) if head.is_allowed]
    return sorted(heads, key=lambda head: (head.sort < position, head.sort))


def half_heads(project_id: int, lane: Lane, person_id: int, low: int, high: int, depth: Depth = NEAR) -> Iterator[Head]:
    """Candidates in [low, high] with one seat taken by somebody else, one per person looked at; lowest first of each walk."""
    values = {"project": project_id, "lane": lane.value, "person": person_id, "low": low, "high": high}
    for heads in walk_buckets(half_statement(lane.column, depth.heads), 1, HALF_BUCKETS, depth, **values):
        yield from sorted(heads, key=lambda head: (head.sort, head.id))


def fresh_heads(project_id: int, lane: Lane, person_id: int, low: int, high: int, depth: Depth = NEAR) -> Iterator[Head]:
    """Candidates in [low, high] with no seat taken, lowest first; gives up after so many pages of those barred to the person."""
    for _page in range(depth.pages):
        heads = select(judge(FRESH[lane.column]), project=project_id, lane=lane.value, person=person_id, low=low, high=high)
        yield from (head for head in heads if head.is_allowed)
        if len(heads) < PAGE:
            return
        # Samples of one deliverable share their place, and the page may have ended among them.
        low = heads[-1].sort + (heads[0].sort == heads[-1].sort)


def dispute_heads(project_id: int, lane: Lane, person_id: int, depth: Depth = NEAR) -> Iterator[Head]:
    """Disputes this person may adjudicate, one or two of each disagreeing pair looked at; in random order of each walk."""
    values = {"project": project_id, "lane": lane.value, "person": person_id}
    for heads in walk_buckets(disputed_statement(lane.column, depth.heads), 3, DISPUTE_BUCKETS, depth, **values):
        random.shuffle(heads)
        yield from heads


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

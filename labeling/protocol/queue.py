"""The queue's statements, raw because their partial indexes need the literal predicate on SQLite.

The state numbers are those of labeling.models.QState. No statement reads more than a bounded number of rows: what a
person skipped is dropped among at most 20 heads, and at most 32 people's buckets are looked at from a random start.
`benchmarks/` and tests/labeling/test_queue_plans.py check the plans on both databases.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

HEADS = 20
BUCKETS = 32
PAGES = 5

_FREE = "FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 0 AND c.sort >= %(low)s AND c.sort <= %(high)s"
FRESH = f"SELECT c.id, c.q_state, c.q_excl, c.sort {_FREE} ORDER BY c.sort LIMIT {HEADS}"

IN_BUNDLE = (
    "SELECT c.id, c.q_state, c.q_excl, c.sort FROM labeling_candidate c"
    " WHERE c.bundle_id = %(bundle)s AND c.q_state IN (0, 1) AND c.q_excl <> %(person)s ORDER BY c.sort, c.id LIMIT 64"
)

_NOT_SKIPPED = "NOT EXISTS (SELECT 1 FROM labeling_skip s WHERE s.candidate_id = h.id AND s.round = h.round AND s.person_id = %(person)s)"


def _distinct(state: int) -> str:
    """A walk over at most BUCKETS distinct `q_excl` of a state, from `start` upward."""
    head = f"FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = {state} AND c.q_excl"
    return (
        f"WITH RECURSIVE b(x, n) AS (SELECT (SELECT MIN(c.q_excl) {head} >= %(start)s), 1"
        f" UNION ALL SELECT (SELECT MIN(c.q_excl) {head} > b.x), b.n + 1 FROM b WHERE b.x IS NOT NULL AND b.n < {BUCKETS})"
    )


HALF = (
    f"{_distinct(1)} SELECT k.id, k.q_state, k.q_excl, k.sort FROM b JOIN labeling_candidate k ON k.id = ("
    " SELECT h.id FROM (SELECT c.id, c.round, c.sort FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 1"
    f" AND c.q_excl = b.x AND c.sort >= %(low)s AND c.sort <= %(high)s ORDER BY c.sort LIMIT {HEADS}) h"
    f" WHERE {_NOT_SKIPPED} ORDER BY h.sort LIMIT 1)"
    f" WHERE b.x <> %(person)s ORDER BY k.sort LIMIT {HEADS}"
)


def _pair_head(side: str) -> str:
    return (
        " SELECT k.id, k.q_state, k.q_excl, k.sort FROM b JOIN labeling_candidate k ON k.id = ("
        " SELECT h.id FROM (SELECT c.id, c.round, c.q_excl2, c.sort FROM labeling_candidate c"
        " WHERE c.project_id = %(project)s AND c.q_state = 3"
        f" AND c.q_excl = b.x AND c.q_excl2 {side} %(person)s ORDER BY c.q_excl2, c.sort LIMIT {HEADS}) h"
        f" WHERE {_NOT_SKIPPED} ORDER BY h.q_excl2, h.sort LIMIT 1)"
        " WHERE b.x <> %(person)s"
    )


DISPUTED = f"{_distinct(3)}{_pair_head('<')} UNION ALL{_pair_head('>')} LIMIT {2 * BUCKETS}"

SKIPPED = (
    "SELECT s.candidate_id FROM labeling_skip s JOIN labeling_candidate c ON c.id = s.candidate_id AND c.round = s.round"
    " WHERE s.person_id = %(person)s AND s.candidate_id IN ({ids})"
)
FORMER_ADJUDICATOR = (
    "SELECT a.candidate_id FROM labeling_assignment a JOIN labeling_candidate c ON c.id = a.candidate_id AND a.round = c.round - 1"
    " WHERE a.person_id = %(person)s AND a.purpose = 'adjudication' AND a.status = 'submitted' AND a.candidate_id IN ({ids})"
)


class Head(NamedTuple):
    """A candidate that may be taken, as the index showed it; it must be locked and looked at again."""

    id: int
    q_state: int
    q_excl: int
    sort: int


def select(statement: str, **values: int) -> list[Head]:
    """Run one queue statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Head(*row) for row in cursor.fetchall()]


def select_around(statement: str, enough: int, **values: int) -> list[Head]:
    """Run a bucket walk from a random start, and from the lowest bucket too where that found less than `enough`."""
    start = random.randrange(1, max_person_id() + 1)
    heads = select(statement, start=start, **values)
    if len(heads) < enough and start > 1:
        heads = list(dict.fromkeys([*heads, *select(statement, start=1, **values)]))
    return heads


def barred(heads: list[Head], person_id: int) -> set[int]:
    """The ids among `heads` that this person skipped in this round or adjudicated in the round before."""
    if not heads:
        return set()
    ids = ", ".join(str(head.id) for head in heads)
    statement = f"{SKIPPED} UNION ALL {FORMER_ADJUDICATOR}".replace("{ids}", ids)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"person": person_id})
        return {row[0] for row in cursor.fetchall()}


def allowed(heads: list[Head], person_id: int) -> Iterator[Head]:
    """`heads` without those barred to the person, in order."""
    out = barred(heads, person_id)
    return (head for head in heads if head.id not in out)


def bundle_heads(bundle_id: int, person_id: int, position: int) -> Iterator[Head]:
    """Free seats of one bundle, from `position` upward and then from its start."""
    heads = select(IN_BUNDLE, bundle=bundle_id, person=person_id)
    heads.sort(key=lambda head: (head.sort <= position, head.sort))
    return allowed(heads, person_id)


def half_heads(project_id: int, person_id: int, low: int, high: int) -> Iterator[Head]:
    """Candidates in [low, high] with one seat taken by somebody else, lowest first; one per person looked at."""
    heads = select_around(HALF, HEADS, project=project_id, person=person_id, low=low, high=high)
    return allowed(sorted(heads, key=lambda head: (head.sort, head.id)), person_id)


def fresh_heads(project_id: int, person_id: int, low: int, high: int) -> Iterator[Head]:
    """Candidates in [low, high] with no seat taken, lowest first; gives up after PAGES pages of barred ones."""
    for _page in range(PAGES):
        heads = select(FRESH, project=project_id, low=low, high=high)
        yield from allowed(heads, person_id)
        if len(heads) < HEADS:
            return
        low = heads[-1].sort + 1


def dispute_heads(project_id: int, person_id: int) -> Iterator[Head]:
    """Disputes this person answered no part of, one or two per disagreeing pair looked at, in random order."""
    heads = select_around(DISPUTED, 2 * BUCKETS, project=project_id, person=person_id)
    random.shuffle(heads)
    return allowed(heads, person_id)


def max_person_id() -> int:
    """The highest account id; a random start below it spreads the walks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM labeling_user")
        row = cursor.fetchone()
    return int(row[0] or 1) if row else 1


def lock_head(head: Head) -> bool:
    """Lock the candidate if it is still as the index showed it and nobody else is locking it."""
    statement = "SELECT c.id FROM labeling_candidate c WHERE c.id = %(id)s AND c.q_state = %(q_state)s AND c.q_excl = %(q_excl)s"
    if connection.vendor == "postgresql":
        statement += " FOR UPDATE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(statement, {"id": head.id, "q_state": head.q_state, "q_excl": head.q_excl})
        return cursor.fetchone() is not None

"""Watching the plan of every statement while the protocol works."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection

BIG = ("candidate", "assignment", "answer", "event", "decision", "skip", "receipt")
AT_ONCE = 2.0  # PostgreSQL's unit is one page read in order
SQLITE_SCAN = re.compile(r"^SCAN (?:TABLE )?(\w+)")


class Watch:
    """Explains each statement before it runs, each text once; `scans` holds (table, plan line, statement) of whole reads."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.scans: list[tuple[str, str, str]] = []
        self.is_explaining = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        is_plain = sql.lstrip().split(None, 1)[0].upper() in ("SELECT", "UPDATE", "DELETE", "WITH")
        if is_plain and not many and not self.is_explaining and sql not in self.seen:
            self.seen.add(sql)
            self.is_explaining = True
            try:
                self.scans += [(*scan, sql) for scan in explain(sql, params)]
            finally:
                self.is_explaining = False
        return execute(sql, params, many, context)


def explain(sql: str, params: Any) -> Iterator[tuple[str, str]]:
    """The (table, plan line) of each whole read of a big table in the plan of `sql`, with its values bound as the site binds them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            yield from find_sqlite_scans([row[3] for row in cursor.fetchall()], sql)
            return
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
        yield from find_postgresql_scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def find_sqlite_scans(lines: list[str], sql: str) -> Iterator[tuple[str, str]]:
    """`SCAN x`, with or without an index, reads all of x; x may be an alias, or rows a sub-query made."""
    made = {line.split()[1] for line in lines if line.startswith(("CO-ROUTINE", "MATERIALIZE"))}
    aliases = {alias.strip('"'): table for table, alias in re.findall(r'labeling_(\w+)"? ("?[A-Za-z]\w*"?)', sql)}
    for line in lines:
        if found := SQLITE_SCAN.match(line):
            name = found[1]
            table = name.removeprefix("labeling_") if name.startswith("labeling_") else aliases.get(name, "")
            if table in BIG and name not in made:
                yield table, line


def find_postgresql_scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A sequential scan, or an index read from end to end; not one that ends at the first row it meets, as EXISTS does."""
    if node["Node Type"] == "Limit" and node["Total Cost"] < AT_ONCE:
        return
    table, kind = str(node.get("Relation Name", "")).removeprefix("labeling_"), node["Node Type"]
    if table in BIG and (kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node)):
        yield table, f"{kind} {node.get('Index Name', '')} {node.get('Filter', '')}"
    for child in node.get("Plans", []):
        yield from find_postgresql_scans(child)


@contextmanager
def watch_plans() -> Iterator[Watch]:
    """Watch every statement of the block."""
    watch = Watch()
    with connection.execute_wrapper(watch):
        yield watch


class Reading(NamedTuple):
    """What one statement read on PostgreSQL: pages looked at, and rows that a filter dropped."""

    pages: int
    dropped: int
    sql: str


def measure_work(call: Callable[[], Any]) -> tuple[Any, int]:
    """What `call` gives back and what its statements cost: steps of SQLite's machine, pages PostgreSQL looked at."""
    if connection.vendor == "sqlite":
        return measure_steps(call)
    result, readings = measure_readings(call)
    return result, sum(reading.pages for reading in readings)


def measure_readings(call: Callable[[], Any]) -> tuple[Any, list[Reading]]:
    """What `call` gives back and what each of its reading statements read; PostgreSQL only."""
    readings: list[Reading] = []

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SELECT", "WITH")):
            return execute(sql, params, many, context)
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0][0]["Plan"]
        readings.append(Reading(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], count_dropped(plan), sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        result = call()
    return result, readings


def count_dropped(node: dict[str, Any]) -> int:
    """The rows that the filters of a plan that has run let drop, those of an index included."""
    here = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck"))
    # PostgreSQL gives the mean of all rounds.
    return round(here * node["Actual Loops"]) + sum(map(count_dropped, node.get("Plans", [])))


def measure_steps(call: Callable[[], Any]) -> tuple[Any, int]:
    """`measure_work` on SQLite."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 10
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 10)
    try:
        return call(), steps
    finally:
        connection.connection.set_progress_handler(None, 10)

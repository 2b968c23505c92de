"""The database settings of a URL: SQLite as measured to be safe with several processes, PostgreSQL with a pool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

# A transaction that reads first and writes later could not take the write lock any more; so each one takes it at once.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
}
# One transaction left open doubles the time of every lease within seconds. The statements of an answer (labeling/prepared.py) are
# prepared; whether to keep one plan for all values is PostgreSQL's choice: forced, a trip was 6.9 times as slow at 3.3 million
# candidates as at 33 thousand, and no other cause is known yet.
POSTGRES_OPTIONS = {
    # No compiling: of a count that took 248 ms, compiling it took 227.
    "options": "-c idle_in_transaction_session_timeout=60s -c jit=off",
    "prepare_threshold": 2,
}


def database_from_url(url: str, *, pool_size: int, test_file: Path) -> dict[str, Any]:
    """Django's settings for the database at `url`; `test_file` is where tests keep theirs on SQLite.

    `pool_size` is the most PostgreSQL connections of one process, 0 for one connection per thread (as a pooler wants it).
    Raises ValueError for a database other than SQLite and PostgreSQL.
    """
    settings: dict[str, Any] = dict(dj_database_url.parse(url))
    engine = settings["ENGINE"]
    if engine == "django.db.backends.sqlite3":
        Path(settings["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # A file, not memory: tests then meet the same locks as the site, and other processes can open it.
        return {**settings, "ENGINE": "annotation_site.sqlite", "OPTIONS": dict(SQLITE_OPTIONS), "TEST": {"NAME": str(test_file)}}
    if engine == "django.db.backends.postgresql":
        return {**settings, **postgres_connections(settings.get("OPTIONS", {}), pool_size)}
    raise ValueError(f"DATABASE_URL names {engine}; the site runs on SQLite and PostgreSQL")


def postgres_connections(options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """How threads share connections: through a pool of at most `pool_size`, or one each where it is 0."""
    if pool_size == 0:
        # A pooler in transaction mode neither takes start-up options nor keeps cursors between transactions.
        return {"OPTIONS": options, "CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True}
    pool = {"min_size": 1, "max_size": pool_size, "timeout": 20}
    return {"OPTIONS": {**POSTGRES_OPTIONS, **options, "pool": pool}, "CONN_MAX_AGE": 0}

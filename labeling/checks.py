"""The triggers of labeling/triggers.py are restored after every migration and compared by `manage.py check --database default`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from labeling.triggers import drop_triggers, existing_tables, missing_triggers, restore_triggers


def drop_before_migrate(using: str, plan: Sequence[object] = (), **_kwargs: Any) -> None:
    """Receiver of pre_migrate: SQLite rebuilds a table under another name and stops at every trigger that mentions the old one."""
    if plan and connections[using].vendor == "sqlite":
        drop_triggers(connections[using])


def restore_after_migrate(using: str, **_kwargs: Any) -> None:
    """Receiver of post_migrate: SQLite drops triggers with every table a migration rebuilds."""
    restore_triggers(connections[using])


def check_triggers(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """One error per rule that the database does not enforce; silent before the first migration."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        if "labeling_purgepermit" not in existing_tables(connections[alias]):
            continue
        found += [
            Error(
                f"The database {alias!r} does not enforce the rule {rule.name}: {rule.message}.",
                hint="Run `manage.py migrate`, which restores it.",
                id="labeling.E001",
            )
            for rule in missing_triggers(connections[alias])
        ]
    return found

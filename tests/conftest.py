"""Fixtures of every test."""

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings

MADE_BY_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}


def pytest_collection_modifyitems(items):
    """Tests of one file share a process, for a fixture of a module may start a whole site; those marked `apart` do not, and come first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.nodeid if item.get_closest_marker("apart") else str(item.path)))
    items.sort(key=lambda item: item.get_closest_marker("apart") is None)


@pytest.fixture(scope="session", autouse=True)
def settings_for_tests():
    """Pages find their static files without collectstatic; passwords are hashed fast, for being slow has no use here."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    # Not set on `settings` directly: by now something may have asked for the storages, and keeps what it was told.
    # A suite asks for more in a minute than any program should.
    unlimited = {"API_REQUESTS_PER_MINUTE": 0, "API_JOBS_PER_HOUR": 0, "API_WRONG_TOKENS_PER_MINUTE": 0}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, PASSWORD_HASHERS=hashers, **unlimited):
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_fast():
    """A test with transactions of its own is followed by `empty_tables`: `flush` takes seconds of PostgreSQL, and triggers refuse it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_tables())
        yield


def empty_tables():
    """Delete every row that a test may have made, also those that triggers let nobody delete; afterwards all triggers are there."""
    from labeling.triggers import RULES, drop_triggers, restore_triggers

    with transaction.atomic(), connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - MADE_BY_MIGRATIONS)
        guarded = sorted({rule.table for rule in RULES} & set(tables)) if connection.vendor == "postgresql" else []
        if connection.vendor == "sqlite":
            drop_triggers(connection)
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        elif has_grown(cursor):
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
            tables = guarded = []
        for table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')
        if guarded:
            # No table can be altered while rows of it wait to be checked.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    restore_triggers(connection)


def has_grown(cursor):
    """Whether a table or an index has room for many rows, of undone tests too: plans depend on it, and only truncating gives it back."""
    cursor.execute(
        "SELECT MAX(pg_relation_size(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = current_schema()::regnamespace"
    )
    return cursor.fetchone()[0] > 256 << 10

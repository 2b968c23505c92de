"""Fixtures of every test."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase, override_settings


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
def triggers_give_way_to_flush():
    """Emptying the tables after a test deletes what may never be deleted; `flush` ends with post_migrate, which restores them."""
    from labeling.triggers import drop_triggers

    flush = TransactionTestCase._fixture_teardown

    def drop_and_flush(case):
        drop_triggers(connection)
        flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", drop_and_flush)
        yield

"""Fixtures of every test."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase


@pytest.fixture(scope="session", autouse=True)
def plain_static_files():
    """Pages find their files without collectstatic, and whatever a template names is served."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture(scope="session", autouse=True)
def fast_passwords():
    """Hashing is slow on purpose; here it would only be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


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

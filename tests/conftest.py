"""Fixtures of every test."""

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def plain_static_files():
    """Pages find their files without collectstatic, and whatever a template names is served."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture(scope="session", autouse=True)
def fast_passwords():
    """Hashing is slow on purpose; here it would only be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]

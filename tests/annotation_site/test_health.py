"""What load balancers ask."""

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor


def test_a_process_that_lives_says_so_without_the_database(client):
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"alive": True})


@pytest.mark.django_db
def test_a_migrated_database_is_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True})


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client, monkeypatch, caplog):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("labeling", "0002")])

    assert client.get("/readyz").status_code == 503
    assert "1 migrations are not applied" in caplog.text


@pytest.mark.django_db
def test_a_database_that_is_away_is_not_ready_and_tells_the_visitor_nothing(client, monkeypatch, caplog):
    def fail(*_args):
        raise OperationalError("connection to secret-host refused")

    monkeypatch.setattr(MigrationExecutor, "__init__", fail)

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"ready": False})
    assert "secret-host" in caplog.text


def test_a_new_request_carries_the_strict_headers(client):
    headers = client.get("/healthz").headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"

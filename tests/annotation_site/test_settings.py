"""What the settings refuse to start with, and what they make of the environment."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as site_settings

from annotation_site.databases import database_from_url
from annotation_site.secret import load_or_make_secret_key

pytestmark = pytest.mark.pure

KEY = "k" * 50
PRODUCTION = {"SERVIMAGE_ENV": "production", "SECRET_KEY": KEY, "ALLOWED_HOSTS": "label.example.org"}
SHOW = "from django.conf import settings as s; import json; print(json.dumps([getattr(s, n) for n in {names!r}], default=str))"


def start(tmp_path, names=("DEBUG",), **environment):
    """Load the settings in a fresh process; returns its result, whose output is the JSON list of `names`."""
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "annotation_site.settings", "SERVIMAGE_VAR": str(tmp_path)}
    command = [sys.executable, "-c", SHOW.format(names=list(names))]
    return subprocess.run(command, env={**clean, **environment}, cwd=site_settings.BASE_DIR, capture_output=True, text=True, check=False)


def show(tmp_path, *names, **environment):
    """The values of settings in a fresh process."""
    result = start(tmp_path, names, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DEBUG": "1"}, "production does not start with it"),
        ({"SECRET_KEY": ""}, "needs a SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "of 50 random characters or more"),
        ({"ALLOWED_HOSTS": ""}, "needs ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "needs ALLOWED_HOSTS"),
        ({"SERVIMAGE_ENV": "prod"}, "'prod' is unknown; write embedded or production"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps' is neither yes nor no"),
        ({"EMAIL_HOST": "mail.example.org"}, "EMAIL_HOST needs EMAIL_FROM"),
        ({"EMAIL_TLS": "perhaps"}, "EMAIL_TLS='perhaps' is unknown; write starttls, tls or none"),
        (
            {"EMAIL_HOST": "mail.example.org", "EMAIL_FROM": "a@example.org", "EMAIL_USER": "a", "EMAIL_TLS": "none"},
            "would send the password of EMAIL_USER to mail.example.org in the clear",
        ),
        ({"DATABASE_URL": "mysql://root@localhost/db"}, "runs on SQLite and PostgreSQL"),
    ],
)
def test_production_refuses_what_is_unsafe_in_clear_words(tmp_path, change, words):
    result = start(tmp_path, **{**PRODUCTION, **change})

    assert result.returncode != 0
    assert words in result.stderr.splitlines()[-1]


def test_production_starts_with_what_it_needs_and_demands_https(tmp_path):
    names = ["DEBUG", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"]

    assert show(tmp_path, *names, **PRODUCTION) == [False, ["label.example.org"], True, True, True, 31_536_000]
    assert not (tmp_path / "secret_key").exists()


def test_an_embedded_site_needs_nothing_and_listens_to_this_machine_only(tmp_path):
    debug, hosts, roots, broker, engine = show(tmp_path, "DEBUG", "ALLOWED_HOSTS", "IMPORT_ROOTS", "CELERY_BROKER_URL", "DATABASES")

    assert (debug, hosts, roots) == (False, ["127.0.0.1", "localhost", "[::1]"], [])
    assert broker == "filesystem://localhost/"
    assert engine["default"]["ENGINE"] == "annotation_site.sqlite"
    assert engine["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_mail_is_off_unless_a_server_is_named_and_its_password_may_lie_in_a_file(tmp_path):
    (tmp_path / "password").write_text("s3cret\n")
    server = {"EMAIL_HOST": "mail.example.org", "EMAIL_FROM": "labels@example.org", "EMAIL_USER": "labels"}
    names = ["MAIL_ENABLED", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL", "EMAIL_HOST_PASSWORD", "DEFAULT_FROM_EMAIL"]

    off = show(tmp_path, "MAIL_ENABLED")
    on = show(tmp_path, *names, **server, EMAIL_PASSWORD_FILE=str(tmp_path / "password"))
    tls = show(tmp_path, *names[:4], **server, EMAIL_TLS="tls")

    assert (off, on) == ([False], [True, 587, True, False, "s3cret", "labels@example.org"])
    assert tls == [True, 465, False, True]


def test_an_embedded_site_keeps_its_key_and_its_messages_to_its_owner(tmp_path):
    first, second = show(tmp_path, "SECRET_KEY"), show(tmp_path, "SECRET_KEY")

    assert first == second
    assert len(first[0]) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "broker").stat().st_mode & 0o777 == 0o700


def test_a_broken_key_file_is_refused_rather_than_used(tmp_path):
    (tmp_path / "secret_key").write_text("half a ke")

    with pytest.raises(ValueError, match="holds no secret key of 50 characters"):
        load_or_make_secret_key(tmp_path / "secret_key")


def test_postgres_is_pooled_for_threads(tmp_path):
    database = database_from_url("postgres://me@db/site", pool_size=7, test_file=tmp_path / "t")

    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert database["OPTIONS"]["options"] == "-c idle_in_transaction_session_timeout=60s -c jit=off"
    assert database["CONN_MAX_AGE"] == 0


def test_behind_a_pooler_no_connection_or_cursor_is_kept(tmp_path):
    database = database_from_url("postgres://me@db/site", pool_size=0, test_file=tmp_path / "t")

    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "pool" not in database["OPTIONS"]
    assert "options" not in database["OPTIONS"]

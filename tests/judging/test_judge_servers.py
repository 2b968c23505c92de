"""Which servers judges may ask and which key goes where: nothing that a lead types sends a secret of the workers to a stranger."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from judging.backends.base import JudgeUnavailable
from judging.backends.registry import check_backend, make_backend
from judging.backends.servers import Server, read_servers
from tests.judging.backend_asks import GOOD, make_ask
from tests.judging.scripted_server import ScriptedServer, say

pytestmark = pytest.mark.pure

SERVERS = "SERVIMAGE_JUDGE_SERVERS"
LIST = "OPENAI_API_KEY=https://api.example.org/v1; VLLM_KEY=http://gpu-1:8000/v1;=http://gpu-2:8000/v1;"
SECRET = "database-password-4711"


@pytest.fixture(autouse=True)
def embedded_without_a_list(monkeypatch):
    for name in (SERVERS, f"{SERVERS}_FILE", "SERVIMAGE_ENV", "SERVIMAGE_ENV_FILE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SITE_SECRET", SECRET)


def check(base_url, key_variable=""):
    """The complaint about these settings, '' where there is none."""
    try:
        check_backend("openai", {"base_url": base_url, "model": "m", "key_variable": key_variable})
    except ValueError as error:
        return str(error)
    return ""


def test_the_list_is_read_into_addresses_and_variables(monkeypatch):
    monkeypatch.setenv(SERVERS, LIST)

    assert read_servers() == [
        Server(base_url="https://api.example.org/v1", key_variable="OPENAI_API_KEY"),
        Server(base_url="http://gpu-1:8000/v1", key_variable="VLLM_KEY"),
        Server(base_url="http://gpu-2:8000/v1"),
    ]


def test_the_list_may_stand_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "servers").write_text(LIST)
    monkeypatch.setenv(f"{SERVERS}_FILE", str(tmp_path / "servers"))

    assert len(read_servers()) == 3


@pytest.mark.parametrize(
    "entry", ["http://gpu-1:8000/v1", "A KEY=http://gpu-1", "KEY=gpu-1:8000", "KEY=http://me:4711@gpu-1/v1", "sk-4711"]
)
def test_an_entry_that_cannot_be_read_is_told_by_its_number_and_not_repeated(monkeypatch, entry):
    monkeypatch.setenv(SERVERS, f"=http://gpu-2:8000/v1;{entry}")

    with pytest.raises(ValueError, match="SERVIMAGE_JUDGE_SERVERS: entry 2 is not VARIABLE=ADDRESS") as raised:
        read_servers()

    assert "4711" not in str(raised.value)


@pytest.mark.parametrize(
    ("base_url", "key_variable"),
    [
        ("https://api.example.org/v1", "OPENAI_API_KEY"),
        ("https://API.example.org:443/v1/", "OPENAI_API_KEY"),
        ("https://api.example.org/v1/projects/7", "OPENAI_API_KEY"),
        ("https://api.example.org/v1", ""),
        ("http://gpu-1:8000/v1", "VLLM_KEY"),
        ("http://gpu-2:8000/v1", ""),
    ],
)
def test_a_listed_server_may_be_asked_with_its_own_key_or_none(monkeypatch, base_url, key_variable):
    monkeypatch.setenv(SERVERS, LIST)

    assert check(base_url, key_variable) == ""


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example.org/v1",
        "http://api.example.org/v1",
        "https://api.example.org:8443/v1",
        "https://api.example.org/v2",
        "https://api.example.org/v10",
        "https://api.example.org",
        "https://api.example.org.evil.org/v1",
        "https://api.example.org/v1/../v2",
        "https://api.example.org/v1/%2e%2e/v2",
        "https://api.example.org\\.evil.org/v1",
        "https://api.example\t.org/v1",
        "http://gpu-1/v1",
    ],
)
@pytest.mark.parametrize("key_variable", ["", "OPENAI_API_KEY"])
def test_no_other_server_may_be_asked(monkeypatch, base_url, key_variable):
    monkeypatch.setenv(SERVERS, LIST)

    problem = check(base_url, key_variable)

    assert problem.startswith("base_url is ")
    assert "must add" in problem
    assert SERVERS in problem


@pytest.mark.parametrize(
    ("base_url", "key_variable"),
    [
        ("http://gpu-1:8000/v1", "OPENAI_API_KEY"),
        ("http://gpu-2:8000/v1", "VLLM_KEY"),
        ("https://api.example.org/v1", "SITE_SECRET"),
    ],
)
def test_a_key_that_is_not_bound_to_the_address_is_refused(monkeypatch, base_url, key_variable):
    monkeypatch.setenv(SERVERS, LIST)

    problem = check(base_url, key_variable)

    assert problem.startswith("key_variable is not one whose key may be sent to this address. Whoever runs the site must add VARIABLE=")
    # It may be a key itself.
    assert key_variable not in problem


def test_without_a_list_an_embedded_site_asks_any_server_and_sends_no_key():
    assert check("http://127.0.0.1:8000/v1") == ""
    assert check("http://127.0.0.1:8000/v1", "SITE_SECRET").startswith("key_variable is not one")


def test_without_a_list_nothing_is_asked_in_production(monkeypatch):
    monkeypatch.setenv("SERVIMAGE_ENV", "production")

    assert check("http://127.0.0.1:8000/v1").startswith("base_url is 'http://127.0.0.1:8000/v1', which judges of this site may not ask")


def test_a_file_may_say_that_it_is_production(monkeypatch, tmp_path):
    (tmp_path / "environment").write_text("production\n")
    monkeypatch.setenv("SERVIMAGE_ENV_FILE", str(tmp_path / "environment"))

    assert check("http://127.0.0.1:8000/v1").startswith("base_url is")


@pytest.mark.parametrize("listed", ["", "=http://127.0.0.1:1/v1", "SITE_SECRET=http://127.0.0.1:1/v1"])
def test_the_worker_sends_nothing_to_a_server_that_is_not_listed_for_the_key(monkeypatch, listed):
    """Rows outlive the list: a judge that was made when its server was on it."""
    monkeypatch.setenv(SERVERS, listed)
    with ScriptedServer(default=say(GOOD)) as server, pytest.raises(JudgeUnavailable, match=SERVERS) as raised:
        make_backend("openai", {"base_url": server.url, "model": "m", "key_variable": "SITE_SECRET"}).answer([make_ask()])

    assert server.seen == []
    assert SECRET not in str(raised.value)


def test_a_key_goes_to_the_address_it_is_bound_to(monkeypatch):
    with ScriptedServer(default=say(GOOD)) as server:
        monkeypatch.setenv(SERVERS, f"SITE_SECRET={server.url}")
        config = {"base_url": server.url, "model": "m"}
        for key_variable in ("SITE_SECRET", ""):
            make_backend("openai", {**config, "key_variable": key_variable}).answer([make_ask()])

    assert [seen.headers.get("authorization") for seen in server.seen] == [f"Bearer {SECRET}", None]


def test_a_list_that_cannot_be_read_stops_the_start(tmp_path):
    own = {"SERVIMAGE_VAR": str(tmp_path), SERVERS: "gpu-1:8000"}

    ended = subprocess.run(
        [sys.executable, "-c", "import annotation_site.settings"], cwd=settings.BASE_DIR, env={**os.environ, **own}, capture_output=True
    )

    assert ended.returncode == 1
    assert b"ValueError: SERVIMAGE_JUDGE_SERVERS: entry 1 is not VARIABLE=ADDRESS" in ended.stderr

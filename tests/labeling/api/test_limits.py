"""How much a program may ask for."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as site

from annotation_site.caches import cache_settings
from labeling.api.throttles import RequestLimit
from tests.factories import make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.visiting import visit_as


@pytest.fixture(autouse=True)
def counters(settings, monkeypatch):
    """Empty counters of this test alone, and a clock that stands 15 s before the next minute."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": os.urandom(8).hex()}}
    monkeypatch.setattr("labeling.api.throttles.time.time", lambda: 3600.0 * 24 + 45)


@pytest.mark.django_db
def test_more_than_the_limit_is_refused_with_how_long_to_wait(settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    project = make_project()
    program = Program(make_person(project), project)

    replies = [program.get("me") for _ in range(4)]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert (replies[3].data["code"], replies[3].headers["Retry-After"]) == ("throttled", "15")
    assert "15" in replies[3].data["message"]


@pytest.mark.django_db
def test_tokens_and_sessions_are_counted_each_for_itself_and_a_new_minute_begins_anew(settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 1
    project = make_project()
    person = make_person(project)
    first, second, session = Program(person, project), Program(person, project), visit_as(person)

    statuses = [
        first.get("me").status_code,
        second.get("me").status_code,
        session.get("/api/v1/me/").status_code,
        first.get("me").status_code,
    ]
    monkeypatch.setattr("labeling.api.throttles.time.time", lambda: 3600.0 * 24 + 60)

    assert statuses == [200, 200, 200, 429]
    assert first.get("me").status_code == 200


@pytest.mark.django_db
def test_what_starts_work_has_a_limit_of_its_own(settings, monkeypatch):
    settings.API_JOBS_PER_HOUR = 1
    monkeypatch.setattr("labeling.jobs.queue.ring", lambda job: None)
    project = make_project()
    program = Program(make_lead(project), project)

    statuses = [program.post("exports", format="full").status_code, program.post("exports", format="full").status_code]

    assert statuses == [202, 429]
    assert program.get("exports").status_code == 200


@pytest.mark.django_db
def test_a_cache_that_fails_lets_requests_through(settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 1
    project = make_project()
    program = Program(make_person(project), project)

    class Full:
        def add(self, *_args):
            raise OSError("no space left on device")

    monkeypatch.setattr("labeling.api.throttles.cache", Full())

    assert [program.get("me").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.pure
def test_processes_of_one_machine_share_their_counters(settings, tmp_path, monkeypatch):
    monkeypatch.undo()
    settings.CACHES = {"default": cache_settings("filesystem://localhost/", tmp_path / "cache")}
    program = (
        "import django; django.setup()\n"
        "from labeling.api.throttles import RequestLimit\n"
        "RequestLimit.window_s = 10**9\n"
        "print(RequestLimit().count('token-1'))"
    )
    monkeypatch.setattr(RequestLimit, "window_s", 10**9)

    here = RequestLimit().count("token-1")
    there = subprocess.run(
        [sys.executable, "-c", program],
        cwd=site.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "annotation_site.settings", "SERVIMAGE_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (here, there.stdout.strip(), RequestLimit().count("token-1")) == (1, "2", 3)


@pytest.mark.pure
def test_counters_are_kept_in_redis_where_there_is_one(tmp_path):
    assert cache_settings("redis://127.0.0.1:6379/0", tmp_path)["BACKEND"].endswith("RedisCache")
    assert cache_settings("filesystem://localhost/", tmp_path)["LOCATION"] == str(tmp_path)

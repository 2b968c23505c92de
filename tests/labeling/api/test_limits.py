"""How much a program may ask for."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as site

from annotation_site.caches import cache_settings
from labeling.api.throttles import RequestLimit, WrongTokenLimit
from tests.factories import make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.visiting import visit_as
from tests.workers import REDIS_URL, redis_answers


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


@pytest.fixture
def wrong():
    """Programs with wrong tokens, from addresses as they are asked for."""
    project = make_project()
    return lambda address="203.0.113.5", **more: Program(None, project, "nonsense").client.get("/api/v1/me/", REMOTE_ADDR=address, **more)


@pytest.mark.django_db
def test_wrong_tokens_are_counted_by_address_and_refused_clearly_beyond_the_limit(settings, wrong):
    settings.API_WRONG_TOKENS_PER_MINUTE = 3

    statuses = [wrong().status_code for _ in range(4)]
    refused, elsewhere = wrong(), wrong("203.0.113.6")

    assert statuses == [401, 401, 401, 429]
    assert (refused.json()["code"], refused.headers["Retry-After"]) == ("too_many_wrong_tokens", "15")
    assert "15" in refused.json()["message"]
    assert elsewhere.status_code == 401


@pytest.mark.django_db
def test_once_too_many_wrong_tokens_came_no_token_is_looked_up_until_the_next_minute(
    settings, monkeypatch, wrong, django_assert_num_queries
):
    settings.API_WRONG_TOKENS_PER_MINUTE = 1
    project = make_project()
    person = make_person(project)
    program = Program(person, project)
    wrong("127.0.0.1")

    with django_assert_num_queries(0):
        blocked = program.get("me")
    by_session = visit_as(person).get("/api/v1/me/")
    monkeypatch.setattr("labeling.api.throttles.time.time", lambda: 3600.0 * 24 + 60)
    after = program.get("me")

    assert [blocked.status_code, by_session.status_code, after.status_code] == [429, 200, 200]


@pytest.mark.django_db
def test_right_tokens_and_none_at_all_are_not_counted_as_wrong(settings):
    settings.API_WRONG_TOKENS_PER_MINUTE = 1
    project = make_project()
    program, nobody = Program(make_person(project), project), Program(None, project)

    assert [program.get("me").status_code for _ in range(3)] == [200, 200, 200]
    assert [nobody.get("me").status_code for _ in range(3)] == [401, 401, 401]


@pytest.mark.django_db
def test_behind_a_proxy_wrong_tokens_are_counted_for_the_visitor(settings, wrong):
    settings.API_WRONG_TOKENS_PER_MINUTE, settings.BEHIND_PROXY = 1, True

    replies = [
        wrong("10.0.0.1", headers={"X-Forwarded-For": f"1.2.3.4, {visitor}"}) for visitor in ("203.0.113.5", "203.0.113.6", "203.0.113.5")
    ]

    assert [reply.status_code for reply in replies] == [401, 401, 429]


@pytest.mark.django_db
def test_wrong_tokens_are_still_refused_where_the_cache_fails(settings, monkeypatch, wrong):
    settings.API_WRONG_TOKENS_PER_MINUTE = 1

    class Away:
        def get(self, *_args):
            raise OSError("no space left on device")

        add = get

    monkeypatch.setattr("labeling.api.throttles.cache", Away())

    assert [wrong().status_code for _ in range(3)] == [401, 401, 401]


@pytest.mark.pure
@pytest.mark.parametrize("url", ["filesystem://localhost/", REDIS_URL])
def test_wrong_tokens_are_counted_in_files_and_in_redis_alike(settings, tmp_path, url):
    if url == REDIS_URL and not redis_answers():
        pytest.skip("no Redis")
    settings.CACHES = {"default": {**cache_settings(url, tmp_path), "KEY_PREFIX": os.urandom(8).hex()}}
    settings.API_WRONG_TOKENS_PER_MINUTE = 2

    reached = []
    for _ in range(3):
        reached.append(WrongTokenLimit().is_reached("203.0.113.5"))
        WrongTokenLimit().count("203.0.113.5")

    assert reached == [False, False, True]


@pytest.mark.pure
def test_processes_of_one_machine_share_their_counters(settings, tmp_path, monkeypatch):
    monkeypatch.undo()
    settings.CACHES = {"default": cache_settings("filesystem://localhost/", tmp_path / "cache")}
    program = (
        "import django; django.setup()\n"
        "from labeling.api.throttles import RequestLimit, WrongTokenLimit\n"
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

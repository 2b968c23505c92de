"""Who gets in: tokens, sessions, rights; and how refusals look."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from labeling.api_tokens import make_token, revoke_token
from labeling.models import ApiToken, Membership
from tests.factories import make_candidate, make_lead, make_person, make_project, make_user
from tests.labeling.api.programs import Program, key
from tests.labeling.blind_routes import list_routes
from tests.labeling.visiting import visit_as

pytestmark = pytest.mark.django_db


def test_me_says_who_asks_and_with_what(client):
    project = make_project(slug="posters")
    lead = make_lead(project, username="lea")

    by_token = Program(lead, project).get("me").data
    by_session = visit_as(lead).get("/api/v1/me/").json()

    assert by_token == {
        "id": str(lead.public_id),
        "username": "lea",
        "may_create_projects": True,
        "token": {"name": "test", "expires_at": None},
    }
    assert by_session["token"] is None


def test_my_projects_are_those_i_am_a_member_of():
    mine, _other = make_project(slug="mine"), make_project(slug="other")
    person = make_person(mine, can_adjudicate=False)

    found = Program(person, mine).get("projects").data

    assert found["next"] is None
    assert [(row["slug"], row["can_label"], row["can_adjudicate"], row["is_lead"]) for row in found["results"]] == [
        ("mine", True, False, False)
    ]


def test_a_token_that_opens_nothing_is_refused_alike_whatever_is_wrong_with_it():
    project = make_project()
    person = make_person(project)
    revoked, revoked_text = make_token(person, "revoked", None)
    revoke_token(person, revoked.pk)
    over = make_token(person, "over", timedelta(seconds=-1))[1]
    gone = make_token(make_user(is_active=False), "gone", None)[1]

    replies = [Program(None, project, text).get("project") for text in ("nonsense", "ü", revoked_text, over, gone)]

    assert {(reply.status_code, reply.data["code"]) for reply in replies} == {(401, "bad_token")}
    assert {reply.headers["WWW-Authenticate"] for reply in replies} == {"Bearer"}


def test_somebody_without_token_or_session_is_asked_for_one():
    reply = Program(None, make_project()).get("me")

    assert (reply.status_code, reply.data["code"], reply.headers["WWW-Authenticate"]) == (401, "not_authenticated", "Bearer")


def test_a_token_stops_with_the_rights_of_its_person():
    project = make_project()
    person = make_person(project)
    program = Program(person, project)

    before = program.get("project").status_code
    Membership.objects.filter(person=person).update(active=False)

    assert (before, program.get("project").status_code) == (200, 404)


def test_only_the_hash_of_a_token_is_stored_and_its_use_is_noted_once_an_hour():
    project = make_project()
    _token, text = make_token(make_person(project), "nightly", timedelta(days=1))
    program = Program(None, project, text)

    program.get("me")
    first = ApiToken.objects.get().last_used_at
    program.get("me")
    second = ApiToken.objects.get().last_used_at
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(hours=2))
    program.get("me")

    stored = ApiToken.objects.get()
    assert text not in json.dumps([str(value) for value in vars(stored).values()])
    assert first == second
    assert first is not None
    assert stored.last_used_at > timezone.now() - timedelta(minutes=1)


def test_a_session_needs_its_csrf_token_and_a_token_does_not():
    project = make_project()
    make_candidate(project)
    person = make_person(project)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    program = Program(person, project)
    program.client.handler.enforce_csrf_checks = True

    refused = strict.post(f"/api/v1/projects/{project.slug}/cards/take/", {}, content_type="application/json")
    csrf = strict.get("/session/").json()["csrf"]
    taken = strict.post(f"/api/v1/projects/{project.slug}/cards/take/", {}, content_type="application/json", headers={"X-CSRFToken": csrf})

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert taken.status_code == 200
    assert program.post("take").status_code == 200


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_nobody_without_the_right_gets_anything_of_a_project(method):
    project = make_project(slug="posters")
    annotator, stranger = make_person(project, can_adjudicate=False), make_lead(make_project())
    routes = {
        name: pattern for name, pattern in list_routes(get_resolver()) if name.startswith("api:") and "slug" in pattern.pattern.converters
    }
    known = {
        "assignment": key(),
        "candidate": key(),
        "person": key(),
        "job": key(),
        "batch": key(),
        "export": key(),
        "flag": 1,
        "conflict": 1,
        "stop": 1,
        "concern": 1,
        "invitation": key(),
        "example": key(),
        "judge": key(),
        "run": key(),
        "training": key(),
        "version": key(),
    }
    known |= {"role": "candidate", "number": 1, "size": "thumb", "sha256": "0" * 64}
    of_lead = {name for name, pattern in routes.items() if getattr(pattern.callback.cls, "rights", ()) == ("is_lead",)}

    for name, pattern in routes.items():
        args = [known[argument] for argument in pattern.pattern.converters if argument != "slug"]
        for person in (stranger, annotator) if name in of_lead else (stranger,):
            reply = Program(person, project).send(method, name.removeprefix("api:"), *args)
            assert (reply.status_code, reply.data["code"]) == (404, "not_found"), (name, method)

    assert len(of_lead) > 45


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", "{", 400, "parse_error"),
        ("application/json", "[" * 100_000, 400, "parse_error"),
        ("application/json", "[]", 422, "invalid"),
        ("application/json", '{"shown": "x"}', 422, "invalid"),
        ("application/json", '{"shown": "\\u0000"}', 422, "invalid"),
        ("text/csv", "a,b", 415, "unsupported_media_type"),
        ("application/json", '{"shown": "%s"}' % ("x" * 3_000_000), 413, "too_large"),
    ],
)
def test_a_body_that_is_none_is_refused_in_the_one_shape(kind, body, status, code):
    project = make_project()
    program = Program(make_person(project), project)

    reply = program.client.post(program.address("take"), body, content_type=kind)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.json()["message"]


def test_a_method_that_is_not_there_is_refused_in_the_one_shape():
    project = make_project()

    reply = Program(make_person(project), project).send("delete", "project")

    assert (reply.status_code, reply.data["code"]) == (405, "method_not_allowed")


def test_an_answer_is_json_whatever_the_program_says_it_likes():
    project = make_project()

    reply = Program(make_person(project), project).get("project", headers={"Accept": "text/html"})

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/json")


def test_a_refusal_is_in_the_language_asked_for():
    reply = Program(None, make_project()).get("me", headers={"Accept-Language": "zh-hans"})

    assert not reply.data["message"].isascii()


def test_an_address_that_is_not_there_and_a_fault_are_answered_in_the_one_shape(monkeypatch):
    project = make_project()
    program = Program(make_person(project), project)
    program.client.raise_request_exception = False

    missing = program.follow("/api/v1/nothing/")

    def fail(*_args):
        raise RuntimeError("a bug")

    monkeypatch.setattr("labeling.api.me.may_create_project", fail)
    broken = program.get("me")

    assert (missing.status_code, missing.data["code"]) == (404, "not_found")
    assert (broken.status_code, broken.data["code"]) == (500, "server_error")
    assert "a bug" not in broken.content.decode()

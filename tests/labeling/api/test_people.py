"""A lead and the people by program: invitations, leases, hours, voiding."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.jobs.run import run_job
from labeling.jobs.void_answers import VOID
from labeling.models import Assignment, Candidate, Invitation, Job, Membership
from tests.factories import answer_as, expire, lease_for, make_candidate, make_lead, make_person, make_project, make_user
from tests.labeling.api.programs import Program, key
from tests.labeling.visiting import visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(project, monkeypatch):
    """A program of the lead; no worker is told of the jobs it starts."""
    monkeypatch.setattr("labeling.jobs.queue.ring", lambda job: None)
    return Program(make_lead(project, username="lea"), project)


def run_newest(**about):
    """Do the newest job as a worker does."""
    job = Job.objects.filter(**about).latest("pk")
    run_job(job.pk)
    job.refresh_from_db()
    return job


def test_an_invitation_is_made_lets_somebody_in_and_is_withdrawn(project, program):
    made = program.post("invitations", can_label=True, uses=2, days=3, note="autumn class")
    newcomer = make_user(username="nia")
    visit_as(newcomer).post(made.data["link"], {"join": "1"})
    listed = program.get("invitations").data["results"]
    withdrawn = program.send("delete", "invitation", made.data["id"])
    again = program.send("delete", "invitation", made.data["id"])

    assert (made.status_code, made.data["state"], made.data["uses"], made.data["is_lead"]) == (201, "open", 2, False)
    assert Invitation.objects.get().note == "autumn class"
    assert Membership.objects.filter(project=project, person=newcomer, can_label=True, active=True).exists()
    assert [(row["id"], row["people"], row["used"]) for row in listed] == [(made.data["id"], ["nia"], 1)]
    assert "link" not in listed[0]
    assert withdrawn.data["state"] == "revoked"
    assert (again.status_code, again.data["code"]) == (409, "revoked")


def test_an_invitation_limits_whoever_comes_by_it(project, program):
    made = program.post("invitations", can_label=True, uses=1, days=3, categories=["Digital"], daily_cap=40)
    free = program.post("invitations", can_label=True, uses=1, days=3, categories=[], daily_cap=None)
    newcomer = make_user()
    visit_as(newcomer).post(made.data["link"], {"join": "1"})

    assert (made.data["categories"], made.data["daily_cap"]) == (["Digital"], 40)
    assert (free.data["categories"], free.data["daily_cap"]) == ([], None)
    assert [(row["categories"], row["daily_cap"]) for row in program.get("invitations").data["results"]] == [([], None), (["Digital"], 40)]
    assert Membership.objects.values_list("categories", "daily_cap").get(project=project, person=newcomer) == (["Digital"], 40)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"uses": 1, "days": 3, "can_label": True, "daily_cap": 0}, "daily_cap"),
        ({"uses": 1, "days": 3, "can_label": True, "categories": ["Music"]}, "categories.0"),
        ({"uses": 2, "days": 3, "is_lead": True}, "uses"),
        ({"uses": 51, "days": 3, "can_label": True}, "uses"),
        ({"uses": 1, "days": 91, "can_label": True}, "days"),
    ],
)
def test_an_invitation_that_may_not_be_is_refused(program, body, wrong):
    reply = program.post("invitations", **body)

    assert (reply.status_code, list(reply.data["fields"])) == (422, [wrong])
    assert not Invitation.objects.exists()


def test_a_withdrawn_invitation_of_another_project_is_not_there(program):
    other = make_project()
    theirs = Program(make_lead(other), other).post("invitations", can_label=True, uses=1, days=1)

    assert program.send("delete", "invitation", theirs.data["id"]).status_code == 404


def test_leases_are_listed_and_released_one_by_one_or_all_of_a_person(project, program):
    person = make_person(project, username="nia")
    leases = [lease_for(person, make_candidate(project)) for _ in range(3)]
    expire(leases[0])

    listed = program.get("leases", person="nia").data["results"]
    one = program.post("release_lease", leases[0].public_id, reason="asleep")
    again = program.post("release_lease", leases[0].public_id, reason="asleep")
    rest = program.post("release_person", person.public_id, reason="on holiday")
    silent = program.post("release_person", person.public_id)

    assert [(row["assignment"], row["is_late"]) for row in listed] == [
        (str(lease.public_id), place == 0) for place, lease in enumerate(leases)
    ]
    assert program.get("leases", person="somebody else").data["results"] == []
    assert (one.data, again.data["code"], rest.data) == ({"released": 1}, "not_leased", {"released": 2})
    assert (silent.status_code, list(silent.data["fields"])) == (422, ["reason"])
    assert set(Assignment.objects.values_list("status", flat=True)) == {"released"}


def test_hours_are_data_and_a_table(project, program):
    person = make_person(project, username="nia")
    for _ in range(3):
        answer_as(person, make_candidate(project), "accept", active_ms=4_000)

    hours = program.get("hours").data
    by_day = program.get("hours", by="day").data
    table = program.client.get(program.address("hours_table"))
    lines = b"".join(table.streaming_content).decode().splitlines()

    assert [(row["person"]["username"], row["total"]["answers"], row["total"]["active_s"]) for row in hours["people"]] == [("nia", 3, 12)]
    assert hours["total"] == hours["people"][0]["total"]
    assert [period["start"] for period in by_day["people"][0]["periods"]] == [timezone.localdate().isoformat()]
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(lines) == 2
    assert lines[1].split(",")[2:4] == ["3", "3"]


@pytest.mark.parametrize(
    "query", [{"last": "2020-01-01", "first": "2020-01-02"}, {"first": "soon"}, {"by": "year"}, {"frist": "2020-01-01"}]
)
def test_hours_of_days_that_cannot_be_are_refused(program, query):
    for route in ("hours", "hours_table"):
        reply = program.get(route, **query)
        assert (reply.status_code, list(reply.data["fields"])) == (422, list(query)[:1])


def settle_three(project):
    """Three candidates that one person and another accepted; returns the first of the two."""
    for _ in range(2):
        make_person(project)
    person, other = make_person(project, username="nia"), make_person(project)
    for _ in range(3):
        candidate = make_candidate(project)
        answer_as(person, candidate, "accept")
        answer_as(other, candidate, "accept")
    return person


def test_answers_are_voided_after_a_dry_run_and_as_it_said(project, program):
    person = settle_three(project)

    seen = program.post("void_preview", person.public_id, category="Digital").data
    before = Assignment.objects.filter(status="void").count()
    late = make_candidate(project)
    answer_as(person, late, "accept")
    started = program.post("void", person.public_id, category="Digital", before=seen["before"], reason="asleep")
    job = run_newest(kind=VOID)

    assert (seen["void"], seen["answers"], seen["reopened"], seen["refused"]) == (3, 3, 3, [])
    assert [(row["code"], row["count"]) for row in seen["effects"]] == [("void_one_seat", 3)]
    assert before == 0
    assert (started.status_code, started.data["kind"], job.state, job.result["void"]) == (202, VOID, "done", 3)
    assert Assignment.objects.filter(person=person, status="void").count() == 3
    assert late.assignments.get().status == "submitted"


def test_voiding_needs_a_dry_run_a_reason_and_a_member(project, program):
    person = settle_three(project)
    now, later = timezone.now().isoformat(), (timezone.now() + timedelta(hours=1)).isoformat()

    blind = program.post("void", person.public_id, reason="asleep")
    early = program.post("void", person.public_id, reason="asleep", before=later)
    silent = program.post("void", person.public_id, before=now)
    slip = program.post("void", person.public_id, before=now, reason="asleep", fisrt="2020-01-01")
    stranger = program.post("void_preview", key())

    refused = [(reply.status_code, list(reply.data["fields"])) for reply in (blind, early, silent, slip)]
    assert refused == [(422, ["before"]), (422, ["before"]), (422, ["reason"]), (422, ["fisrt"])]
    assert stranger.status_code == 404
    assert not Job.objects.exists()


def test_an_act_is_done_to_every_candidate_that_the_filter_finds_after_a_look(project, program):
    rows = [make_candidate(project) for _ in range(3)]
    answer_as(make_person(project), rows[0], "accept")
    name = rows[1].bundle.task.external_id

    seen = program.post("many_preview", act="hold", filter={"task": name}).data
    refused = program.post("many_preview", act="return", filter={}).data
    untouched = set(Candidate.objects.values_list("state", flat=True))
    started = program.post("many", act="hold", filter={"task": name}, reason="blurred")
    job = run_newest(kind="many")

    assert (seen["changed"], seen["refused"], seen["is_whole"]) == (1, [], True)
    assert [(row["code"], row["count"]) for row in refused["refused"]] == [("not_held", 3)]
    assert untouched == {"open"}
    assert (started.status_code, job.state, job.result["changed"]) == (202, "done", 1)
    assert dict(Candidate.objects.values_list("pk", "state")) == {row.pk: "held" if row == rows[1] else "open" for row in rows}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"act": "hold", "reason": "x"}, "filter"),
        ({"act": "hold", "filter": {}}, "reason"),
        ({"act": "burn", "filter": {}, "reason": "x"}, "act"),
        ({"act": "hold", "filter": {"sate": "open"}, "reason": "x"}, "filter.sate"),
        ({"act": "hold", "filter": {"generator": "unknown"}, "reason": "x"}, "generator"),
    ],
)
def test_a_slip_in_a_filter_never_means_all_candidates(project, program, body, wrong):
    make_candidate(project)

    reply = program.post("many", **body)

    assert (reply.status_code, list(reply.data["fields"])) == (422, [wrong])
    assert not Job.objects.exists()

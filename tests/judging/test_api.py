"""Judges, runs and scores by program: the same rules as on the pages, and nothing for those who answer."""

import pytest

from judging.models import Judge, JudgeRun
from judging.protocol.judges import make_judge
from labeling.jobs.run import run_job
from labeling.models import Candidate
from tests.factories import make_image, make_lead, make_person, make_project
from tests.judging.making import judge_all, make_judged_project, make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, say
from tests.labeling.api.programs import Program, key

pytestmark = pytest.mark.django_db

GOOD = say('{"verdict": "accept", "probability": 0.8, "reason": "Fits."}')
SERVER = {"base_url": "http://127.0.0.1:9/v1", "model": "some-vlm"}
HOSTED = {"name": "hosted", "backend": "openai", "rubric": "pay_direct"}


@pytest.fixture
def server():
    """A server that would pay for everything."""
    with ScriptedServer(default=GOOD) as server:
        yield server


@pytest.fixture
def project():
    """Four candidates of two bundles."""
    return make_judged_project((1, 3))[0]


@pytest.fixture
def program(project):
    """A program of the lead."""
    return Program(make_lead(project, username="lea"), project)


def test_a_judge_is_made_listed_and_read(program):
    made = program.post("judges", **HOSTED, config={**SERVER, "price_in_usd": 2, "price_out_usd": 10})

    again = program.post("judges", **HOSTED, config={**SERVER, "price_in_usd": 2, "price_out_usd": 10})
    listed = program.get("judges").data["results"]
    one = program.get("judge", made.data["id"]).data

    assert made.status_code == 201
    assert (made.data["version"], made.data["parts"], made.data["covered"]) == (1, ["pay"], {"count": 0, "total": 4})
    assert made.data["config"] == {**SERVER, "price_in_usd": 2.0, "price_out_usd": 10.0}
    assert (made.data["cost_usd"], made.data["last_run"], made.data["last_run_state"]) == (0.0, None, None)
    assert listed == [made.data] == [again.data] == [one]


def test_plain_code_needs_no_settings(program):
    made = program.post("judges", name="rules", backend="code", rubric="hard_rules")

    assert (made.status_code, made.data["backend"], made.data["parts"]) == (201, "code", ["rules"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"config": {**SERVER, "base_url": "ftp://x"}}, "base_url"),
        ({"config": {**SERVER, "temperature": 7}}, "temperature"),
        ({"config": {**SERVER, "api_key": "sk-123"}}, "config.api_key"),
        ({"config": {"model": "m"}}, "base_url"),
        ({"config": SERVER, "rubric": "classical"}, "rubric"),
        ({"config": SERVER, "parts": ["brf"]}, "parts"),
        ({"config": SERVER, "backend": "magic"}, "backend"),
        ({"config": SERVER, "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_judge_is_told_by_field(program, body, field):
    reply = program.post("judges", **{**HOSTED, **body})

    assert (reply.status_code, list(reply.data["fields"])) == (422, [field])
    assert "sk-123" not in str(reply.data)
    assert not Judge.objects.exists()


def test_a_run_is_planned_started_and_read_to_its_end(program, project, server):
    judge = make_server_judge(project, server.url, "pay_direct", price_in_usd=2.0, price_out_usd=10.0)

    made = program.post("judge_runs", judge.public_id, filter={"state": "open"}, parallel=2, spend_limit_usd="1.50")
    run = JudgeRun.objects.get()
    run_job(run.planner_id)
    planned = program.get("run", run.public_id).data
    started = program.post("start_run", run.public_id)
    work(run)
    done = program.get("run", run.public_id).data

    assert (made.status_code, made.data["state"], made.data["plan"], made.data["wanted"]) == (202, "planning", {}, {"state": "open"})
    assert (run.parallel, str(run.spend_limit_usd), run.created_by.username) == (2, "1.5000", "lea")
    assert (planned["state"], planned["plan"]["calls"], planned["plan"]["by_part"]) == ("planned", 4, {"pay": 4})
    assert (started.status_code, started.data["state"]) == (200, "running")
    # 1,000 tokens in at $2 and 50 out at $10 a million, four times.
    assert (done["state"], done["calls"], done["unusable"], done["cost_usd"]) == ("done", 4, 0, 0.01)
    assert done["progress"] == {"done": 4, "total": 4, "counts_bundles": False, "per_second": None, "seconds_left": None}
    assert (done["unusable_by_reason"], done["batches"]["done"]) == ({}, 1)
    assert [row["id"] for row in program.get("judge_runs", judge.public_id).data["results"]] == [str(run.public_id)]


def test_a_run_is_paused_limited_and_cancelled(program, project, server):
    judge = make_server_judge(project, server.url, "pay_direct", price_in_usd=1.0, price_out_usd=1.0)
    run_id = program.post("judge_runs", judge.public_id, starts_at_once=True).data["id"]
    run_job(JudgeRun.objects.get().planner_id)

    replies = [program.post(name, run_id) for name in ("pause_run", "pause_run", "start_run")]
    limited = program.send("put", "limit_run", run_id, spend_limit_usd="3.5")
    freed = program.send("put", "limit_run", run_id, spend_limit_usd=None)
    refused = program.send("put", "limit_run", run_id, spend_limit_usd="0")
    over = [program.post("cancel_run", run_id) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 409, 200]
    assert (replies[0].data["state"], replies[1].data["code"], replies[2].data["state"]) == ("paused", "not_running", "running")
    assert (limited.data["spend_limit_usd"], freed.data["spend_limit_usd"]) == (3.5, None)
    assert (refused.status_code, refused.data["code"]) == (409, "wrong_spend_limit")
    assert [reply.status_code for reply in over] == [200, 409]
    assert JudgeRun.objects.get().state == "cancelled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parallel": 0}, "parallel"),
        ({"filter": {"colour": "red"}}, "filter.colour"),
        ({"filter": {"round": "many"}}, "filter.round"),
        ({"limit": 3}, "limit"),
    ],
)
def test_what_is_wrong_with_a_run_is_told_by_field(program, project, body, field):
    judge = make_judge(project, None, "rules", "code", "hard_rules", {})

    reply = program.post("judge_runs", judge.public_id, **body)

    assert (reply.status_code, list(reply.data["fields"])) == (422, [field])
    assert not JudgeRun.objects.exists()


def test_scores_come_in_pages_with_what_they_are_about(program, project, server):
    judge = make_server_judge(project, server.url, "pay_direct")
    judge_all(judge)

    first = program.get("judge_scores", judge.public_id, limit=3).data
    second = program.follow(first["next"]).data
    none = program.get("judge_scores", judge.public_id, concept="brf").data

    rows = [*first["results"], *second["results"]]
    assert (len(first["results"]), len(second["results"]), second["next"], none["results"]) == (3, 1, None, [])
    assert sorted(row["deliverable"] for row in rows) == [1, 1, 2, 3]
    assert {(row["concept"], row["value"], row["why"], row["sample"]) for row in rows} == {("p_accept", 0.8, "", 1)}
    assert {row["detail"]["verdict"] for row in rows} == {"accept"}


def test_a_score_that_there_is_not_is_null_with_its_reason_and_one_of_a_bundle_names_no_deliverable(program, project):
    rules = make_judge(project, None, "rules", "code", "hard_rules", {})
    judge_all(rules)
    with ScriptedServer() as server:
        bundles = make_server_judge(project, server.url, parts=["brf"])
        judge_all(bundles)

    empty = program.get("judge_scores", rules.public_id).data["results"]
    of_bundles = program.get("judge_scores", bundles.public_id).data["results"]

    assert {(row["value"], row["why"]) for row in empty} == {(None, "not_applicable")}
    assert {(row["concept"], row["deliverable"], row["sample"]) for row in of_bundles} == {("brf", None, None)}


def test_a_score_says_whether_it_is_about_what_is_there_now(program, project, server):
    judge = make_server_judge(project, server.url, "pay_direct")
    judge_all(judge)
    replaced = Candidate.objects.filter(project=project).first()
    Candidate.objects.filter(pk=replaced.pk).update(image=make_image())

    rows = program.get("judge_scores", judge.public_id).data["results"]

    # Four candidates, one of them with another picture now.
    assert sorted(row["is_about_now"] for row in rows) == [False, True, True, True]


def test_nothing_of_it_is_there_for_others(project, server):
    judge = make_server_judge(project, server.url, "pay_direct")
    run = judge_all(judge)
    annotator, stranger = Program(make_person(project), project), Program(make_lead(other := make_project()), project)
    elsewhere = Program(make_lead(other), other)

    for name, args in (("judges", []), ("judge", [judge.public_id]), ("judge_scores", [judge.public_id]), ("run", [run.public_id])):
        assert {person.get(name, *args).status_code for person in (annotator, stranger)} == {404}
    for name in ("judge", "judge_scores", "judge_runs"):
        assert elsewhere.get(name, judge.public_id).status_code == 404
    assert elsewhere.get("run", run.public_id).status_code == 404
    assert elsewhere.post("cancel_run", run.public_id).status_code == 404
    assert elsewhere.get("judge", key()).status_code == 404

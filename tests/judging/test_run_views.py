"""The page of a run: its plan, its progress, what a lead does about it, its calls and each of them."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from judging.lead.calls import COLUMNS
from judging.lead.plan import list_parts
from judging.lead.progress import count_calls, list_at_work, read_progress
from judging.lead.table import PLAN_COLUMNS
from judging.models import Call, JudgeRun, RunBatch
from judging.protocol.judges import make_judge
from judging.protocol.limits import change_limit
from judging.protocol.runs import plan_run
from labeling.browse.wanted import Wanted
from labeling.jobs.run import run_job
from tests.factories import make_lead, make_person, make_project
from tests.judging.making import judge_all, make_judged_project, make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, fail, say
from tests.labeling.visiting import HTMX, read, refused, told, visit_as

pytestmark = pytest.mark.django_db

GOOD = say('{"verdict": "accept", "probability": 0.8, "reason": "Fits."}')
EVIL = '<script>alert("x")</script> I will not answer.'


def go(name, project, *args, **query):
    """The address of a page of the judges."""
    return reverse(f"judging:{name}", args=[project.slug, *args], query=query or None)


def look(visitor, run):
    """The page of a run in one line."""
    return read(visitor.get(go("run", run.project, run.public_id)))


@pytest.fixture
def server():
    """A server that would pay for everything."""
    with ScriptedServer(default=GOOD) as server:
        yield server


@pytest.fixture
def judge(server):
    """A judge with one question for each of four candidates, $0.0025 a call: 1,000 * 2 + 50 * 10 millionths of a dollar."""
    project, _bundles = make_judged_project((1, 3))
    prices = {"price_in_usd": 2.0, "price_out_usd": 10.0}
    return make_server_judge(project, server.url, "pay_direct", **prices, max_in_flight=1)


@pytest.fixture
def visitor(judge):
    """A browser of the lead."""
    return visit_as(make_lead(judge.project, username="lea"))


def plan(judge, **fields):
    """A run whose plan is made, and which nobody has started."""
    run = plan_run(judge, None, Wanted(), **fields)
    run_job(run.planner_id)
    run.refresh_from_db()
    return run


def test_a_run_is_planned_looked_at_started_and_done(judge, visitor, server):
    project = judge.project

    reply = visitor.post(go("new_run", project), {"judge": str(judge.public_id), "parallel": "2", "spend_limit_usd": "1.5"})

    run = JudgeRun.objects.get()
    assert reply.url == go("run", project, run.public_id)
    assert (run.parallel, run.spend_limit_usd, run.retries_unusable, run.starts_at_once) == (2, Decimal("1.5"), False, False)
    assert "being planned" in look(visitor, run)
    run_job(run.planner_id)
    planned = look(visitor, run)
    assert "4 questions are to be asked, with 4 pictures, about 2 sets of images." in planned
    assert "How long it takes is known once this judge has answered something." in planned
    assert not server.seen
    started = visitor.post(go("start_run", project, run.public_id))
    assert told(started)[-1] == "The run is started."
    assert work(run).state == "done"
    page = look(visitor, run)
    assert "Questions answered 4" in page
    assert "Spent $0.01 of $1.50" in page
    assert "Tokens in and out 4,000 / 200" in page


def test_a_run_over_some_candidates_keeps_their_filter_and_says_it(judge, visitor):
    project = judge.project

    visitor.post(go("new_run", project, state="open", round=1), {"judge": str(judge.public_id), "parallel": "1"})

    run = JudgeRun.objects.get()
    assert run.wanted == {"state": "open", "round": "1"}
    assert "Every candidate that matches: State: open Round: 1" in look(visitor, run)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"parallel": "0"}, "parallel"),
        ({"parallel": "65"}, "parallel"),
        ({"spend_limit_usd": "-1"}, "spend_limit_usd"),
        ({"judge": "x"}, "judge"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_starts_nothing(judge, visitor, values, field):
    reply = visitor.post(go("new_run", judge.project), {"judge": str(judge.public_id), "parallel": "1", **values})

    assert reply.status_code == 422
    assert list(reply.context["form"].errors) == [field]
    assert not JudgeRun.objects.exists()


def test_what_the_protocol_refuses_is_told_as_well(judge, visitor):
    reply = visitor.post(go("new_run", judge.project), {"judge": str(judge.public_id), "parallel": "1", "spend_limit_usd": "0"})

    assert reply.status_code == 422
    assert "A spend limit is an amount above 0" in read(reply)
    assert not JudgeRun.objects.exists()


def test_a_filter_that_makes_no_sense_is_sent_back_to_the_list(judge, visitor):
    assert visitor.get(go("new_run", judge.project, round="many")).status_code == 422


def test_a_plan_tells_in_words_what_the_limits_force_and_what_cannot_be_asked():
    project, _bundles = make_judged_project((3,))
    judge = make_server_judge(project, "http://127.0.0.1:9/v1", pictures=1, parts=["brf", "veq_text", "cns_set"])
    run = plan(judge)

    rows = {row.part: row for row in list_parts(run)}
    page = look(visit_as(make_lead(project)), run)

    assert list(rows) == ["brf", "veq_text", "cns_set"]
    # One picture a question: three chunks for the bundle of three.
    assert rows["brf"].questions == 3
    assert rows["brf"].remarks == [(1, "more pictures than fit into one request: asked in several, put together afterwards", False)]
    assert rows["veq_text"].questions == 3
    assert "meets the brief 3 1 × more pictures than fit into one request: asked in several" in page
    assert "What it will cost is not known: the judge has no prices." in page
    table = visit_as(make_lead(project)).get(go("plan_table", project, run.public_id))
    header, first, *_rest = csv.reader(io.StringIO(table.getvalue().decode("utf-8-sig")))
    assert tuple(header) == PLAN_COLUMNS
    assert first == ["brf", "3", "1", "more pictures than fit into one request: asked in several, put together afterwards"]


def test_a_part_that_cannot_be_asked_is_counted_with_its_reason(judge, visitor):
    run = plan(judge)
    JudgeRun.objects.filter(pk=run.pk).update(
        plan={**run.plan, "forced": {"pay too_many_images": 2, "pay sheet": 1, "pay not_applicable": 5}}
    )

    page = look(visitor, run)

    assert "2 questions cannot be asked; the table says why. Their places stay empty." in page
    assert "2 × not asked: more pictures than the backend takes in one request" in page
    assert "5 × not asked: does not apply" in page


def test_a_planned_run_with_less_money_than_it_takes_says_so(judge, visitor):
    judge_all(judge)
    run = plan(judge, spend_limit_usd=Decimal("0.01"))
    JudgeRun.objects.filter(pk=run.pk).update(plan={**run.plan, "calls": 40, "cost_usd": 0.1}, bundles=2)

    page = look(visitor, run)

    assert "That will cost about $0.10." in page
    assert "The spend limit of $0.01 is less than that" in page


def test_running_again_says_that_nothing_is_missing(judge, visitor):
    judge_all(judge)

    run = plan(judge)

    page = look(visitor, run)
    assert "Nothing is left to ask: this judge was asked about all of these candidates as they are now." in page
    assert "Start " not in page.replace("Started", "")


def test_judging_what_is_missing_is_another_run_over_the_same_candidates(judge, visitor, server):
    server.script.extend([say(EVIL)] * 3)
    old = judge_all(judge, parallel=3)
    JudgeRun.objects.filter(pk=old.pk).update(wanted={"state": "open"}, spend_limit_usd=Decimal("2"))

    plain = visitor.post(go("run_again", judge.project, old.public_id))
    retrying = visitor.post(go("run_again", judge.project, old.public_id), {"retries": "on"})

    new = JudgeRun.objects.exclude(pk=old.pk).order_by("pk")
    assert [reply.url for reply in (plain, retrying)] == [go("run", judge.project, run.public_id) for run in new]
    assert [(run.wanted, run.parallel, run.spend_limit_usd, run.retries_unusable) for run in new] == [
        ({"state": "open"}, 3, Decimal("2"), False),
        ({"state": "open"}, 3, Decimal("2"), True),
    ]


def test_a_running_run_is_paused_gone_on_with_and_cancelled(judge, visitor):
    run = plan(judge)
    said = []

    for name in ("start_run", "pause_run", "start_run", "cancel_run", "pause_run", "cancel_run"):
        said.append(told(visitor.post(go(name, judge.project, run.public_id)))[-1])

    assert said == [
        "The run is started.",
        "The run is paused; workers stop at their next reply.",
        "The run is started.",
        "The run is cancelled. What is stored stays.",
        "Only a running run can be paused.",
        "This run has ended already.",
    ]
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "Judge what is missing" in look(visitor, run)


def test_the_page_asks_again_only_while_there_is_something_to_come(judge, visitor):
    run = plan(judge)
    url = go("run_status", judge.project, run.public_id)
    page = visitor.get(go("run", judge.project, run.public_id))
    seen = page.context["version"]

    unchanged = visitor.get(url, {"seen": seen}, **HTMX)
    visitor.post(go("start_run", judge.project, run.public_id))
    changed = visitor.get(url, {"seen": seen}, **HTMX)
    work(run)
    ended = visitor.get(url, {"seen": re.search(r"seen=([^\"&]+)", changed.content.decode())[1]}, **HTMX)

    assert f'hx-get="{url}?seen={seen}"'.encode() in page.content
    assert (unchanged.status_code, changed.status_code, ended.status_code) == (204, 200, 286)
    assert b"hx-get" not in ended.content
    assert b'id="run-calls" hx-swap-oob="true"' in ended.content
    assert b"<html" not in changed.content
    assert b"hx-get" not in visitor.get(go("run", judge.project, run.public_id)).content


def test_progress_tells_the_pace_of_the_last_minute_and_when_it_ends(judge):
    run = judge_all(judge)
    now = timezone.now()
    JudgeRun.objects.filter(pk=run.pk).update(
        state="running", finished_at=None, plan={**run.plan, "calls": 64}, started_at=now - timedelta(minutes=5)
    )
    Call.objects.filter(pk=Call.objects.earliest("pk").pk).update(created_at=now - timedelta(minutes=2))
    run.refresh_from_db()

    progress = read_progress(run)

    # Three calls in the last minute, 60 still to come.
    assert (progress.done, progress.total, progress.counts_bundles) == (4, 64, False)
    assert progress.per_second == pytest.approx(3 / 60, rel=0.02)
    assert progress.seconds_left == pytest.approx(60 / (3 / 60), rel=0.02)


def test_the_pace_is_told_by_the_newest_calls_where_they_are_too_many_to_count(judge, monkeypatch):
    run = judge_all(judge)
    monkeypatch.setattr("judging.lead.progress.LOOKED_AT", 2)
    newest = Call.objects.order_by("-pk")
    now = timezone.now()
    for place, call in enumerate(newest):
        Call.objects.filter(pk=call.pk).update(created_at=now - timedelta(seconds=place))

    count, since = count_calls(run, now - timedelta(seconds=60))

    assert (count, since) == (2, now - timedelta(seconds=1))


def test_plain_code_is_told_in_sets(visitor, judge):
    rules = make_judge(judge.project, None, "hard-rules", "code", "hard_rules", {})
    run = plan(rules)

    page = look(visitor, run)

    assert "2 sets of images are to be looked at by plain code; it costs nothing." in page
    assert "Change the spend limit" not in page
    assert work_on(run, visitor).state == "done"
    assert "2 / 2 sets" in look(visitor, run)


def work_on(run, visitor):
    """Start a run as the page does, and do its jobs."""
    visitor.post(go("start_run", run.project, run.public_id))
    return work(run)


def test_who_is_at_it_is_told_with_the_last_sign_of_the_worker(judge, visitor):
    run = plan(judge)
    visitor.post(go("start_run", judge.project, run.public_id))
    batch = RunBatch.objects.get(run=run)
    waiting = list_at_work(run)
    page = look(visitor, run)

    batch.job.state, batch.job.fence = "running", batch.job.public_id
    batch.job.started_at = batch.job.heartbeat_at = timezone.now()
    batch.job.attempt, batch.job.done, batch.job.total = 2, 1, 4
    batch.job.save()

    assert [item.since for item in waiting] == [None]
    assert "It waits for a worker." in page
    assert "attempt 2 1 / 4" in look(visitor, run)


def test_what_the_backend_complains_about_is_told(server, judge, visitor):
    server.default = fail(401, "no such key", code="invalid_api_key")
    run = plan(judge)
    visitor.post(go("start_run", judge.project, run.public_id))
    run_job(RunBatch.objects.get(run=run).job_id)

    page = look(visitor, run)

    assert "The backend does not work:" in page
    assert "It is tried again at" in page


def test_the_spend_limit_is_changed_while_the_run_has_not_ended(judge, visitor):
    run = plan(judge)
    url = go("limit_run", judge.project, run.public_id)

    said = [told(visitor.post(url, {"spend_limit_usd": amount}))[-1] for amount in ("3.25", "", "many", "0")]

    assert said == [
        "The spend limit is changed.",
        "The spend limit is changed.",
        "Enter a number.",
        "A spend limit is an amount above 0; leave it empty for none.",
    ]
    run.refresh_from_db()
    assert run.spend_limit_usd is None


def test_a_limit_below_what_is_spent_and_a_limit_of_a_run_that_ended_are_refused(judge):
    lead = make_lead(judge.project)
    run = judge_all(judge)

    with refused("ended_already"):
        change_limit(run, lead, Decimal("5"))
    JudgeRun.objects.filter(pk=run.pk).update(state="paused", finished_at=None)
    # Four calls of $0.0025.
    with refused("spent_already"):
        change_limit(run, lead, Decimal("0.01"))
    with refused("not_allowed"):
        change_limit(run, make_person(judge.project), Decimal("5"))
    change_limit(run, lead, Decimal("0.02"))

    run.refresh_from_db()
    assert run.spend_limit_usd == Decimal("0.02")


def test_unusable_replies_are_counted_by_reason_and_lead_to_their_calls(judge, visitor, server):
    # Two questions are refused at every attempt.
    server.script.extend([say(EVIL)] * 6)
    run = judge_all(judge)
    whys = set(Call.objects.filter(run=run).exclude(why="").values_list("why", flat=True))
    assert run.unusable == Call.objects.filter(run=run).exclude(why="").count() > 0

    page = visitor.get(go("run", judge.project, run.public_id))
    [(why, _name, count), *_rest] = page.context["unusable"]
    some = visitor.get(go("run", judge.project, run.public_id, why=why))
    every = visitor.get(go("run", judge.project, run.public_id, why="any", part="pay"))
    none = visitor.get(go("run", judge.project, run.public_id, why="cut_off"))

    assert {row[0] for row in page.context["unusable"]} == whys
    assert f"?why={why}#calls".encode() in page.content
    assert len(some.context["call_rows"]) == count
    assert len(every.context["call_rows"]) == run.unusable
    # A reason that nothing has is no choice of the filter, and asks for nothing.
    assert len(none.context["call_rows"]) == run.calls


def test_calls_come_in_pages_and_as_csv(judge, visitor, monkeypatch):
    run = judge_all(judge)
    monkeypatch.setattr("judging.views.calls.CALLS", 3)

    first, second = (visitor.get(go("run", judge.project, run.public_id, page=page)) for page in (1, 2))
    table = visitor.get(go("calls_table", judge.project, run.public_id))

    assert [len(page.context["call_rows"]) for page in (first, second)] == [3, 1]
    header, *rows = csv.reader(io.StringIO(table.getvalue().decode("utf-8-sig")))
    assert tuple(header) == COLUMNS
    assert len(rows) == 4
    assert {row[COLUMNS.index("tokens_in")] for row in rows} == {"1000"}


def test_a_call_shows_all_that_was_asked_and_said_as_text(judge, visitor, server):
    server.script.append(say(EVIL))
    run = judge_all(judge)
    call = next(call for call in Call.objects.filter(run=run) if call.earlier or call.why)
    Call.objects.filter(pk=call.pk).update(reply=EVIL, prompt="<b>Brief</b> & {{ braces }}", detail="")
    call.refresh_from_db()

    reply = visitor.get(go("call", judge.project, run.public_id, call.pk))

    body, text = reply.content.decode(), read(reply)
    assert "<script>alert(" not in body
    assert "&lt;script&gt;alert(" in body
    assert "&lt;b&gt;Brief&lt;/b&gt; &amp; {{ braces }}" in body
    for said in (call.prompt_hash, call.digest, call.images[0], "scripted-model-1", "1,000 in, 50 out", f"Attempts {call.attempts}"):
        assert said in text or said in body
    thumb = reverse("labeling:lead_image", args=[judge.project.slug, call.images[0], "thumb"])
    assert f'src="{thumb}"' in body


def test_an_unusable_call_says_why_in_words(judge, visitor, server):
    server.script.extend([say(EVIL)] * 6)
    run = judge_all(judge)
    call = Call.objects.filter(run=run).exclude(why="").earliest("pk")
    Call.objects.filter(pk=call.pk).update(why="no_json", detail="begins with a tag")

    page = read(visitor.get(go("call", judge.project, run.public_id, call.pk)))

    assert "Unusable: no JSON in the reply: begins with a tag" in page


def test_runs_and_calls_of_another_project_are_not_there(judge, visitor):
    run = judge_all(judge)
    call = Call.objects.latest("pk")
    other = make_project()
    stranger, annotator = visit_as(make_lead(other)), visit_as(make_person(judge.project))

    for name, args in (("run", []), ("run_status", []), ("calls_table", []), ("call", [call.pk])):
        assert stranger.get(go(name, judge.project, run.public_id, *args)).status_code == 404
        assert stranger.get(go(name, other, run.public_id, *args)).status_code == 404
        assert annotator.get(go(name, judge.project, run.public_id, *args)).status_code == 404
    for name in ("start_run", "pause_run", "cancel_run", "limit_run", "run_again"):
        assert stranger.post(go(name, other, run.public_id)).status_code == 404
        assert annotator.post(go(name, judge.project, run.public_id)).status_code == 404
    assert visitor.get(go("call", judge.project, run.public_id, call.pk + 1)).status_code == 404
    assert JudgeRun.objects.count() == 1


def test_the_batches_of_a_run_are_not_among_the_jobs_of_the_project(judge, visitor):
    judge_all(judge)

    page = visitor.get(reverse("labeling:jobs", args=[judge.project.slug]))
    listed = visitor.get(reverse("api:jobs", args=[judge.project.slug])).json()

    assert list(page.context["jobs"]) == []
    assert listed["results"] == []

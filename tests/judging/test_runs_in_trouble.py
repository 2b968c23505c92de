"""What a run does when things go wrong in the middle: outages, refusals, money nobody can tell, settings that change, archived projects."""

from __future__ import annotations

import threading

import pytest
from django.utils import timezone

from judging.models import Call, JudgeRun, RunBatch, Score
from judging.protocol.advance import advance_runs, hold_back, lock_run
from judging.protocol.judges import make_judge
from judging.protocol.runs import pause_run, plan_run, start_run
from judging.rubrics.pay_direct import PayDirect
from labeling.browse.wanted import Wanted
from labeling.models import Candidate, Project
from labeling.protocol.outcome import ProtocolError
from labeling.reap import CHORES, reap
from tests.factories import make_lead
from tests.judging.making import judge_all, make_judged_project, make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, fail, say

pytestmark = pytest.mark.django_db

GOOD = say('{"verdict": "accept", "probability": 0.8, "reason": "Fits."}')
PRICES = {"price_in_usd": 2.0, "price_out_usd": 10.0}


@pytest.fixture
def short_waits(monkeypatch):
    """Waits between attempts are real but short, so that failures come one by one as they do in a real outage."""
    wait = threading.Event().wait
    monkeypatch.setattr("judging.backends.rate.Clock.sleep", lambda _clock, seconds, _stop: wait(min(seconds, 0.15)))


def make_judge_at(project, server, **config):
    return make_server_judge(project, server.url, "pay_direct", max_in_flight=1, **config)


def let_it_go_on(run):
    JudgeRun.objects.filter(pk=run.pk).update(not_before=None)
    return work(run)


def test_an_outage_in_the_middle_stores_nothing_and_the_run_goes_on_after_it(short_waits):
    project, _bundles = make_judged_project((8,))
    with ScriptedServer(*[GOOD] * 3, default=fail(503)) as server:
        run = judge_all(make_judge_at(project, server))
        held = (run.state, run.failures, run.calls)
        server.default = GOOD

        done = let_it_go_on(run)

    assert held == ("running", 1, 3)
    assert (done.state, done.calls, done.unusable, done.failures) == ("done", 8, 0, 0)
    assert Score.objects.current().filter(value=0.8).count() == 8


def test_replies_that_were_paid_for_are_kept_when_the_backend_then_refuses_everything(short_waits):
    project, _bundles = make_judged_project((6,))
    with ScriptedServer(*[GOOD] * 4, default=fail(401)) as server:
        run = judge_all(make_judge_at(project, server, **PRICES))

    assert (run.state, run.failures, run.calls) == ("running", 1, 4)
    assert Call.objects.count() == 4
    assert run.cost_usd > 0


def test_one_question_that_the_server_will_not_take_does_not_stop_the_others(short_waits):
    project, _bundles = make_judged_project((6,))
    with ScriptedServer(GOOD, fail(400, "Invalid image data"), default=GOOD) as server:
        run = judge_all(make_judge_at(project, server))

    assert (run.state, run.calls, run.unusable) == ("done", 6, 1)
    assert list(Call.objects.exclude(why="").values_list("why", flat=True)) == ["rejected"]


def test_a_run_that_is_paused_in_mid_batch_stops_at_the_next_reply(monkeypatch):
    monkeypatch.setattr("judging.batch.STORE_EVERY_S", 0)
    project, _bundles = make_judged_project((30,))
    lead = make_lead(project)

    with ScriptedServer(default=GOOD) as server:
        run = work(plan_run(make_judge_at(project, server), lead, Wanted()))
        start_run(run, lead)
        asked = []

        def watch(work_, *_rest):
            asked.append(1)
            if len(asked) == 3:
                pause_run(JudgeRun.objects.get(pk=run.pk), lead)
            return True

        monkeypatch.setattr("judging.batch.AskingWork.came", watch)
        work(run)

    run.refresh_from_db()
    assert run.state == "paused"
    # The third reply, and at most the question that was on its way.
    assert run.calls == 3
    assert len(server.seen) <= 5


def test_an_archived_project_pauses_its_runs_and_stops_nobody_else():
    project, _bundles = make_judged_project((1,))
    other, _others = make_judged_project((1,))
    lead = make_lead(project)
    with ScriptedServer(default=GOOD) as server:
        run = work(plan_run(make_judge_at(project, server), lead, Wanted()))
        start_run(run, lead)
        Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
        work(run)
        run.refresh_from_db()
        done = judge_all(make_judge_at(other, server))

        assert (run.state, done.state) == ("paused", "done")
        assert "archived" in run.said_text
        Project.objects.filter(pk=project.pk).update(archived_at=None)
        start_run(run, lead)
        assert work(run).state == "done"


def test_a_chore_that_fails_leaves_the_others_to_the_reaper(monkeypatch):
    def break_down():
        raise RuntimeError("out of order")

    ran = []
    monkeypatch.setattr("labeling.reap.CHORES", [break_down, lambda: ran.append(1) or 1])

    assert reap() >= 1
    assert ran == [1]
    assert advance_runs in CHORES


def test_a_candidate_that_was_withdrawn_does_not_make_its_bundle_be_measured_for_ever():
    project, bundles = make_judged_project((3,))
    judge = make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    judge_all(judge)
    gone = bundles[0].candidates.first()
    Candidate.objects.filter(pk=gone.pk).update(state="withdrawn", q_state=6)
    judge_all(judge)
    rows = Score.objects.count()

    again = judge_all(judge)

    assert (again.bundles, again.plan["done_before"], Score.objects.count()) == (0, 1, rows)


def test_asking_the_unusable_ones_again_asks_each_once_however_often_the_run_is_stopped():
    project, _bundles = make_judged_project((4,))
    lead = make_lead(project)
    with ScriptedServer(default=say("I like it.")) as server:
        judge = make_judge_at(project, server, **PRICES)
        judge_all(judge)
        retried = judge_all(judge, retries_unusable=True)
        JudgeRun.objects.filter(pk=retried.pk).update(state="paused")
        RunBatch.objects.filter(run=retried).update(state="open", job=None)

        start_run(JudgeRun.objects.get(pk=retried.pk), lead)
        done = work(retried)

    assert (done.state, done.calls) == ("done", 4)


def test_what_cannot_change_a_score_makes_no_version_and_is_changed_in_place():
    project, _bundles = make_judged_project((1,))
    with ScriptedServer(default=GOOD) as server:
        judge = make_judge_at(project, server, **PRICES)
        judge_all(judge)

        same = make_judge_at(project, server, price_in_usd=3.0, price_out_usd=10.0, requests_per_minute=60)

        assert (same.pk, same.config["price_in_usd"], same.config["requests_per_minute"]) == (judge.pk, 3.0, 60)
        assert judge_all(same).calls == 0


def test_a_version_of_a_judge_never_judges_by_another_version_of_its_rubric(monkeypatch):
    project, _bundles = make_judged_project((1,))
    lead = make_lead(project)
    with ScriptedServer(default=GOOD) as server:
        judge = make_judge_at(project, server)
        planned = work(plan_run(judge, lead, Wanted()))
        monkeypatch.setattr(PayDirect, "version", 2)

        with pytest.raises(ProtocolError, match="next version"):
            plan_run(judge, lead, Wanted())
        with pytest.raises(ProtocolError, match="next version"):
            start_run(planned, lead)
        assert make_judge_at(project, server).version == 2
    assert server.seen == []


def test_a_spend_limit_needs_prices_and_a_server_that_tells_its_tokens():
    project, _bundles = make_judged_project((4,))
    with ScriptedServer(default=say('{"verdict": "accept", "probability": 0.8, "reason": ""}', usage=False)) as server:
        with pytest.raises(ProtocolError, match="prices"):
            plan_run(make_judge_at(project, server), None, Wanted(), spend_limit_usd=1)
        run = judge_all(make_judge_at(project, server, **PRICES), spend_limit_usd=1)

    assert (run.state, run.calls) == ("paused", 1)
    assert "does not tell" in run.said_text


def test_of_several_workers_that_find_the_backend_gone_the_first_counts():
    project, _bundles = make_judged_project((1,))
    with ScriptedServer(default=GOOD) as server:
        run = work(plan_run(make_judge_at(project, server), None, Wanted()))
    JudgeRun.objects.filter(pk=run.pk).update(state="running")

    for _ in range(8):
        hold_back(lock_run(run.pk), "gone")
        advance_runs()

    run.refresh_from_db()
    assert (run.state, run.failures) == ("running", 1)
    assert RunBatch.objects.filter(run=run, state="taken").count() == 0


def test_bundles_without_any_question_are_divided_as_well(monkeypatch):
    monkeypatch.setattr("judging.plan_job.BATCH_BUNDLES", 3)
    project, _bundles = make_judged_project((1,) * 7)
    with ScriptedServer(default=GOOD) as server:
        judge = make_server_judge(project, server.url, parts=["cns_edit"])

        run = judge_all(judge)

    assert list(run.batches.order_by("number").values_list("state", flat=True)) == ["done"] * 3
    assert Score.objects.current().filter(judge=judge, why="not_applicable").count() == 7
    assert server.seen == []

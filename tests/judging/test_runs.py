"""A run is planned, divided, judged by whoever has time, paused, limited and gone on with; nothing is asked or stored twice."""

import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from judging.models import Call, JudgeRun, RunBatch, Score
from judging.protocol.judges import make_judge
from judging.protocol.runs import cancel_run, pause_run, plan_run, start_run
from labeling.browse.wanted import Wanted
from labeling.jobs.queue import request_cancel
from labeling.models import Candidate, Job
from labeling.protocol.outcome import ProtocolError
from tests.factories import make_lead, make_person
from tests.judging.making import begin, judge_all, make_judged_project, make_pictured_bundle, make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, fail, say

pytestmark = pytest.mark.django_db

GOOD = say('{"verdict": "accept", "probability": 0.8, "reason": "Fits."}')


@pytest.fixture
def server():
    """A server that would pay for everything."""
    with ScriptedServer(default=GOOD) as server:
        yield server


def make_paying_judge(project, server, **config):
    """A judge with one question per image; a call costs 1,000 * 2 + 50 * 10 millionths of a dollar: $0.0025."""
    return make_server_judge(project, server.url, "pay_direct", price_in_usd=2.0, price_out_usd=10.0, max_in_flight=1, **config)


def test_plain_code_scores_every_candidate_and_a_second_run_finds_nothing_left():
    project, bundles = make_judged_project((1, 3))
    judge = make_judge(project, None, "hard-rules", "code", "hard_rules", {})

    run = judge_all(judge)
    again = judge_all(judge)

    assert (run.state, run.bundles, run.bundles_done) == ("done", 2, 2)
    assert Score.objects.current().filter(judge=judge).count() == 4
    assert (again.state, again.bundles, again.plan["done_before"]) == ("done", 0, 2)
    assert Score.objects.count() == 4
    assert {score.image_id for score in Score.objects.all()} == {c.image_id for bundle in bundles for c in bundle.candidates.all()}


def test_a_run_asks_what_is_missing_and_keeps_everything_about_each_call(server):
    project, _bundles = make_judged_project((1, 2))
    judge = make_paying_judge(project, server)

    run = judge_all(judge)
    again = judge_all(judge)

    assert (run.state, run.calls, run.unusable, run.tokens_in, run.tokens_out) == ("done", 3, 0, 3000, 150)
    assert run.cost_usd == Decimal("0.0075")
    assert (again.calls, len(server.seen)) == (0, 3)
    call = Call.objects.filter(run=run).earliest("pk")
    assert (call.model, call.revision, call.tokens_in, call.attempts) == ("scripted-model-1", "scripted-fingerprint", 1000, 1)
    assert call.prompt in server.seen[0].prompt
    assert call.images == [call.candidate.image.sha256]
    assert call.parsed is not None
    assert call.reply
    assert call.sampling["seed"] == 0
    assert call.cost_usd == Decimal("0.0025")
    assert len(call.prompt_hash) == 64


def test_a_plan_says_before_the_start_what_the_run_takes(server):
    project, _bundles = make_judged_project((1, 2))
    judge = make_paying_judge(project, server)

    run = work(plan_run(judge, None, Wanted()))

    assert run.state == "planned"
    assert (run.plan["calls"], run.plan["candidates"], run.plan["pictures"]) == (3, 3, 3)
    assert run.plan["by_part"] == {"pay": 3}
    # Input tokens times $2 and three replies of 120 tokens times $10, per million.
    assert run.plan["cost_usd"] == pytest.approx((run.plan["tokens_in"] * 2 + 360 * 10) / 1e6, abs=1e-6)
    assert server.seen == []


def test_only_the_candidates_that_are_wanted_are_judged(server):
    project, bundles = make_judged_project((1, 1, 1))
    judge = make_paying_judge(project, server)

    run = begin(judge, wanted={"task": bundles[1].task.external_id})

    assert set(Call.objects.filter(run=run).values_list("bundle", flat=True)) == {bundles[1].pk}


def test_another_picture_or_brief_is_judged_anew_and_the_older_score_stays_as_history(server):
    project, bundles = make_judged_project((1, 1))
    judge = make_paying_judge(project, server)
    judge_all(judge)
    candidate = bundles[0].candidates.get()
    other = make_pictured_bundle(bundles[0].task).candidates.get()
    Candidate.objects.filter(pk=other.pk).update(state="withdrawn", q_state=6)

    Candidate.objects.filter(pk=candidate.pk).update(image=other.image_id)
    run = judge_all(judge)

    assert run.calls == 1
    standing = Score.objects.current().get(candidate=candidate)
    assert standing.image_id == other.image_id
    assert Score.objects.filter(candidate=candidate).count() == 2


def test_an_unusable_reply_is_stored_with_its_reason_and_asked_again_only_when_told_to():
    project, _bundles = make_judged_project((1,))
    with ScriptedServer(*[say("I like it.")] * 3, default=GOOD) as server:
        judge = make_paying_judge(project, server)

        run = judge_all(judge)
        again = judge_all(judge)
        retried = judge_all(judge, retries_unusable=True)

    assert (run.calls, run.unusable, again.calls, retried.calls) == (1, 1, 0, 1)
    assert [(call.why, call.superseded_at is None) for call in Call.objects.order_by("pk")] == [("no_json", False), ("", True)]
    assert list(Score.objects.order_by("pk").values_list("value", "why")) == [(None, "no_json"), (0.8, "")]


def test_a_run_stops_at_its_spend_limit_and_goes_on_when_that_is_raised(server):
    project, _bundles = make_judged_project((5, 5))
    judge = make_paying_judge(project, server)

    # Three calls cost $0.0075; the next one would go over.
    run = judge_all(judge, spend_limit_usd=Decimal("0.0090"))

    assert (run.state, run.calls, run.cost_usd) == ("paused", 3, Decimal("0.0075"))
    assert "0.009" in run.said_text
    JudgeRun.objects.filter(pk=run.pk).update(spend_limit_usd=None)
    start_run(run, make_lead(project))
    assert work(run).state == "done"
    assert len(server.seen) == 10


def test_a_paused_run_asks_nothing_and_goes_on_where_it_was(server):
    project, _bundles = make_judged_project((2, 2))
    lead = make_lead(project)
    judge = make_paying_judge(project, server)
    run = work(plan_run(judge, lead, Wanted()))
    start_run(run, lead)

    pause_run(run, lead)
    paused = work(run)

    assert (paused.state, len(server.seen)) == ("paused", 0)
    start_run(run, lead)
    assert work(run).state == "done"
    assert len(server.seen) == 4


def test_a_cancelled_run_keeps_what_it_has_and_another_one_judges_the_rest(server):
    project, _bundles = make_judged_project((2, 2))
    lead = make_lead(project)
    judge = make_paying_judge(project, server)
    run = work(plan_run(judge, lead, Wanted()))
    start_run(run, lead)

    cancel_run(run, lead)
    work(run)

    assert JudgeRun.objects.get(pk=run.pk).state == "cancelled"
    assert Job.objects.filter(kind="judge", state__in=["queued", "running"]).count() == 0
    assert judge_all(judge).calls == 4


def test_two_runs_of_one_judge_are_never_at_work_at_once(server):
    project, _bundles = make_judged_project((1,))
    lead = make_lead(project)
    judge = make_paying_judge(project, server)
    first, second = (work(plan_run(judge, lead, Wanted())) for _ in range(2))
    start_run(first, lead)

    with pytest.raises(ProtocolError, match="Another run of this judge"):
        start_run(second, lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        JudgeRun.objects.filter(pk=second.pk).update(state="running")


def test_a_run_that_is_to_start_at_once_waits_planned_while_its_judge_is_at_work(server):
    project, _bundles = make_judged_project((1,))
    judge = make_paying_judge(project, server)
    first = work(plan_run(judge, None, Wanted()))
    JudgeRun.objects.filter(pk=first.pk).update(state="paused")

    second = judge_all(judge)

    assert second.state == "planned"
    assert "Another run of this judge" in second.said_text


def test_a_server_that_does_not_answer_holds_the_run_back_and_loses_nothing(monkeypatch):
    monkeypatch.setattr("judging.backends.rate.Clock.sleep", lambda _clock, _seconds, *_rest: None)
    project, _bundles = make_judged_project((1,))
    with ScriptedServer() as gone:
        url = gone.url
    judge = make_server_judge(project, url, "pay_direct")

    run = begin(judge)

    assert (run.state, run.failures, run.calls) == ("running", 1, 0)
    assert run.not_before is not None
    assert "does not work" in run.said_text
    assert RunBatch.objects.get(run=run).state == "open"


def test_a_batch_whose_job_was_cancelled_by_itself_is_handed_out_again(server):
    project, _bundles = make_judged_project((1,))
    lead = make_lead(project)
    run = work(plan_run(make_paying_judge(project, server), lead, Wanted()))
    start_run(run, lead)

    request_cancel(RunBatch.objects.get(run=run).job_id)

    assert work(run).state == "done"


def test_a_batch_whose_worker_died_too_often_fails_and_the_run_goes_on_without_it(server, monkeypatch):
    monkeypatch.setattr("judging.plan_job.BATCH_CALLS", 2)
    project, _bundles = make_judged_project((2, 2))
    lead = make_lead(project)
    run = work(plan_run(make_paying_judge(project, server), lead, Wanted()))
    start_run(run, lead)
    batch = RunBatch.objects.get(run=run, number=1)
    Job.objects.filter(pk=batch.job_id).update(state="failed", error="gone")

    done = work(run)

    assert list(run.batches.order_by("number").values_list("state", "error")) == [("failed", "gone"), ("done", "")]
    assert (done.state, done.bundles_done, done.calls) == ("done", 1, 2)
    assert "1 batches failed" in done.said_text
    assert judge_all(done.judge).calls == 2


def test_only_a_lead_of_the_project_plans_starts_and_stops(server):
    project, _bundles = make_judged_project((1,))
    judge = make_paying_judge(project, server)
    run = work(plan_run(judge, None, Wanted()))
    annotator = make_person(project)

    for act in (lambda: plan_run(judge, annotator, Wanted()), lambda: start_run(run, annotator), lambda: cancel_run(run, annotator)):
        with pytest.raises(ProtocolError):
            act()


def test_the_same_settings_are_the_same_version_and_others_the_next_one(server):
    project, _bundles = make_judged_project((1,))

    first = make_paying_judge(project, server)
    same = make_paying_judge(project, server)
    other = make_paying_judge(project, server, temperature=0.5)

    assert (first.pk, first.version, other.version) == (same.pk, 1, 2)


@pytest.mark.parametrize(
    ("backend", "rubric", "config", "parts", "said"),
    [
        ("openai", "servimage", {}, (), "no such rubric"),
        ("code", "pay_direct", {}, (), "needs one"),
        ("openai", "hard_rules", {}, (), "needs no backend"),
        ("openai", "pay_direct", {"model": "m"}, (), "base_url is missing"),
        ("openai", "pay_direct", {"base_url": "http://127.0.0.1/v1", "model": "m", "api_key": "x"}, (), "looks like a key"),
        ("openai", "pay_direct", {"base_url": "http://127.0.0.1/v1", "model": "m"}, ("brf",), "no part brf"),
    ],
)
def test_wrong_settings_of_a_judge_are_refused_with_what_is_wrong(backend, rubric, config, parts, said):
    project, _bundles = make_judged_project(())

    with pytest.raises(ProtocolError) as refused:
        make_judge(project, None, "judge", backend, rubric, config, parts)

    assert said in str(refused.value)


def test_replies_without_a_probability_off_the_logits_are_scored_by_what_they_state():
    project, _bundles = make_judged_project((1,))
    with ScriptedServer(default=GOOD) as server:
        judge_all(make_paying_judge(project, server))

    assert Score.objects.get().value == pytest.approx(0.8)


def test_a_reply_with_a_character_that_no_database_takes_is_stored_without_it():
    project, _bundles = make_judged_project((1,))
    with ScriptedServer(default=say("nul: \x00 {")) as server:
        run = judge_all(make_paying_judge(project, server))

    call = Call.objects.get(run=run)
    assert (call.why, call.reply) == ("cut_off", "nul: \N{REPLACEMENT CHARACTER} {")


def test_a_server_that_answers_nothing_but_errors_holds_the_run_back_and_nothing_is_stored(monkeypatch):
    monkeypatch.setattr("judging.backends.rate.Clock.sleep", lambda _clock, _seconds, *_rest: None)
    project, _bundles = make_judged_project((5,))
    with ScriptedServer(default=fail(503)) as server:
        run = begin(make_paying_judge(project, server))

    assert (run.state, run.failures, run.calls, Call.objects.count()) == ("running", 1, 0, 0)


def test_stored_replies_are_scored_without_a_model(tmp_path, settings):
    settings.IMPORT_ROOTS = [tmp_path]
    project, bundles = make_judged_project((2,))
    lead, generator, task = make_lead(project), bundles[0].generator.slug, bundles[0].task.external_id
    file = tmp_path / "replies.jsonl"
    reply = json.dumps({"verdict": "reject", "probability": 0.25, "reason": "Off brief."})
    file.write_text(json.dumps({"generator": generator, "task_id": task, "deliverable": 2, "part": "pay", "reply": reply}) + "\n")
    judge = make_judge(project, lead, "published", "replay", "pay_direct", {"file": str(file)})

    run = judge_all(judge)

    assert (run.state, run.calls, run.unusable) == ("done", 2, 1)
    scores = Score.objects.order_by("candidate__deliverable__number").values_list("value", "why")
    assert list(scores) == [(None, "no_reply_stored"), (0.25, "")]
    settings.IMPORT_ROOTS = []
    with pytest.raises(ProtocolError, match="SERVIMAGE_IMPORT_ROOTS"):
        make_judge(project, lead, "elsewhere", "replay", "pay_direct", {"file": "/etc/passwd"})

"""Doing something to many candidates: the preview says what the job then does, each refusal is a line, nothing is done twice."""

import pytest

from labeling.browse.job import KIND, make_params
from labeling.browse.preview import Facts, preview, refuse
from labeling.browse.wanted import Wanted
from labeling.jobs.context import JobContext
from labeling.jobs.fence import JobLost
from labeling.jobs.kinds import KINDS
from labeling.jobs.queue import create_row
from labeling.jobs.run import run_here, run_job
from labeling.models import Candidate, Event, Job, JobLine, Membership
from labeling.protocol.batches import BatchPlan, create_batch
from labeling.protocol.hold import hold_candidate
from labeling.protocol.many import ACTS
from labeling.protocol.void import void_answers
from labeling.refusals import Refusal
from tests.factories import adjudicate_as, answer_as, dispute, make_candidate, make_lead, make_person, make_project
from tests.labeling.raw_rows import update
from tests.labeling.test_browse import fill
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def settle(project, count=1):
    """Candidates that two of three people accepted."""
    people = [make_person(project) for _ in range(3)]
    candidates = [make_candidate(project) for _ in range(count)]
    for candidate in candidates:
        for person in people[:2]:
            answer_as(person, candidate, "accept")
    return candidates


def run(project, lead, act, reason="new guideline", **wanted):
    """The job, done here."""
    return run_here(project, KIND, make_params(act, Wanted(**wanted), reason), lead)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("act", "facts", "refusal"),
    [
        ("reopen", Facts(state="settled"), None),
        ("reopen", Facts(state="disputed"), None),
        ("reopen", Facts(state="open"), Refusal.OPEN_ALREADY),
        ("reopen", Facts(state="held"), Refusal.IS_HELD),
        ("reopen", Facts(state="withdrawn"), Refusal.NOT_REOPENABLE),
        ("reopen", Facts(state="staged"), Refusal.NOT_REOPENABLE),
        ("reopen", Facts(state="settled", has_image=False), Refusal.NO_IMAGE),
        ("reopen", Facts(state="settled", able=2), Refusal.TOO_FEW_PEOPLE),
        ("hold", Facts(state="open"), None),
        ("hold", Facts(state="settled"), Refusal.NOT_OPEN),
        ("withdraw", Facts(state="settled"), None),
        ("withdraw", Facts(state="withdrawn"), Refusal.WITHDRAWN),
        ("return", Facts(state="held"), None),
        ("batch", Facts(state="settled"), None),
        ("batch", Facts(state="open", is_in_batch=True), Refusal.IN_BATCH_ALREADY),
        ("batch", Facts(state="open", fits_batch=False), Refusal.OTHER_CATEGORY),
        ("return", Facts(state="open"), Refusal.NOT_HELD),
        ("return", Facts(state="withdrawn", has_image=False), Refusal.NO_IMAGE),
        ("return", Facts(state="withdrawn", has_image=False, is_decided_elsewhere=True), None),
        ("return", Facts(state="withdrawn", is_asked_for=False), Refusal.NOT_ASKED_FOR),
    ],
)
def test_each_act_is_refused_for_its_own_reasons(act, facts, refusal):
    assert refuse(act, facts) == refusal


# Putting into a batch is looked at in test_batches.py.
@pytest.mark.parametrize("act", [act for act in ACTS if act != "batch"])
def test_the_job_does_what_the_preview_said(project, act):
    made = fill(project)
    update(made["fresh"], image=None, state="staged", q_state=6)
    lead = make_lead(project)
    before = preview(project, Wanted(), act)

    job = run(project, lead, act)

    assert (job.state, job.result["changed"], job.result["refused"]) == ("done", before.changed, before.refusals)
    codes = list(JobLine.objects.filter(job=job).values_list("code", flat=True))
    assert {code: codes.count(code) for code in codes} == {refusal.value: count for refusal, count in before.refused}
    assert before.changed > 0
    assert before.refusals > 0
    assert all(line.reason for line in JobLine.objects.filter(job=job))


def test_reopening_many_is_an_event_of_each_and_names_the_lead_and_the_reason(project):
    candidates, lead = settle(project, 3), make_lead(project)
    other = settle(make_project())[0]

    run(project, lead, "reopen", reason="wrong price")

    events = Event.objects.filter(kind="reopened")
    assert {event.candidate_id for event in events} == {candidate.pk for candidate in candidates}
    assert {(event.actor, event.data["reason"]) for event in events} == {(lead, "wrong price")}
    assert set(Candidate.objects.filter(project=project).values_list("state", "round")) == {("open", 2)}
    other.refresh_from_db()
    assert other.round == 1


def test_a_candidate_whose_adjudicator_would_leave_too_few_is_refused_with_its_name(project):
    candidate, lead = make_candidate(project), make_lead(project)
    dispute(candidate)
    adjudicate_as(make_person(project), candidate, "accept")
    found = preview(project, Wanted(), "reopen")

    job = run(project, lead, "reopen")

    assert found.refused == [(Refusal.TOO_FEW_PEOPLE, 1)]
    line = JobLine.objects.get(job=job)
    assert line.code == "too_few_people"
    assert line.record == f"{candidate.bundle.generator.slug}/{candidate.bundle.task.external_id}/1"


def test_the_preview_counts_adjudicators_whose_answer_is_void_as_the_job_does(project):
    candidate, lead = make_candidate(project), make_lead(project)
    dispute(candidate)
    voided, standing = make_person(project), make_person(project)
    adjudicate_as(voided, candidate, "accept")
    void_answers(candidate.pk, lead, voided.pk, list(candidate.assignments.values_list("pk", flat=True)), "clicked through")
    adjudicate_as(standing, candidate, "accept")
    found = preview(project, Wanted(), "reopen")

    job = run(project, lead, "reopen")

    # Of five two adjudicated it in this round, so two are left beside the lead, who answers nothing.
    assert (found.changed, found.refused) == (0, [(Refusal.TOO_FEW_PEOPLE, 1)])
    assert (job.result["changed"], job.result["refused"]) == (0, 1)


def test_only_what_the_filter_finds_is_touched(project):
    candidates, lead = settle(project, 3), make_lead(project)
    task = candidates[1].bundle.task

    job = run(project, lead, "withdraw", task=task.external_id)

    assert job.result["changed"] == 1
    assert list(Candidate.objects.filter(project=project, state="withdrawn")) == [candidates[1]]


def test_what_no_longer_matches_when_its_turn_comes_is_left_alone(project, monkeypatch):
    _first, second = settle(project, 2)
    lead = make_lead(project)
    cancelled = JobContext.cancelled

    def change_meanwhile(context):
        Candidate.objects.filter(pk=second.pk).update(round=7)
        return cancelled(context)

    monkeypatch.setattr(JobContext, "cancelled", change_meanwhile)
    job = run(project, lead, "reopen", round=1)

    second.refresh_from_db()
    assert (job.result["changed"], job.result["refused"], second.round) == (1, 0, 7)


def test_a_killed_job_goes_on_behind_its_last_candidate_and_does_none_twice(project, monkeypatch):
    candidates, lead = settle(project, 4), make_lead(project)
    job = create_row(project, KIND, make_params("reopen", Wanted(), "again"), lead)
    report, calls = JobContext.report, []

    def die_at_the_third(context, lines, checkpoint=None):
        report(context, lines, checkpoint)
        calls.append(checkpoint)
        if len(calls) == 3:
            raise JobLost("killed")

    monkeypatch.setattr(JobContext, "report", die_at_the_third)
    assert run_job(job.pk) is False
    Job.objects.filter(pk=job.pk).update(state="queued", fence=None)
    assert run_job(job.pk) is True

    job.refresh_from_db()
    # The third was rolled back with its checkpoint, so the second attempt does it again.
    assert [row["after"] for row in calls] == [candidates[place].pk for place in (0, 1, 2, 2, 3)]
    assert job.result == {"act": "reopen", "changed": 4, "refused": 0}
    assert set(Candidate.objects.filter(project=project).values_list("round", flat=True)) == {2}


def test_a_cancelled_job_leaves_the_rest(project, monkeypatch):
    settle(project, 3)
    answers = iter([False, True])

    def ask(context):
        context.was_cancelled = next(answers)
        return context.was_cancelled

    monkeypatch.setattr(JobContext, "cancelled", ask)
    job = run(project, make_lead(project), "reopen")

    assert (job.state, job.result["changed"]) == ("cancelled", 1)
    assert Candidate.objects.filter(project=project, round=2).count() == 1


def test_candidates_made_after_it_began_are_left_alone(project, monkeypatch):
    settle(project)
    cancelled = JobContext.cancelled
    monkeypatch.setattr("labeling.browse.orders.PIECES", (1,))

    def import_one_more(context):
        make_candidate(project)
        return cancelled(context)

    monkeypatch.setattr(JobContext, "cancelled", import_one_more)
    job = run(project, make_lead(project), "withdraw")

    assert job.result["changed"] == 1


def test_the_job_fails_when_its_starter_leads_no_more(project):
    settle(project)
    lead = make_lead(project)
    Membership.objects.filter(person=lead).update(active=False)

    job = run(project, lead, "reopen")

    assert (job.state, job.error) == ("failed", "Whoever started this no longer leads the project.")
    assert Candidate.objects.get(project=project).round == 1


def test_the_page_shows_the_preview_and_starts_nothing_without_a_reason(project):
    settle(project, 2)
    hold_candidate(make_candidate(project).public_id, make_lead(project), "odd")
    lead = make_lead(project)
    client, url = visit_as(lead), address("many", project, state="settled")

    page = read(client.get(url))
    everything = read(client.get(address("many", project)))
    refused = client.post(url, {"act": "reopen", "reason": " "})
    started = client.post(url, {"act": "reopen", "reason": "new guideline"})

    assert "State: settled" in page
    assert "Reopen: 2 candidates" in page
    assert "1 Held: decide about it first." in everything
    assert (refused.status_code, started.status_code) == (422, 302)
    job = Job.objects.get(kind=KIND)
    assert job.params == {"act": "reopen", "wanted": {"state": "settled"}, "reason": "new guideline"}
    assert told(started) == []
    run_job(job.pk)
    shown = read(client.get(address("job", project, job.public_id)))
    assert "Reopening many candidates" in shown
    assert "2 done, 0 refused." in shown
    assert "Reason: new guideline" in shown
    assert "Every candidate that matches: State: settled" in shown
    assert KIND in KINDS


def test_a_preview_of_many_looks_at_the_first_and_says_so(project, monkeypatch):
    settle(project, 3)
    monkeypatch.setattr("labeling.browse.preview.FEW", 2)

    found = preview(project, Wanted(), "reopen")
    page = read(visit_as(make_lead(project)).get(address("many", project)))

    assert (found.changed, found.is_whole) == (2, False)
    assert "Not every candidate was looked at" in page


def test_with_nothing_to_do_there_is_no_button(project):
    make_candidate(project)

    page = visit_as(make_lead(project)).get(address("many", project, act="reopen"))

    assert "There is nothing to do." in read(page)
    assert b'name="reason"' not in page.content


def test_a_job_is_described_in_the_words_of_its_page_in_both_languages():
    project = make_project()
    lead, generator = make_lead(project), make_candidate(project).bundle.generator
    batch = create_batch(project, lead, BatchPlan(name="rush"))
    params = {"act": "batch", "wanted": {"generator": generator.slug, "state": "open"}, "reason": "", "batch": batch.number}
    job = Job.objects.create(project=project, kind=KIND, params=params, created_by=lead, state="done")
    JobLine.objects.create(job=job, key="1", outcome="rejected", record="digital-001", code="held")
    client = visit_as(lead)

    text = read(client.get(address("job", project, job.public_id)))
    lead.language = "zh-hans"
    lead.save()
    chinese = read(client.get(address("job", project, job.public_id)))

    assert f"Generator: {generator.display_name}" in text
    assert "Batch: rush" in text
    assert "Reason:" not in text
    assert "generator=" not in text
    assert "refused 1" in text
    assert "rejected" not in text
    assert f"生成模型: {generator.display_name}" in chinese
    assert "状态: " in chinese


@pytest.mark.parametrize(("kind", "is_link"), [(KIND, True), ("void_answers", True), ("import_candidates", False)])
def test_a_line_about_a_candidate_leads_to_it(kind, is_link):
    project = make_project()
    candidate, stranger = make_candidate(project), make_candidate()
    job = Job.objects.create(project=project, kind=kind, params={"act": "hold", "wanted": {}, "reason": ""}, state="done")
    for each in (candidate, stranger):
        JobLine.objects.create(job=job, key=str(each.pk), outcome="rejected", record=f"digital-{each.pk}", code="held")

    page = visit_as(make_lead(project)).get(address("job", project, job.public_id)).content.decode()

    # Once among the problems and once in the list of all lines.
    assert page.count(f'<a href="{address("candidate", project, candidate.public_id)}">digital-{candidate.pk}</a>') == (2 if is_link else 0)
    assert str(stranger.public_id) not in page


def test_the_act_and_its_batch_stay_while_the_filter_changes():
    project = make_project()
    lead = make_lead(project)
    make_candidate(project)
    create_batch(project, lead, BatchPlan(name="old"))
    batch = create_batch(project, lead, BatchPlan(name="rush"))
    client = visit_as(lead)

    newest = client.get(address("many", project, act="batch")).content.decode()
    chosen = client.get(address("candidates", project, act="batch", to=batch.number, state="open"))

    kept = f"act=batch&amp;to={batch.number}"
    assert f'<option value="{batch.number}" selected>rush</option>' in newest
    assert f"{address('candidates', project)}?{kept}" in newest
    assert f'<input type="hidden" name="to" value="{batch.number}">' in chosen.content.decode()
    assert f"{address('many', project)}?state=open&amp;{kept}" in chosen.content.decode()
    assert "All of these: Put into a batch: rush" in read(chosen)

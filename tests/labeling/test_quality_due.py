"""When agreement is measured by itself, and the job that does it."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from labeling.jobs.context import JobContext
from labeling.jobs.queue import request_cancel
from labeling.jobs.run import run_here, run_job
from labeling.jobs.void_answers import VOID
from labeling.lead.voiding import VoidRange
from labeling.models import Candidate, Event, Job, Report, Task
from labeling.protocol.hold import reopen_candidate
from labeling.quality.due import LEAST_PAUSE, LONGEST, count_changes, is_due, lock, request_agreement, request_due, request_if_due
from labeling.quality.pairs import read_pairs
from labeling.quality.report import KEPT, measure_agreement, newest_report
from labeling.reap import reap
from tests.factories import answer_as, make_candidate, make_lead, make_person, make_project

pytestmark = pytest.mark.django_db


def run_due():
    """One pass of the reaper, and the jobs it made run; how many it made."""
    made = request_due()
    for job in Job.objects.filter(state="queued"):
        assert run_job(job.pk)
    return made


def let_pass(pause):
    """Let everything that was measured or asked for be so much older."""
    Report.objects.update(made_at=F("made_at") - pause)
    Job.objects.update(created_at=F("created_at") - pause)


def test_agreement_is_measured_by_itself_once_there_is_an_answer_and_again_after_changes():
    project = make_project()
    candidate = make_candidate(project)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0

    answer_as(make_person(project), candidate, "accept")
    assert run_due() == 1
    assert run_due() == 0, "a moment ago it was"
    let_pass(LEAST_PAUSE)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0, "nothing has changed"

    answer_as(make_person(project), candidate, "accept")
    assert count_changes(newest_report(project)) == 1
    assert run_due() == 1
    assert newest_report(project).figures["overall"]["pairs"] == 1


def test_a_task_that_changed_is_measured_in_its_new_group():
    project = make_project()
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    measure_agreement(project)
    let_pass(LEAST_PAUSE)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0

    Task.objects.update(category="Product")
    Event.objects.create(project=project, kind=Event.Kind.TASK_CHANGED)

    assert run_due() == 1
    assert [row["key"] for row in newest_report(project).figures["groups"]["category"]] == ["Product"]


def test_voiding_an_answer_of_an_earlier_round_is_seen_though_it_moves_no_candidate():
    project = make_project()
    lead, people = make_lead(project), [make_person(project) for _ in range(4)]
    candidate = make_candidate(project)
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    reopen_candidate(candidate.public_id, lead, "look again")
    measure_agreement(project)
    let_pass(LEAST_PAUSE)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0

    wanted = VoidRange(person=people[0].pk, before=timezone.now(), category="Digital")
    run_here(project, VOID, {"range": wanted.as_params(), "reason": "careless"}, lead)

    assert run_due() == 1
    assert newest_report(project).figures["overall"]["pairs"] == 0


def test_what_ended_while_the_reading_began_is_looked_for_again():
    project = make_project()
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    report = measure_agreement(project)
    # A transaction that took its time before the reading began and ended after it.
    Candidate.objects.update(state_changed_at=report.made_at - timedelta(seconds=20))
    Job.objects.all().delete()
    Report.objects.update(made_at=F("made_at") - LEAST_PAUSE)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - LEAST_PAUSE)

    assert run_due() == 1


def test_after_a_day_it_is_measured_whatever_has_changed():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    assert run_due() == 1
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=9))
    let_pass(LONGEST - timedelta(minutes=1))
    assert run_due() == 0

    let_pass(timedelta(minutes=2))

    assert run_due() == 1


def test_a_measurement_that_took_long_is_good_for_longer():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    measure_agreement(project)
    answer_as(make_person(project), make_candidate(project), "accept")
    Report.objects.update(seconds=30)
    # What counts is the newest report of each kind.
    Report.objects.create(project=project, kind="people", made_at=timezone.now() - timedelta(hours=9), seconds=9, figures={}, tasks=[])
    Report.objects.create(project=project, kind="people", seconds=30, figures={}, tasks=[])
    Report.objects.create(project=project, kind="assistance", seconds=60.5, figures={}, tasks=[])
    let_pass(timedelta(minutes=200))
    assert request_due() == 0

    let_pass(timedelta(minutes=2))

    assert request_due() == 1


def test_a_measurement_that_failed_is_not_asked_for_again_at_once(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    monkeypatch.setattr("labeling.quality.report.read_pairs", lambda _project: 1 / 0)
    assert request_due() == 1
    run_job(Job.objects.get().pk)
    assert Job.objects.get().state == "failed"

    assert request_due() == 0
    let_pass(LEAST_PAUSE + timedelta(seconds=1))
    assert request_due() == 1


def test_jobs_of_measurements_that_ended_are_kept_as_long_as_their_reports():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    for _ in range(KEPT + 3):
        run_job(request_agreement(project, None).pk)

    assert {kind: Report.objects.filter(kind=kind).count() for kind in ("agreement", "people", "control", "assistance")} == dict.fromkeys(
        ("agreement", "people", "control", "assistance"), KEPT
    )
    assert Job.objects.filter(kind="agreement").count() == KEPT + 1  # the last one ended after it had looked


def test_a_measurement_that_was_cancelled_keeps_nothing(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    job = request_agreement(project, None)

    def cancel_and_read(given):
        request_cancel(job.pk)
        return read_pairs(given)

    monkeypatch.setattr("labeling.quality.report.read_pairs", cancel_and_read)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, Report.objects.count()) == ("cancelled", 0)


def test_an_attempt_that_lost_its_job_stores_no_report(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    job = request_agreement(project, None)

    def lose_and_read(given):
        found = read_pairs(given)
        monkeypatch.setattr(JobContext, "cancelled", lambda _self: False)
        Job.objects.filter(pk=job.pk).update(fence=uuid.uuid4())
        return found

    monkeypatch.setattr("labeling.quality.report.read_pairs", lose_and_read)

    assert not run_job(job.pk)
    assert Report.objects.count() == 0


def test_a_job_that_waits_is_not_asked_for_twice():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    first = request_agreement(project, None)

    assert request_agreement(project, None) == first
    assert request_due() == 0


def test_what_another_reaper_has_seen_to_in_the_meantime_is_left_alone():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    assert is_due(project)
    run_job(request_agreement(project, None).pk)

    assert request_if_due(project) is False
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_measurement_keeps_nobody_from_answering():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    project = make_project()
    person, candidate = make_person(project), make_candidate(project)

    def answer():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        outcome = answer_as(person, candidate, "accept")
        connection.close()
        return outcome.kind

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock(project)
        assert pool.submit(answer).result() == "submitted"


def test_the_reaper_asks_for_what_is_due():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    reap()

    assert Job.objects.get(project=project).kind == "agreement"

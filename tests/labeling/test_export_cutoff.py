"""The cut-off: no event below it can be committed later."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from labeling.data_out import cutoff
from labeling.data_out.cutoff import pick_cutoff
from labeling.jobs.context import JobFailed
from labeling.models import Candidate, Event
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, lease_for, make_person, make_project
from tests.labeling.exporting import export, make_queued, newest_event, read_lines

pytestmark = pytest.mark.django_db(transaction=True)

needs_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")


@pytest.fixture
def beside():
    """Calls a function in a thread with a database connection of its own, and returns its future."""
    with ThreadPoolExecutor() as pool:

        def call(function, *arguments):
            try:
                return function(*arguments)
            finally:
                connection.close()

        yield lambda function, *arguments: pool.submit(call, function, *arguments)


class OpenTransaction:
    """A transaction in another thread that has done `act` and stays open until it is told to end."""

    def __init__(self, beside, act):
        self.ready, self.end = threading.Event(), threading.Event()
        self.future = beside(self.run, act)
        assert self.ready.wait(10)

    @transaction.atomic
    def run(self, act):
        try:
            found = act()
        finally:
            self.ready.set()
        assert self.end.wait(30)
        return found

    def commit(self):
        self.end.set()
        return self.future.result(30)


def log(project):
    return Event.objects.create(project=project, kind="settings_changed").pk


def is_waiting(future, seconds=0.5):
    """Whether `future` is still without a result after a while."""
    try:
        future.exception(seconds)
    except TimeoutError:
        return True
    return False


def test_the_cut_off_is_the_newest_event_of_the_project():
    project, other = make_project(), make_project()

    assert pick_cutoff(project.pk) == newest_event(project) < newest_event(other)


def test_the_cut_off_waits_for_a_writer_in_flight(beside):
    project = make_project()
    writer = OpenTransaction(beside, lambda: log(project))

    picked = beside(pick_cutoff, project.pk)
    assert is_waiting(picked)
    written = writer.commit()

    assert picked.result(30) == written


@needs_postgresql
def test_a_lower_event_that_commits_later_is_not_missed(beside):
    project = make_project()
    writer = OpenTransaction(beside, lambda: log(project))
    higher = log(project)

    picked = beside(pick_cutoff, project.pk)
    assert is_waiting(picked)
    lower = writer.commit()

    assert lower < higher == picked.result(30)
    assert Event.objects.filter(pk__lte=higher, project=project).filter(pk=lower).exists()


@needs_postgresql
def test_an_answer_in_an_open_transaction_across_the_cut_off_is_exported(beside, tmp_path):
    project = make_project()
    slow, quick = make_queued(project)[0], make_queued(project)[0]
    person = make_person(project)
    lease = lease_for(person, slow)
    writer = OpenTransaction(beside, lambda: submit_answer(lease.public_id, person, Submission(verdict="accept"), uuid.uuid4()))
    answer_as(make_person(project), quick, "reject")

    exported = beside(export, project, "full", tmp_path)
    assert is_waiting(exported)
    writer.commit()
    data, manifest = exported.result(30)

    verdicts = [answer["verdict"] for line in read_lines(data) for row in line["assignments"] for answer in row["answers"]]
    assert sorted(verdicts) == ["accept", "reject"]
    assert Event.objects.get(pk=manifest["cutoff_event"]).candidate == quick


@needs_postgresql
def test_a_writer_that_never_ends_makes_the_export_fail_and_stops_nobody(beside, monkeypatch):
    monkeypatch.setattr(cutoff, "LOCK_WAIT_MS", 200)
    monkeypatch.setattr(cutoff, "TURNS", 2)
    project = make_project()
    writer = OpenTransaction(beside, lambda: log(project))

    picked = beside(pick_cutoff, project.pk)
    others = [beside(log, project) for _ in range(3)]

    assert len({future.result(10) for future in others}) == 3
    with pytest.raises(JobFailed, match="no moment to export"):
        picked.result(30)
    writer.commit()


@needs_postgresql
def test_writers_that_wait_for_each_other_are_not_locked_up_by_the_cut_off(beside):
    project = make_project()
    [candidate] = make_queued(project)
    go_on = threading.Event()

    def lock_candidate():
        return Candidate.objects.select_for_update().get(pk=candidate.pk)

    @transaction.atomic
    def lock_and_log():
        lock_candidate()
        locked.set()
        assert go_on.wait(10)
        return log(project)

    @transaction.atomic
    def log_and_lock():
        event = log(project)
        logged.set()
        assert go_on.wait(10)
        lock_candidate()
        return event

    locked, logged = threading.Event(), threading.Event()
    first, second = beside(lock_and_log), beside(log_and_lock)
    assert locked.wait(10)
    assert logged.wait(10)
    picked = beside(pick_cutoff, project.pk)
    assert is_waiting(picked)
    go_on.set()

    assert picked.result(30) == max(first.result(30), second.result(30))

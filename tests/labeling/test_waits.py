"""Whoever has waited for a candidate goes by what its task, its image and its lane are after the wait, not by what they were before."""

import pytest
from django.db import connection, transaction

from labeling.data_in.write_task import describe_task, rewrite_task, write_task
from labeling.models import Candidate, ImportConflict, Project, Purpose, Task, lane_of
from labeling.prepared import Prepared
from labeling.protocol import heads
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.archive import archive_project
from labeling.protocol.batches import BatchPlan, batch_candidate, create_batch
from labeling.protocol.conflicts import accept_conflict
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.heads import FREE, wait_for_head
from labeling.protocol.hold import hold_candidate, return_candidate
from labeling.protocol.lease import take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings
from labeling.protocol.queue import Head
from labeling.protocol.record import lock_candidate
from labeling.protocol.replace import is_worked_on, replace_untouched
from tests.factories import answer_as, dispute, make_bundle, make_candidate, make_image, make_lead, make_person, make_project
from tests.labeling.export_stage import make_content
from tests.labeling.protocol_invariants import broken_invariants
from tests.labeling.waiting import Beside, act_behind, wait_for_waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def long_waits(monkeypatch):
    """However slow the machine is, whoever waits for a candidate here waits until they get it."""
    monkeypatch.setattr(heads, "LOCK_WAIT_MS", 600_000)


@pytest.fixture
def project():
    """A project that an import and people work on at once."""
    return make_project()


@pytest.fixture
def task(project):
    """A task for Digital of two images, of which nobody has done anything."""
    task = write_task(project, make_content("digital-001", quantity=2), {})
    make_bundle(task)
    return task


def bring_again(task, **changes):
    """What an import does that brings the task with other content: it locks every candidate, and finds that nobody has worked on one."""

    def act():
        assert not is_worked_on(task)
        rewrite_task(task, make_content("digital-001", **{"quantity": 2} | changes), {}, None)

    return act


def test_a_candidate_put_into_a_batch_while_its_task_changes_category_waits_in_the_new_one(project, task):
    candidate, lead = Candidate.objects.earliest("pk"), make_lead(project)
    batch = create_batch(project, lead, BatchPlan(name="first"))

    act_behind(bring_again(task, category="Portrait"), lambda: batch_candidate(candidate.public_id, lead, batch.number))

    candidate.refresh_from_db()
    assert (candidate.batch, candidate.lane) == (batch.number, lane_of(batch.number, "Portrait"))
    assert broken_invariants() == []


def test_a_batch_takes_no_candidate_whose_task_leaves_its_category_meanwhile(project, task):
    candidate, lead = Candidate.objects.earliest("pk"), make_lead(project)
    batch = create_batch(project, lead, BatchPlan(name="digital", category="Digital"))

    refusal = act_behind(bring_again(task, category="Portrait"), lambda: batch_candidate(candidate.public_id, lead, batch.number))

    assert isinstance(refusal, ProtocolError), refusal
    candidate.refresh_from_db()
    assert (refusal.code, candidate.batch, candidate.lane) == ("other_category", 0, lane_of(0, "Portrait"))


def test_a_held_candidate_that_its_task_stops_asking_for_meanwhile_does_not_come_back(project, task):
    candidate, lead = Candidate.objects.latest("pk"), make_lead(project)
    hold_candidate(candidate.public_id, lead, "look closer")

    refusal = act_behind(bring_again(task, quantity=1), lambda: return_candidate(candidate.public_id, lead))

    assert isinstance(refusal, ProtocolError), refusal
    candidate.refresh_from_db()
    assert (refusal.code, candidate.state) == ("not_asked_for", "held")


def test_whoever_waited_while_an_import_rewrote_the_task_gets_the_new_brief(project, task):
    person = make_person(project)

    cards = act_behind(bring_again(task, brief="A red poster."), lambda: take_cards(project, person, ahead=False))

    assert [shown_of(card) for card in cards] == [(2, 2, "A red poster.")]


def test_whoever_waited_while_an_import_replaced_the_image_gets_the_new_one(project):
    candidate, person, image = make_candidate(project), make_person(project), make_image()

    cards = act_behind(lambda: replace_untouched(candidate.pk, image, None), lambda: take_cards(project, person))

    assert [(card.candidate_id, card.image_id, card.image) for card in cards] == [(candidate.pk, image.pk, image)]
    assert cards[0].candidate.image == image


def test_an_adjudicator_who_waited_while_the_task_changed_gets_the_new_brief(project, task):
    candidate, person = Candidate.objects.earliest("pk"), make_person(project)
    dispute(candidate)

    # Whoever changes a task that people work on starts its candidates over; this is what the adjudicator would be shown if not.
    lease = act_behind(lambda: lock_and_rewrite(task), lambda: take_adjudication(project, person))

    assert shown_of(lease) == (2, 2, "A red poster.")


@pytest.fixture
def conflict(project, task):
    """A change of the task that waits for the lead, because its first candidate is settled; its second one nobody has touched."""
    for _ in range(2):
        answer_as(make_person(project), Candidate.objects.earliest("pk"), "accept")
    document = describe_task(make_content("digital-001", quantity=2, brief="A red poster."), {})
    return ImportConflict.objects.create(project=project, task=task, field="content", old={}, new=document)


def test_what_somebody_takes_while_a_change_of_its_task_waits_to_be_made_starts_over_with_it(project, conflict):
    first, second = Candidate.objects.order_by("pk")
    lead, person = make_lead(project), make_person(project)

    with transaction.atomic():
        lock_candidate(first.pk)
        accepting = Beside(lambda: accept_conflict(project, conflict.pk, lead))
        wait_for_waiting(accepting.thread)
        cards = take_cards(project, person)
    rounds = accepting.join()

    assert ([card.candidate_id for card in cards], rounds) == ([second.pk], 2)
    assert list(Candidate.objects.order_by("pk").values_list("round", "q_state")) == [(2, 0), (2, 0)]
    cards[0].refresh_from_db()
    assert (cards[0].status, cards[0].release_reason) == ("released", "reopened")
    assert broken_invariants() == []


def test_what_somebody_takes_behind_a_change_of_its_task_is_taken_with_it(project, conflict):
    lead, person = make_lead(project), make_person(project)

    cards = act_behind(lambda: accept_conflict(project, conflict.pk, lead), lambda: take_cards(project, person, ahead=False))

    assert [shown_of(card) for card in cards] == [(2, 2, "A red poster.")]
    # The second one, where the person came by before; the first one may have been free again, where they came after.
    assert list(Candidate.objects.order_by("pk").values_list("round", flat=True)) == [2, 1]
    assert sorted(Candidate.objects.values_list("q_state", flat=True)) == [0, 1]


def take(act, project, person):
    """What `person` is given to label or to adjudicate, as a list."""
    if act == "label":
        return take_cards(project, person, ahead=False)
    return [lease for lease in [take_adjudication(project, person)] if lease]


@pytest.mark.parametrize("act", ["label", "adjudicate"])
@pytest.mark.parametrize("stop", [archive_project, lambda project, lead: change_settings(project, lead, {"paused": True})])
def test_nobody_is_given_what_they_waited_for_once_the_project_gives_no_work(act, stop, project):
    candidate, person, lead = make_candidate(project), make_person(project), make_lead(project)
    if act == "adjudicate":
        dispute(candidate)

    def look_and_stop():
        lock_candidate(candidate.pk)
        stop(Project.objects.get(pk=project.pk), lead)

    assert act_behind(look_and_stop, lambda: take(act, project, person)) == []
    assert not person.assignments.exists()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time, and waits for all of them alike")
@pytest.mark.parametrize("act", ["label", "adjudicate"])
def test_whoever_waits_too_long_for_the_last_candidate_is_told_that_there_is_nothing_now(act, project, monkeypatch):
    monkeypatch.setattr(heads, "LOCK_WAIT_MS", 100)
    candidate, person = make_candidate(project), make_person(project)
    if act == "adjudicate":
        dispute(candidate)

    with transaction.atomic():
        lock_candidate(candidate.pk)
        # It comes to an end while the candidate stays locked.
        assert Beside(lambda: take(act, project, person)).join() == []
        # And not that everything is done.
        assert explain_empty(project, person, Purpose.PRIMARY if act == "label" else Purpose.ADJUDICATION).kind == "waiting"

    assert [card.candidate_id for card in take(act, project, person)] == [candidate.pk]
    assert broken_invariants() == []


def test_only_the_wait_for_a_candidate_is_cut_short_and_nothing_behind_it(project):
    candidate = make_candidate(project)
    head = Head(candidate.pk, candidate.q_state, 0, candidate.sort, candidate.round, candidate.lane)

    with transaction.atomic():
        before = read_lock_timeout()
        locked = wait_for_head(head)
        after = read_lock_timeout()

    assert (locked, after) == (candidate, before)


def read_lock_timeout():
    """How long a statement of this connection waits for a lock; None on SQLite, where that cannot be said of one statement."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()


@pytest.mark.parametrize("act", ["label", "adjudicate"])
def test_a_task_that_changed_just_before_the_lock_is_noticed_by_the_lease(act, project, task, monkeypatch):
    person, before = make_person(project), Task.objects.get(pk=task.pk)
    if act == "adjudicate":
        dispute(Candidate.objects.earliest("pk"))
    lock_and_rewrite(task)
    # PostgreSQL joins what there was when the statement began, and then locks: too short a moment for a test to come in between.
    monkeypatch.setattr(FREE, "first", lambda **values: attach(Prepared.first(FREE, **values), task=before))

    [card] = take(act, project, person)

    card.refresh_from_db(fields=["task_version"])
    assert shown_of(card) == (2, 2, "A red poster.")
    assert broken_invariants() == []


def test_an_image_that_changed_just_before_the_lock_is_noticed_by_the_lease(project, monkeypatch):
    candidate, person = make_candidate(project), make_person(project)
    monkeypatch.setattr(FREE, "first", lambda **values: attach(Prepared.first(FREE, **values), image=None))

    [card] = take_cards(project, person)

    assert (card.image, card.candidate.image) == (candidate.image, candidate.image)


def attach(candidate, **related):
    """The locked `candidate` with a task or an image that was read before."""
    for name, row in related.items():
        (candidate.bundle if name == "task" else candidate)._state.fields_cache[name] = row
    return candidate


@transaction.atomic
def lock_and_rewrite(task):
    """Another brief, behind the locks of every candidate of `task`."""
    for pk in Candidate.objects.filter(bundle__task=task).order_by("pk").values_list("pk", flat=True):
        lock_candidate(pk)
    rewrite_task(task, make_content("digital-001", quantity=2, brief="A red poster."), {}, None)


def shown_of(card):
    """What a card says that its brief is: the version kept with the lease, and the version and text of the task beside it."""
    task = card.candidate.bundle.task
    return card.task_version, task.version, task.brief

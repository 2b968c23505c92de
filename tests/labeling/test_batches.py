"""Batches: in which order they are worked on, by whom, and what leads do with them."""

from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.browse.job import KIND, make_params
from labeling.browse.orders import ORDERS
from labeling.browse.preview import preview
from labeling.browse.rows import read_table
from labeling.browse.wanted import Wanted, read_params
from labeling.jobs.run import run_here
from labeling.lead.batches import list_batches
from labeling.lead.forecast import Limit, forecast
from labeling.lead.people import Shortages, find_shortages
from labeling.lead.sentences import tell_history
from labeling.lead.throughput import count_days
from labeling.lead.workload import read_workload
from labeling.models import Batch, Candidate, Event, Membership, Skip, Task
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.batches import BatchPlan, batch_candidate, change_batch, create_batch
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.lanes import MOST_OPEN
from labeling.protocol.lease import take_cards
from labeling.protocol.members import drop_member, limit_member
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, make_bundle, make_candidate, make_lead, make_person, make_project, make_task
from tests.labeling.api.programs import Program
from tests.labeling.protocol_invariants import broken_invariants
from tests.labeling.visiting import address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")
TODAY = date(2026, 11, 26)


def make_batch(project, name, count=0, *, category="Digital", **plan):
    """A batch with so many fresh candidates of its own, and its lead."""
    lead = make_lead(project)
    batch = create_batch(project, lead, BatchPlan(name=name, **plan))
    for _ in range(count):
        put(make_bundle(make_task(project, category=category)).candidates.get(), batch, lead)
    return batch


def put(candidate, batch, lead=None):
    batch_candidate(candidate.public_id, lead or make_lead(candidate.project), batch.number if batch else 0)
    candidate.refresh_from_db()
    return candidate


def work_through(project, person):
    """The batch of everything the person is given, by number, in order."""
    seen = []
    while cards := take_cards(project, person, ahead=len(seen) % 2 == 0):
        seen.append(Candidate.objects.get(pk=cards[0].candidate_id).batch)
        submit_answer(cards[0].public_id, person, ACCEPT, uuid4())
    return seen


@pytest.mark.parametrize("is_half_taken", [False, True])
def test_higher_priority_comes_first_then_the_earlier_day_then_the_older_batch(is_half_taken):
    project = make_project()
    for _ in range(2):
        make_candidate(project)
    make_batch(project, "later", 2, due=TODAY + timedelta(days=9))
    make_batch(project, "some day", 2)
    make_batch(project, "soon", 2, due=TODAY)
    make_batch(project, "urgent", 2, priority=5)
    make_batch(project, "last", 2, priority=-1)
    make_batch(project, "some other day", 2)
    if is_half_taken:
        work_through(project, make_person(project))

    seen = work_through(project, make_person(project))

    # What is in no batch has priority 0 and no day, and comes behind batches of the same.
    assert seen == [4, 4, 3, 3, 1, 1, 2, 2, 6, 6, 0, 0, 5, 5]


def test_a_new_batch_of_higher_priority_is_next_even_within_a_delivery():
    project = make_project()
    bundle = make_bundle(make_task(project, quantity=6))
    person = make_person(project)
    (card,) = take_cards(project, person, ahead=False)
    submit_answer(card.public_id, person, ACCEPT, uuid4())
    batch = make_batch(project, "urgent", 1, priority=1)

    first, *_rest = take_cards(project, person)

    assert Candidate.objects.get(pk=first.candidate_id).batch == batch.number
    assert bundle.candidates.filter(assignments__isnull=True).count() == 3


def test_disputes_come_in_the_order_of_their_batches():
    project = make_project()
    plain, later, urgent = (make_candidate(project) for _ in range(3))
    put(later, make_batch(project, "later", priority=-1))
    put(urgent, make_batch(project, "urgent", priority=1))
    for candidate in (plain, later, urgent):
        dispute(candidate)

    served = []
    for _ in range(3):
        person = make_person(project)
        served.append(take_adjudication(project, person).candidate_id)

    assert served == [urgent.pk, plain.pk, later.pk]


def test_a_closed_batch_gives_nothing_new_and_takes_what_is_in_hand():
    project = make_project()
    batch, lead = make_batch(project, "one", 3), make_lead(project)
    person = make_person(project)
    (card,) = take_cards(project, person, ahead=False)

    effects = change_batch(project, lead, batch.public_id, BatchPlan(name="one", closed=True))

    assert list(effects) == ["closed"]
    assert submit_answer(card.public_id, person, ACCEPT, uuid4()).kind == "submitted"
    assert take_cards(project, person) == []
    assert explain_empty(project, person, "primary").kind == "closed"
    change_batch(project, lead, batch.public_id, BatchPlan(name="one"))
    assert len(take_cards(project, person)) == 2


def test_whoever_has_nothing_left_is_told_whether_others_have():
    project = make_project()
    inside, outside = make_person(project), make_person(project)
    theirs = make_batch(project, "theirs", 1, people=[inside.public_id])
    make_batch(project, "closed", 1, closed=True)

    while_open = explain_empty(project, outside, "primary")
    change_batch(project, make_lead(project), theirs.public_id, BatchPlan(name="theirs", people=[inside.public_id], closed=True))
    after = explain_empty(project, outside, "primary")

    assert (while_open.kind, after.kind) == ("elsewhere", "closed")
    assert "other people" in while_open.message
    assert "other people" not in after.message
    assert "for now" in after.message


def test_a_batch_with_people_is_for_them_alone():
    project = make_project()
    inside, outside = make_person(project), make_person(project)
    make_batch(project, "theirs", 3, people=[inside.public_id])
    make_candidate(project)

    assert work_through(project, outside) == [0]
    # The one they answered waits for somebody else.
    assert explain_empty(project, outside, "primary").kind == "all_yours"
    assert Counter(work_through(project, inside)) == {0: 1, 1: 3}


def test_disputes_of_a_batch_are_for_its_people_too():
    project = make_project()
    candidate, inside = make_candidate(project), make_person(project)
    dispute(candidate)
    put(candidate, make_batch(project, "theirs", people=[inside.public_id]))

    assert take_adjudication(project, make_person(project)) is None
    assert take_adjudication(project, inside).candidate_id == candidate.pk


def test_somebody_of_one_category_gets_it_from_every_batch_and_nothing_else():
    project = make_project()
    mixed = make_batch(project, "mixed", 2, category="Portrait", priority=1)
    for _ in range(2):
        put(make_candidate(project), mixed)
    make_batch(project, "digital", 2, priority=2)
    make_bundle(make_task(project, category="Portrait"))
    person, lead = make_person(project), make_lead(project)
    limit_member(project, lead, person.public_id, ["Portrait"], None)

    assert work_through(project, person) == [1, 1, 0]


def test_what_somebody_skipped_in_one_batch_does_not_keep_them_from_the_next():
    project = make_project()
    make_batch(project, "skipped", 2, priority=1)
    make_batch(project, "other", 1)
    person = make_person(project)
    for _ in range(2):
        card = take_cards(project, person, ahead=False)[0]
        skip_candidate(card.public_id, person, "cannot_judge", "", uuid4())

    assert work_through(project, person) == [2]
    assert Skip.objects.count() == 2


def test_a_batch_of_one_category_holds_no_other():
    project = make_project()
    digital, lead = make_candidate(project), make_lead(project)
    portraits = make_batch(project, "portraits", category="Portrait")
    portraits_only = create_batch(project, lead, BatchPlan(name="only", category="Portrait"))

    with refused("other_category"):
        put(digital, portraits_only)
    put(digital, portraits)
    with refused("other_category"):
        change_batch(project, lead, portraits.public_id, BatchPlan(name="portraits", category="Portrait"))
    with refused("in_batch_already"):
        put(digital, portraits)
    with refused("not_found"):
        batch_candidate(digital.public_id, lead, 99)
    put(digital, None)
    change_batch(project, lead, portraits.public_id, BatchPlan(name="portraits", category="Portrait"))
    assert (digital.batch, digital.lane) == (0, 3)


def test_a_batch_of_one_category_whose_task_changed_can_still_be_changed_and_closed():
    project = make_project()
    lead, batch = make_lead(project), make_batch(project, "digital", 1, category="Digital")
    change_batch(project, lead, batch.public_id, BatchPlan(name="digital", category="Digital"))
    candidate = Candidate.objects.get(batch=batch.number)
    # As an import leaves it that brings the task with another category (`move_lanes`).
    Task.objects.filter(project=project).update(category="Portrait")
    Candidate.objects.filter(pk=candidate.pk).update(lane=batch.number * 4 + 1)

    effects = change_batch(project, lead, batch.public_id, BatchPlan(name="digital", category="Digital", priority=3, closed=True))

    assert set(effects) == {"priority", "closed"}
    with refused("other_category"):
        change_batch(project, lead, batch.public_id, BatchPlan(name="digital", category="Product"))
    change_batch(project, lead, batch.public_id, BatchPlan(name="digital", category="Portrait"))


def test_so_many_batches_are_open_at_most():
    project = make_project()
    lead = make_lead(project)
    made = [create_batch(project, lead, BatchPlan(name=str(number))) for number in range(MOST_OPEN)]

    with refused("too_many_batches"):
        create_batch(project, lead, BatchPlan(name="more"))
    with refused("name_taken"):
        create_batch(project, lead, BatchPlan(name="3", closed=True))
    change_batch(project, lead, made[0].public_id, BatchPlan(name="0", closed=True))
    create_batch(project, lead, BatchPlan(name="more"))
    with refused("too_many_batches"):
        change_batch(project, lead, made[0].public_id, BatchPlan(name="0"))


def test_only_leads_touch_batches():
    project = make_project()
    batch, person = make_batch(project, "one", 1), make_person(project)

    for act in (
        lambda: create_batch(project, person, BatchPlan(name="two")),
        lambda: change_batch(project, person, batch.public_id, BatchPlan(name="two")),
        lambda: batch_candidate(Candidate.objects.get().public_id, person, 0),
    ):
        with refused("not_allowed"):
            act()


def test_candidates_are_put_into_a_batch_by_filter_and_each_refusal_is_said():
    project = make_project()
    lead, batch = make_lead(project), make_batch(project, "portraits", 1, category="Portrait")
    plain = [make_bundle(make_task(project, category="Portrait")).candidates.get() for _ in range(3)]
    change_batch(project, lead, batch.public_id, BatchPlan(name="portraits", category="Portrait"))
    batch.refresh_from_db()
    digital = make_candidate(project)
    before = preview(project, Wanted(), "batch", batch)

    job = run_here(project, KIND, make_params("batch", Wanted(), "first week", batch.number), lead)

    assert (job.state, job.result["changed"], job.result["refused"]) == ("done", 3, 2) == (job.state, before.changed, before.refusals)
    assert sorted(job.lines.values_list("code", flat=True)) == ["in_batch_already", "other_category"]
    assert set(Candidate.objects.filter(batch=batch.number).values_list("lane", flat=True)) == {batch.number * 4 + 1}
    assert plain[0].events.get(kind="batched").data == {"batch": batch.number, "name": "portraits", "reason": "first week"}
    digital.refresh_from_db()
    assert digital.batch == 0
    assert broken_invariants() == []


def test_candidates_are_found_by_their_batch():
    project = make_project()
    batch = make_batch(project, "one", 2)
    make_candidate(project)

    def found(number):
        return {str(cells[0]) for cells in read_table(project, Wanted(batch=number), ORDERS["task"])}

    assert found(batch.number) == {str(pk) for pk in Candidate.objects.filter(batch=1).values_list("public_id", flat=True)}
    assert (len(found(0)), len(found(None))) == (1, 3)
    assert read_params(Wanted(batch=0).as_params()) == Wanted(batch=0)


def test_progress_counts_what_is_settled_and_leaves_out_what_is_withdrawn():
    project = make_project()
    yesterday = timezone.localdate() - timedelta(days=1)
    make_batch(project, "late", 3, due=yesterday)
    done = make_batch(project, "done", 1, due=yesterday, priority=1)
    first, second, *_rest = Candidate.objects.filter(batch=1).order_by("pk")
    for candidate in (first, Candidate.objects.get(batch=done.number)):
        for _ in range(2):
            answer_as(make_person(project), candidate, "accept")
    Candidate.objects.filter(pk=second.pk).update(state="withdrawn", q_state=6, q_excl=0)

    rows = list_batches(project)

    assert [(row.batch.name, row.done, row.total, row.is_late) for row in rows] == [("done", 1, 1, False), ("late", 1, 2, True)]


def test_a_batch_with_too_few_people_is_named_and_keeps_its_candidates_from_a_new_round():
    project = make_project()
    people = [make_person(project) for _ in range(4)]
    batch = make_batch(project, "two", 1, people=[person.public_id for person in people[:2]])
    candidate = Candidate.objects.get(batch=batch.number)
    members = list(Membership.objects.active().filter(project=project))

    assert list(find_shortages(project, members)) == [
        "Digital in “two”: 1 more person is needed (annotators: 2, adjudicators: 2). Two label, a third settles."
    ]
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    with refused("too_few_people"):
        reopen_candidate(candidate.public_id, make_lead(project), "again")


def test_the_forecast_leaves_closed_batches_out_and_says_so():
    project = make_project()
    make_batch(project, "one", 2, closed=True)

    work = read_workload(project, Shortages())

    assert (work.open, work.primaries, work.closed) == (0, 0, 2)
    assert forecast(work, count_days(project)).limit == Limit.CLOSED


def test_leads_make_change_and_close_a_batch_on_the_pages():
    project = make_project()
    lead, kim = make_lead(project), make_person(project, username="kim")
    client = visit_as(lead)

    made = client.post(
        address("batches", project), {"name": "week one", "priority": "3", "due": "2099-12-01", "people": [str(kim.public_id)]}
    )
    batch = Batch.objects.get()
    again = client.post(address("batches", project), {"name": "week one", "priority": "0"})
    shown = read(client.get(address("batches", project)))
    form = client.get(address("batch", project, batch.public_id)).content.decode()
    same = client.post(
        address("batch", project, batch.public_id),
        {"name": "week one", "priority": "3", "due": "2099-12-01", "people": [str(kim.public_id)]},
    )
    sent = {"name": "week 1", "priority": "3", "closed": "on"}
    closed = client.post(address("batch", project, batch.public_id), sent | {"everybody": "on"})

    assert (made.status_code, again.status_code, same.status_code) == (302, 422, 302)
    assert told(made) == [
        f'“week one” is made. <a href="{address("candidates", project)}?act=batch&amp;to={batch.number}">Put candidates into it</a>'
    ]
    assert "There is a batch of this name already." in read(again)
    assert "week one" in shown
    assert "kim" in shown
    assert 'value="2099-12-01"' in form
    assert told(same)[-1] == "Nothing was changed."
    assert any(message.startswith("Saved. Nobody is given anything new of a closed batch") for message in told(closed))
    batch.refresh_from_db()
    assert (batch.name, batch.closed, batch.due, batch.people.count()) == ("week 1", True, None, 0)
    history = tell_history(Event.objects.filter(kind="batch_changed").order_by("pk"))
    assert [sentence.details for sentence in history] == [
        ["“week one”", "priority 3", "due on 2099-12-01", "1 person works in it", "open"],
        ["“week 1”", "everybody works in it", "closed"],
    ]
    assert [sentence.what for sentence in history] == ["batch made", "batch changed"]
    assert history[0].effects == []
    assert len(history[1].effects) == 3


def test_a_day_that_is_over_is_refused_unless_the_batch_has_it_already_and_closed_is_not_offered_for_a_new_one():
    project = make_project()
    lead = make_lead(project)
    yesterday = timezone.localdate() - timedelta(days=1)
    late = make_batch(project, "late", 1, due=yesterday)
    client, one = visit_as(lead), address("batch", project, late.public_id)

    made = client.post(address("batches", project), {"name": "new", "priority": "0", "due": str(yesterday)})
    moved = client.post(one, {"name": "late", "priority": "0", "due": str(yesterday - timedelta(days=1))})
    kept = client.post(one, {"name": "late", "priority": "5", "due": str(yesterday)})
    today = client.post(address("batches", project), {"name": "today", "priority": "0", "due": str(timezone.localdate())})
    by_program = Program(lead, project).post("batches", name="new", due=str(yesterday))

    assert [response.status_code for response in (made, moved, kept, today, by_program)] == [422, 422, 302, 302, 422]
    assert all("This day is over: choose today or a later one." in read(response) for response in (made, moved))
    assert by_program.data["fields"]["due"] == ["This day is over: choose today or a later one."]
    assert sorted(Batch.objects.values_list("name", "priority")) == [("late", 5), ("today", 0)]
    assert 'name="closed"' not in client.get(address("batches", project)).content.decode()
    assert 'name="closed"' in client.get(one).content.decode()


def test_a_batch_stays_for_its_people_alone_when_they_leave():
    project = make_project()
    lead, anna, kim = make_lead(project), make_person(project, username="anna"), make_person(project, username="kim")
    batch = make_batch(project, "hers", 1, people=[anna.public_id])
    drop_member(project, lead, anna.public_id)
    client, page = visit_as(lead), address("batch", project, batch.public_id)

    form = read(client.get(page))
    kept = client.post(page, {"name": "hers", "priority": "5", "people": [str(anna.public_id)]})
    nobody = client.post(page, {"name": "hers", "priority": "6"})
    batch.refresh_from_db()

    assert "anna (has left)" in form
    assert kept.status_code == 302
    assert nobody.status_code == 422
    assert "Tick who works in it, or that everybody does." in read(nobody)
    assert (batch.priority, list(batch.people.all())) == (5, [anna])
    assert take_cards(project, kim) == []
    both = client.post(page, {"name": "hers", "priority": "6", "people": [str(kim.public_id)], "everybody": "on"})
    assert both.status_code == 422
    assert client.post(page, {"name": "hers", "priority": "6", "everybody": "on"}).status_code == 302
    assert batch.people.count() == 0
    assert len(take_cards(project, kim)) == 1
    assert "(has left)" not in read(client.get(page))


def test_somebody_who_left_is_not_given_another_batch():
    project = make_project()
    lead, anna = make_lead(project), make_person(project)
    batch, other = make_batch(project, "hers", people=[anna.public_id]), make_batch(project, "other")
    drop_member(project, lead, anna.public_id)

    change_batch(project, lead, batch.public_id, BatchPlan(name="still hers", people=[anna.public_id]))
    with refused("not_found"):
        change_batch(project, lead, other.public_id, BatchPlan(name="other", people=[anna.public_id]))
    with refused("nobody_chosen"):
        change_batch(project, lead, batch.public_id, BatchPlan(name="still hers"))
    change_batch(project, lead, other.public_id, BatchPlan(name="renamed"))


def test_the_table_of_batches_is_a_file_too():
    project = make_project()
    kim = make_person(project, username="kim")
    make_batch(project, "=first", 2, due=TODAY, people=[kim.public_id])

    lines = read(visit_as(make_lead(project)).get(address("batches_table", project)))

    assert "number,name,category,priority,due,people,closed,candidates,done" in lines
    # What a spreadsheet would take for a formula is only text.
    assert "1,'=first,,0,2026-11-26,kim,0,2,0" in lines


def test_leads_put_the_found_ones_into_a_batch_on_the_page():
    project = make_project()
    batch, lead = make_batch(project, "week one"), make_lead(project)
    make_candidate(project)
    client = visit_as(lead)

    page = read(client.get(address("many", project, act="batch", to=batch.number, batch="0")))
    started = client.post(address("many", project, batch="0"), {"act": "batch", "to": str(batch.number)})
    other = client.post(address("many", project), {"act": "hold", "to": "0"})

    assert "Each goes into “week one”" in page
    assert "Put into a batch: 1 candidate" in page
    assert started.status_code == 302
    assert other.status_code == 422
    job = project.jobs.get()
    assert job.params == {"act": "batch", "wanted": {"batch": "0"}, "reason": "", "batch": batch.number}


def test_programs_make_batches_and_put_candidates_into_them():
    project = make_project()
    program, kim = Program(make_lead(project), project), make_person(project)
    candidate = make_candidate(project)

    made = program.post("batches", name="first", priority=2, people=[str(kim.public_id)])
    taken = program.post("batches", name="first")
    nobody = program.post("batches", name="second", people=[str(uuid4())])
    moved = program.post("batch_candidate", str(candidate.public_id), batch=made.data["number"])
    found = program.get("candidates", batch=made.data["number"])
    unclear = program.send("put", "batch", made.data["id"], name="first", due="2099-12-01", closed=True)
    changed = program.send("put", "batch", made.data["id"], name="first", due="2099-12-01", closed=True, everybody=True)
    rows = program.get("batches").data["results"]

    assert (made.status_code, taken.status_code, nobody.status_code) == (201, 409, 422)
    assert (unclear.status_code, unclear.data["code"]) == (409, "nobody_chosen")
    assert (moved.data["batch"], len(found.data["results"])) == (1, 1)
    assert sorted(changed.data["effects"]) == ["closed", "due", "people", "priority"]
    assert [(row["name"], row["total"], row["done"], row["closed"]) for row in rows] == [("first", 1, 0, True)]

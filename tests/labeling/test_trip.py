"""What one trip costs: the POST that submits an answer and returns the next card."""

import pytest

from labeling.models import Candidate, Event, Membership
from labeling.protocol.batches import BatchPlan, batch_candidate, create_batch
from labeling.protocol.lanes import MOST_OPEN
from tests.factories import make_bundle, make_generator, make_lead, make_person, make_project, make_task
from tests.labeling.trips import Annotator

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 30


def test_no_trip_takes_more_than_thirty_statements():
    # Deliveries of one and of three images; two people who agree and a third who does not, so that every trip there is occurs: on in a
    # bundle, into a fresh one and into one half taken; first answers, and second ones that settle or dispute.
    project = make_project(undo_minutes=15)
    for quantity in (1, 3, 1, 3, 1, 3, 1, 3):
        task = make_task(project, quantity=quantity, points=6)
        for _ in range(3):
            make_bundle(task, make_generator())
    people = [Annotator(project.slug, make_person(project)) for _ in range(3)]
    counts = {}

    for number in range(45):
        before = dict(Candidate.objects.values_list("pk", "state"))
        people[number % 3].trip("reject" if number % 3 == 2 else "accept")
        moved = {state for pk, state in Candidate.objects.values_list("pk", "state") if before[pk] != state}
        counts.setdefault(next(iter(moved), "first answer"), []).append(people[number % 3].count)

    assert max(map(max, counts.values())) <= MOST_STATEMENTS, counts
    assert counts.keys() == {"first answer", "settled", "disputed"}
    assert Event.objects.filter(kind="released").count() == 0


def test_fifteen_batches_and_a_cap_cost_a_trip_a_few_statements():
    project = make_project(undo_minutes=15)
    lead = make_lead(project)
    for number in range(MOST_OPEN):
        batch = create_batch(project, lead, BatchPlan(name=str(number), priority=number))
        for _ in range(2):
            for candidate in make_bundle(make_task(project, quantity=2)).candidates.all():
                batch_candidate(candidate.public_id, lead, batch.number)
    people = [make_person(project) for _ in range(2)]
    Membership.objects.filter(project=project).update(categories=["Portrait", "Digital"], daily_cap=1000)
    annotators = [Annotator(project.slug, person) for person in people]
    counts = []

    for number in range(40):
        annotators[number % 2].trip("reject" if number % 3 == 2 else "accept")
        counts.append(annotators[number % 2].count)

    # Two for the lanes and the answers of today. A batch of two deliveries ends soon, and the way to the next looks everywhere in it.
    assert max(counts) <= MOST_STATEMENTS + 5, counts
    assert sum(counts) / len(counts) <= MOST_STATEMENTS + 2


def test_a_trip_reads_and_writes_nothing_twice():
    project = make_project(undo_minutes=15)
    for _ in range(4):
        make_bundle(make_task(project, quantity=2))
    annotator = Annotator(project.slug, make_person(project))

    statements = annotator.trip()

    # A read that is repeated word for word was not needed; an event and a lock are written by both halves of the trip.
    reads = [statement for statement in statements if statement.startswith("SELECT")]
    assert sorted(reads) == sorted(set(reads))
    tables = [statement.split('"')[1] for statement in statements if statement.startswith("INSERT")]
    assert sorted(tables) == ["labeling_answer", "labeling_assignment", "labeling_event", "labeling_event", "labeling_receipt"]

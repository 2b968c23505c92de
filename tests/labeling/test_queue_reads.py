"""What the queue reads of 200,000 candidates, also for a person who answered half of them."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.utils import timezone

from labeling.models import Bundle, Purpose
from labeling.protocol import queue
from labeling.protocol.lanes import find_lanes
from labeling.protocol.lease import TOP, take_cards
from labeling.protocol.record import lock_right
from tests.factories import make_most_batches, make_person
from tests.labeling.large_project import ONE_ANSWERED_HALF, TABLES, make_large_project
from tests.labeling.query_plans import measure_readings, measure_steps, watch_plans

pytestmark = [pytest.mark.apart, pytest.mark.django_db]

BUNDLES = 2000  # of 100 candidates
# Of one statement.
MOST_PAGES, MOST_DROPPED = 300, 100
# SQLite counts neither. A row that is looked at takes some ten steps, the rows of one look altogether a few hundred of a page each.
MOST_STEPS = {queue.NEAR: 30_000, queue.DEEP: 100_000}


@pytest.fixture(scope="module", autouse=True)
def no_dead_rows_left(django_db_setup, django_db_blocker):
    """PostgreSQL keeps the rows of what is rolled back until they are cleared away, and whatever tests come next would read them."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in TABLES if connection.vendor == "postgresql" else ():
            cursor.execute(f"VACUUM labeling_{table}")


def looks(project, person, bundle, depth, lane):
    """Every statement of the queue, as one person has it asked."""
    purposes = (Purpose.PRIMARY, Purpose.ADJUDICATION)
    memberships = [lock_right(project, person, right) for right in ("can_label", "can_adjudicate")]
    for membership in memberships:
        membership.categories = ["Product", "Digital"] if lane.category else []
    return {
        "lanes": lambda: [find_lanes(*of) for of in zip(memberships, purposes, strict=True)],
        "bundle": lambda: queue.bundle_heads(bundle.pk, person.pk, 0),
        "half taken": lambda: list(queue.half_heads(project.pk, lane, person.pk, 0, TOP, depth)),
        "half taken, near": lambda: list(queue.half_heads(project.pk, lane, person.pk, TOP // 2, TOP // 2 + TOP // 32, depth)),
        "fresh": lambda: list(queue.fresh_heads(project.pk, lane, person.pk, 0, TOP, depth)),
        "disputed": lambda: list(queue.dispute_heads(project.pk, lane, person.pk, depth)),
        "ready": lambda: queue.ready_disputes(project.pk, timezone.now(), 20),
    }


# One test: the project takes longer to write than everything that is asked of it.
def test_no_look_into_a_large_queue_reads_or_drops_much():
    project, people = make_large_project(ONE_ANSWERED_HALF, BUNDLES)
    bundle = Bundle.objects.filter(candidates__project=project).order_by("pk")[BUNDLES // 2]
    make_most_batches(project)
    busy, newcomer = people[0], make_person(project)
    found = {}

    with watch_plans() as watch:
        for person in (busy, people[7], newcomer):
            for depth, lane in itertools.product((queue.NEAR, queue.DEEP), (queue.Lane(0, 3), queue.Lane())):
                for name, look in looks(project, person, bundle, depth, lane).items():
                    found[person.pk, depth, lane, name] = check_reading(look, depth, name)
        cards = take_cards(project, busy)

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert len(cards) == 3
    # 100,000 rows of the busy one, and still everybody is found something: 19 others hold half-taken ones, the busy one and 19 others
    # for the rest, all of them or as many as one statement looks at; fresh ones to the end of the last page; a dispute of each pair.
    everything = queue.Lane()
    assert len(found[busy.pk, queue.NEAR, everything, "half taken"]) in (queue.HALF_BUCKETS - 1, queue.HALF_BUCKETS)
    assert len(found[busy.pk, queue.NEAR, everything, "bundle"]) > 10
    assert found[newcomer.pk, queue.NEAR, everything, "lanes"] == [[everything], [everything]]
    # All of them are of the category that the other lane is of.
    for lane in (everything, queue.Lane(0, 3)):
        assert len(found[busy.pk, queue.DEEP, lane, "half taken"]) == 19
        assert len(found[newcomer.pk, queue.DEEP, lane, "half taken"]) == 20
        assert len(found[busy.pk, queue.NEAR, lane, "fresh"]) == queue.PAGE * queue.NEAR.pages
        assert len(found[newcomer.pk, queue.NEAR, lane, "disputed"]) == queue.DISPUTE_BUCKETS
        assert len(found[newcomer.pk, queue.DEEP, lane, "disputed"]) == 20


def check_reading(look, depth, name):
    """What a look finds, after making sure that no statement of it read or dropped much."""
    if connection.vendor == "sqlite":
        result, steps = measure_steps(look)
        assert steps <= MOST_STEPS[depth], (name, depth, steps)
        return result
    result, readings = measure_readings(look)
    assert readings
    for reading in readings:
        assert reading.pages <= MOST_PAGES, (name, depth, reading)
        assert reading.dropped <= MOST_DROPPED, (name, depth, reading)
    return result

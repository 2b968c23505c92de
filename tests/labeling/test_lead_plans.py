"""What the pages of a lead count is read from indexes, however much was labelled."""

from collections import Counter

import pytest
from django.db import connection

from labeling.lead.inbox import count_inbox, held_candidates, unseen_surplus
from labeling.lead.people import list_workers
from labeling.lead.unfinished import count_leased, count_unfinished
from labeling.models import Candidate, QState, State
from labeling.protocol.hold import hold_candidate
from tests.factories import answer_as, dispute, lease_for, make_candidate, make_lead, make_person, make_project
from tests.labeling.large_project import make_large_project
from tests.labeling.query_plans import measure_work, watch_plans
from tests.labeling.test_queue_plans import forget_statistics

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_analyzed", [True, False], ids=["with statistics", "without statistics"])
def test_what_every_page_of_a_lead_counts_reads_no_whole_table(is_analyzed):
    project, _people = make_large_project()
    if not is_analyzed:
        forget_statistics()

    with watch_plans() as watch:
        count_inbox(project)
        list(held_candidates(project)[:5])
        list(unseen_surplus(project)[:5])
        count_leased(project)

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert len(watch.seen) >= 6


def test_what_every_page_of_a_lead_counts_costs_little_in_a_large_project():
    project, _people = make_large_project()

    counts, work = measure_work(lambda: count_inbox(project))

    assert counts.total == 0
    # One look at 27,000 assignments costs more than 100,000 steps, or 500 pages.
    assert work < (500 if connection.vendor == "sqlite" else 50)


@pytest.mark.parametrize("is_analyzed", [True, False], ids=["with statistics", "without statistics"])
def test_people_are_counted_from_the_index_of_their_answers(is_analyzed):
    project, people = make_large_project()
    if not is_analyzed:
        forget_statistics()

    with watch_plans() as watch:
        workers = list_workers(project)

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert len(workers) == len(people)


def test_unfinished_candidates_are_counted_where_they_stand():
    project, _people = make_large_project()

    counts = count_unfinished(project)

    # Of 20 in a row 8 are fresh, 2 half taken, 1 disputed and 1 waits; of 20,000 that is 8,000, 2,000, 1,000 and 1,000; one more is
    # fresh, whose picture they all have. Lane 3 is digital.
    assert counts == {
        (3, State.OPEN, QState.FRESH): 8001,
        (3, State.OPEN, QState.HALF): 2000,
        (3, State.DISPUTED, QState.DISPUTED): 1000,
        (3, State.DISPUTED, QState.BOTH): 1000,
    }


def test_the_count_of_unfinished_candidates_is_that_of_their_rows():
    project = make_project()
    waiting, half, leased_once, both, one_of_two, held, done = (make_candidate(project) for _ in range(7))
    people = [make_person(project) for _ in range(2)]
    dispute(waiting)
    answer_as(people[0], half, "accept")
    lease_for(people[0], leased_once)
    lease_for(people[0], both)
    lease_for(people[1], both)
    answer_as(people[0], one_of_two, "accept")
    lease_for(people[1], one_of_two)
    hold_candidate(held.public_id, make_lead(project), "unclear")
    for person in people:
        answer_as(person, done, "accept")

    counts = count_unfinished(project)

    rows = Candidate.objects.filter(project=project, state__in=["open", "disputed", "held"])
    assert counts == Counter(rows.values_list("lane", "state", "q_state"))
    assert counts[3, State.OPEN, QState.BOTH] == 2
    # One seat of `leased_once`, two of `both`, one of `one_of_two`.
    assert count_leased(project) == {3: 4}

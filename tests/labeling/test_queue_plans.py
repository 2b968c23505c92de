"""No statement of the protocol reads a whole table: the queue stays flat as it grows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from labeling.browse.few import list_few
from labeling.browse.wanted import Wanted
from labeling.models import Assignment, Candidate, Membership, Project
from labeling.protocol.adjudicate import confirm_adjudication, read_reveal, submit_blind, take_adjudication
from labeling.protocol.batches import batch_candidate
from labeling.protocol.edit import edit_answer, editable_answers, undo_answer
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.hold import hold_candidate, reopen_candidate, return_candidate, withdraw_candidate
from labeling.protocol.intake import enter_queue, import_decision
from labeling.protocol.lease import held_cards, keep_ahead, keep_lease, take_cards
from labeling.protocol.members import drop_member
from labeling.protocol.queue import DEEP, NEAR, Lane, dispute_heads, fresh_heads, half_heads
from labeling.protocol.reap import promote_ready, reap_due, release_ahead
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import make_lead, make_most_batches, make_person
from tests.labeling.large_project import ONE_BUCKET, make_large_project
from tests.labeling.query_plans import measure_work, watch_plans

pytestmark = pytest.mark.django_db

ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject")


def play_everything(project, people, lead, candidate):
    """Every call of the protocol once, with newcomers and with people who have done much."""
    newcomer, busy = make_person(project), people[3]
    for person in (newcomer, busy):
        label(project, person)
    adjudicate(project, busy, lead)
    take_cards(project, newcomer)
    drop_member(project, lead, newcomer.public_id)
    hold_candidate(candidate.public_id, lead, "look closer")
    return_candidate(candidate.public_id, lead)
    withdraw_candidate(candidate.public_id, lead, "wrong file")
    Candidate.objects.filter(pk=candidate.pk).update(state="staged", q_state=6)
    enter_queue([candidate.pk], lead)
    import_decision(candidate.pk, "accept", lead)
    explain_empty(project, busy, "primary")
    reap_due(limit=20)
    promote_ready()


def forget_statistics():
    """SQLite has statistics only where somebody asked for them; PostgreSQL collects them by itself."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL always has statistics")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_schema")


def label(project, person):
    """The life of an annotator."""
    first, second, third = take_cards(project, person)
    keep_lease(first.public_id, person)
    keep_ahead(project, person)
    outcome = submit_answer(first.public_id, person, ACCEPT, uuid4())
    edited = edit_answer(outcome.assignment, person, REJECT, outcome.answer, uuid4())
    editable_answers(project, person)
    undo_answer(edited.assignment, person, edited.answer, uuid4())
    take_cards(project, person, shown=second.public_id)
    skip_candidate(second.public_id, person, "broken", "", uuid4())
    raise_flag(first.public_id, person, "Look.", uuid4())
    Assignment.objects.filter(pk=third.pk, status="leased").update(lease_until=timezone.now() - timedelta(days=1))
    take_cards(project, person)
    submit_answer(third.public_id, person, ACCEPT, uuid4())
    release_ahead(project, person)
    held_cards(project, person)


def adjudicate(project, person, lead):
    """The life of an adjudicator."""
    lease = take_adjudication(project, person)
    submit_blind(lease.public_id, person, ACCEPT, uuid4())
    read_reveal(lease.public_id, person)
    take_adjudication(project, person)
    confirm_adjudication(lease.public_id, person, "taste", REJECT, uuid4())
    reopen_candidate(lease.candidate.public_id, lead, "new guideline")


@pytest.mark.parametrize("is_analyzed", [True, False], ids=["with statistics", "without statistics"])
def test_no_statement_of_the_protocol_reads_a_whole_table(is_analyzed):
    project, people = make_large_project()
    lead, spare = make_lead(project), Candidate.objects.filter(project=project, q_state=0).latest("pk")
    if not is_analyzed:
        forget_statistics()

    with watch_plans() as watch:
        play_everything(project, people, lead, spare)

    assert not watch.scans, "\n".join(map(str, watch.scans))
    # So many different statements were looked at; if it drops, the watch is broken.
    assert len(watch.seen) > 60


def test_the_deep_look_reads_no_whole_table_either():
    project, people = make_large_project()
    top = (1 << 48) - 1

    with watch_plans() as watch:
        for depth in (NEAR, DEEP):
            half = list(half_heads(project.pk, Lane(), people[0].pk, 0, top, depth))
            fresh = list(fresh_heads(project.pk, Lane(), people[0].pk, 0, top, depth))
            disputes = list(dispute_heads(project.pk, Lane(), people[0].pk, depth))

    assert not watch.scans, "\n".join(map(str, watch.scans))
    # 20 people hold the half-taken ones, and one of them asks; the pages of fresh ones end at their bound.
    assert (len(half), len(fresh)) == (19, 20 * DEEP.pages)
    assert len(disputes) == 19


# Candidates of 15 open batches and of none.
IN_BATCHES = ("n.i %% 16", "n.i %% 16 * 4 + 3")


@pytest.mark.parametrize("categories", [[], ["Product", "Digital"]], ids=["every category", "two categories"])
@pytest.mark.parametrize("is_analyzed", [True, False], ids=["with statistics", "without statistics"])
def test_no_look_into_batches_reads_a_whole_table(is_analyzed, categories):
    project, people = make_large_project(where=IN_BATCHES)
    batches = make_most_batches(project)
    lead, newcomer, busy = make_lead(project), make_person(project), people[3]
    for batch in batches[::2]:
        batch.people.set([newcomer, busy])
    Membership.objects.filter(project=project).update(categories=categories)
    if not is_analyzed:
        forget_statistics()

    with watch_plans() as watch:
        for person in (newcomer, busy):
            label(project, person)
        adjudicate(project, busy, lead)
        release_ahead(project, newcomer)
        explain_empty(project, newcomer, "primary")
        batch_candidate(Candidate.objects.filter(project=project, q_state=0).latest("pk").public_id, lead, 0)
        list(list_few(project, Wanted(batch=1)))

    assert not watch.scans, "\n".join(map(str, watch.scans))


def test_nothing_for_somebody_in_fifteen_batches_is_found_out_by_one_look():
    # They have taken one seat of everything there is.
    project, people = make_large_project(ONE_BUCKET, where=IN_BATCHES)
    make_most_batches(project)

    # All but the one whose picture the others have.
    take_cards(project, people[0])

    with watch_plans() as watch:
        cards, work = measure_work(lambda: take_cards(project, people[0]))

    assert len(cards) == 1
    assert len(watch.seen) < 10
    # Sixteen lanes at three entries of an index each; a look into each of them would be three times as much.
    assert work < (4000 if connection.vendor == "sqlite" else 300)


def test_a_person_who_took_one_seat_of_everything_is_told_so_without_reading_it_all():
    project, people = make_large_project(ONE_BUCKET)

    heads, work = measure_work(lambda: list(half_heads(project.pk, Lane(), people[0].pk, 0, (1 << 48) - 1, DEEP)))

    assert heads == []
    # 20,000 candidates are half taken, all in this person's bucket. Reading them would be 20,000 rows of some ten steps each on
    # SQLite, and an index of more than 100 pages on PostgreSQL.
    assert work < (2000 if connection.vendor == "sqlite" else 30)


def test_taking_what_is_looked_at_once_more_reads_no_whole_table():
    project, people = make_large_project()
    Project.objects.filter(pk=project.pk).update(audit_share=100, second_share=100)
    Candidate.objects.filter(project=project, state="disputed", q_state=3).update(q_state=4, q_excl=0, q_excl2=0)
    # 8,000 settled candidates wait: most agreed on, every twentieth adjudicated.
    settled = Candidate.objects.filter(project=project, state="settled")
    settled.update(q_state=3, q_excl=people[0].pk, q_excl2=people[20].pk)
    adjudicators = [make_person(project) for _ in range(3)]

    with watch_plans() as watch:
        leases = [take_adjudication(project, person) for person in adjudicators]
        for lease, person in zip(leases, adjudicators, strict=True):
            submit_blind(lease.public_id, person, ACCEPT, uuid4())
        skip_candidate(take_adjudication(project, adjudicators[0]).public_id, adjudicators[0], "other", "", uuid4())

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert {lease.purpose for lease in leases} <= {"audit", "second_adjudication"}

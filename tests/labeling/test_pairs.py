"""Which answers make a pair that agreement is measured from, and which do not."""

import uuid

import pytest

from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.edit import undo_answer
from labeling.protocol.hold import reopen_candidate, replace_image
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from labeling.quality.pairs import read_answers, read_pairs
from labeling.quality.report import measure_agreement
from tests.factories import adjudicate_as, answer_as, dispute, make_candidate, make_image, make_lead, make_person, make_project
from tests.labeling.paired import Pair, write_pairs
from tests.labeling.raw_rows import answered, raw_agreement, raw_answer, raw_assignment

pytestmark = pytest.mark.django_db


def count_pairs(project):
    """How many pairs there are, how many of them are blind, and how many of these are equal."""
    pairs = read_pairs(project)
    return len(pairs), int(pairs.are_blind.sum()), int((pairs.are_blind & pairs.are_equal).sum())


def test_two_answers_to_a_candidate_are_a_pair_and_one_is_none():
    project = make_project()
    first, second = make_person(project), make_person(project)
    done, half = make_candidate(project), make_candidate(project)
    answer_as(first, done, "accept")
    answer_as(second, done, "reject")
    answer_as(first, half, "accept")

    pairs = read_pairs(project)

    assert pairs.candidates.tolist() == [done.pk]
    assert pairs.people.tolist() == [[first.pk, second.pk]]
    assert pairs.accepts.tolist() == [[True, False]]
    assert (pairs.tasks.tolist(), pairs.generators.tolist()) == ([done.bundle.task_id], [done.bundle.generator_id])


def test_a_project_without_answers_has_no_pairs():
    assert count_pairs(make_candidate().project) == (0, 0, 0)


def test_the_adjudicators_answer_is_in_no_pair():
    candidate = make_candidate()
    dispute(candidate)
    adjudicate_as(make_person(candidate.project), candidate, "accept")

    assert count_pairs(candidate.project) == (1, 1, 0)


@pytest.mark.parametrize("purpose", ["gold", "repeat"])
def test_answers_to_gold_and_repeats_are_in_no_pair(purpose):
    project = make_project()
    candidate = make_candidate(project)
    answer_as(make_person(project), candidate, "accept")
    raw_answer(raw_assignment(candidate, make_person(project), purpose=purpose, **answered()))

    assert count_pairs(project) == (0, 0, 0)


@pytest.mark.parametrize("purpose", ["audit", "second_adjudication"])
def test_answers_of_whoever_looks_again_are_in_no_pair(purpose):
    candidate = make_candidate()
    if purpose == "audit":
        for row in raw_agreement(candidate).assignments.all():
            raw_answer(row)
    else:
        dispute(candidate)
        adjudicate_as(make_person(candidate.project), candidate, "accept")
    before = count_pairs(candidate.project)
    raw_answer(raw_assignment(candidate, make_person(candidate.project), purpose=purpose, **answered("reject")))

    assert count_pairs(candidate.project) == before


def test_surplus_and_void_answers_are_in_no_pair():
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    candidate = make_candidate(project)
    answer_as(people[0], candidate, "accept")
    raw_answer(raw_assignment(candidate, people[1], seat=2, **answered(status="surplus")))
    raw_answer(raw_assignment(candidate, people[2], seat=2, **answered(status="void")))

    assert count_pairs(project) == (0, 0, 0)


def test_voiding_one_answer_of_a_pair_takes_the_pair_away():
    project = make_project()
    people = [make_person(project) for _ in range(4)]
    candidate = make_candidate(project)
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    assert count_pairs(project) == (1, 1, 1)

    void_answers(candidate.pk, make_lead(project), people[0].pk, [candidate.assignments.get(person=people[0]).pk], "careless")

    assert count_pairs(project) == (0, 0, 0)


def test_the_pair_of_the_first_round_stays_when_a_candidate_is_reopened_and_a_second_one_is_none():
    project = make_project()
    people = [make_person(project) for _ in range(4)]
    candidate = make_candidate(project)
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    reopen_candidate(candidate.public_id, make_lead(project), "look again")
    answer_as(people[2], candidate, "accept")
    answer_as(people[3], candidate, "reject")

    assert count_pairs(project) == (1, 1, 1)


def test_where_an_answer_was_voided_the_next_pair_counts_whatever_became_of_the_first():
    project = make_project()
    lead, people = make_lead(project), [make_person(project) for _ in range(6)]
    agreed, adjudicated = make_candidate(project), make_candidate(project)
    answer_as(people[0], agreed, "accept")
    answer_as(people[1], agreed, "accept")
    answer_as(people[0], adjudicated, "accept")
    answer_as(people[1], adjudicated, "reject")
    adjudicate_as(people[2], adjudicated, "reject")
    assert count_pairs(project) == (2, 2, 1)

    for candidate in (agreed, adjudicated):
        void_answers(candidate.pk, lead, people[0].pk, [candidate.assignments.get(person=people[0]).pk], "careless")
        candidate.refresh_from_db()
        answer_as(people[3], candidate, "accept")
    # The adjudicated one is in its second round and needs two answers; they differ again.
    answer_as(people[4], adjudicated, "reject")

    assert (agreed.round, adjudicated.round) == (1, 2)
    assert count_pairs(project) == (2, 2, 1)


def test_the_pair_about_an_image_that_was_replaced_gives_way_to_the_one_about_the_new_image():
    project = make_project()
    people = [make_person(project) for _ in range(4)]
    candidate = make_candidate(project)
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    replace_image(candidate.public_id, make_lead(project), make_image(), "the right file")
    assert count_pairs(project) == (0, 0, 0)

    answer_as(people[2], candidate, "accept")
    answer_as(people[3], candidate, "reject")

    assert count_pairs(project) == (1, 1, 0)


@pytest.mark.parametrize("meanwhile", ["answers", "takes back"])
def test_somebody_who_answers_or_takes_back_between_two_statements_of_the_reading_breaks_nothing(monkeypatch, meanwhile):
    project = make_project(undo_minutes=15)
    first, second = make_person(project), make_person(project)
    candidate, other = make_candidate(project), make_candidate(project)
    answer_as(first, candidate, "accept")
    outcome = answer_as(second, candidate, "accept")
    acts = {
        "answers": lambda: answer_as(first, other, "accept"),
        "takes back": lambda: undo_answer(outcome.assignment, second, outcome.answer, uuid.uuid4()),
    }

    def act_and_read(assignments):
        acts.pop(meanwhile, lambda: None)()
        return read_answers(assignments)

    monkeypatch.setattr("labeling.quality.pairs.read_answers", act_and_read)

    # The answer taken back says nothing, rather than being a reject of somebody who had seen a suggestion.
    assert count_pairs(project) == ((1, 1, 1) if meanwhile == "answers" else (0, 0, 0))


def test_an_answer_after_a_suggestion_was_seen_is_not_blind_and_the_one_before_the_reveal_is():
    project = make_project()
    first, second = make_person(project), make_person(project)
    prefilled, revealed = make_candidate(project), make_candidate(project)
    write_pairs([Pair(candidate=prefilled, people=(first, second), verdicts=("accept", "accept"), exposures=("none", "prefilled"))])
    # The first person changed from accept to reject once the suggestion was on screen: blind they disagreed.
    changed, steady = (raw_assignment(revealed, person, seat=seat, **answered("reject")) for seat, person in ((1, first), (2, second)))
    raw_answer(changed, verdict="accept")
    raw_answer(changed, number=2, kind="edit", verdict="reject", exposure="revealed")
    raw_answer(steady, verdict="reject")

    pairs = read_pairs(project)

    assert pairs.candidates.tolist() == sorted([prefilled.pk, revealed.pk])
    assert pairs.are_blind.tolist() == [False, True]
    assert pairs.are_equal.tolist() == [True, False]


def test_an_answer_taken_back_counts_as_the_one_that_came_after_it():
    project = make_project()
    first, second = make_person(project), make_person(project)
    candidate = make_candidate(project)
    undone, steady = (raw_assignment(candidate, person, seat=seat, **answered("reject")) for seat, person in ((1, first), (2, second)))
    raw_answer(undone, verdict="accept")
    raw_answer(undone, number=2, kind="undo", verdict=None)
    raw_answer(undone, number=3, kind="first", verdict="reject")
    raw_answer(steady, verdict="reject")

    assert count_pairs(project) == (1, 1, 1)


def test_an_unfinished_adjudication_changes_nothing():
    candidate = make_candidate()
    dispute(candidate)
    adjudicator = make_person(candidate.project)
    before = measure_agreement(candidate.project).figures["overall"]

    lease = take_adjudication(candidate.project, adjudicator)
    submit_blind(lease.public_id, adjudicator, Submission(verdict="accept"), lease.public_id)

    assert measure_agreement(candidate.project).figures["overall"] == before

"""A person's own progress: right numbers, and none that depends on what others answered."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Decision, Event, Flag
from labeling.progress import count_today, count_unread, mark_replies_read, measure_pace, own_flags, read_progress
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.lease import take_cards
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, expire, lease_for, make_candidate, make_lead, make_person, make_project

pytestmark = pytest.mark.django_db


def test_pace_is_answers_per_hour_of_active_time_over_the_last_active_hour():
    project = make_project()
    person = make_person(project)
    for _ in range(10):
        answer_as(person, make_candidate(project), "accept", active_ms=30_000)

    # 10 answers in 10 * 30 s = 5 active minutes: 120 an hour.
    assert measure_pace(project, person) == 120


def test_pace_looks_no_further_back_than_an_active_hour():
    project = make_project()
    person = make_person(project)
    for minutes in (60, 60, 20, 20, 10, 10):
        answer_as(person, make_candidate(project), "accept", active_ms=minutes * 60_000)

    # Newest first 10 + 10 + 20 + 20 minutes fill the hour with 4 answers, which are too few; the two slow ones stay out.
    assert measure_pace(project, person) is None


def test_pace_says_nothing_of_a_few_answers_or_of_untimed_ones():
    project = make_project()
    person = make_person(project)
    for _ in range(4):
        answer_as(person, make_candidate(project), "accept", active_ms=60_000)
    for _ in range(9):
        answer_as(person, make_candidate(project), "accept")

    assert measure_pace(project, person) is None


def test_time_left_is_an_upper_bound_from_own_work_alone():
    project = make_project()
    person, others = make_person(project), [make_person(project), make_person(project)]
    for _ in range(6):
        answer_as(person, make_candidate(project), "accept", active_ms=60_000)
    left = [make_candidate(project) for _ in range(3)]
    before = read_progress(project, person)

    # Others settle one and dispute another: nothing this person sees may change.
    answer_as(others[0], left[0], "accept")
    answer_as(others[1], left[0], "accept")
    answer_as(others[0], left[1], "accept")
    answer_as(others[1], left[1], "reject")

    after = read_progress(project, person)
    # 3 left at 60 an hour: 3 minutes.
    assert (before.remaining, before.per_hour, before.time_left) == (3, 60, timedelta(minutes=3))
    assert after == before


def test_skipped_withdrawn_and_imported_candidates_are_not_left():
    project = make_project()
    person = make_person(project)
    skip_candidate(lease_for(person, make_candidate(project)).public_id, person, "personal", "", uuid.uuid4())
    make_candidate(project, state="withdrawn", q_state=6)
    imported = make_candidate(project, state="settled", q_state=5)
    event = Event.objects.create(project=project, kind=Event.Kind.DECIDED_ELSEWHERE)
    Decision.objects.create(candidate=imported, round=1, verdict="accept", how=Decision.How.IMPORTED, event=event)
    make_candidate(project)

    assert read_progress(project, person).remaining == 1


def test_what_a_new_round_brings_back_is_left_again():
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    candidate = make_candidate(project)
    answer_as(people[0], candidate, "accept")
    before = read_progress(project, people[0]).remaining

    reopen_candidate(candidate.public_id, make_lead(project), "new guideline")

    assert (before, read_progress(project, people[0]).remaining) == (0, 1)
    assert len(take_cards(project, people[0])) == 1


def test_an_edited_or_repeated_answer_is_done_once():
    project = make_project(undo_minutes=15)
    person = make_person(project)
    outcome = answer_as(person, make_candidate(project), "accept")
    edit_answer(outcome.assignment, person, Submission(verdict="reject"), outcome.answer, uuid.uuid4())
    again = answer_as(person, make_candidate(project), "accept")
    undo_answer(again.assignment, person, again.answer, uuid.uuid4())

    assert count_today(project, person) == 1
    # The one taken back is not done: it waits for another answer.
    assert read_progress(project, person).done == 1


def test_days_add_up_what_was_done_on_them(monkeypatch):
    project = make_project()
    person = make_person(project)
    yesterday = timezone.now() - timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: yesterday)
        answer_as(person, make_candidate(project), "accept", active_ms=20_000)
    for _ in range(2):
        answer_as(person, make_candidate(project), "accept", active_ms=20_000)

    days = read_progress(project, person).days

    assert [(day.count, day.active, day.share) for day in days] == [
        (2, timedelta(seconds=40), 100),
        (1, timedelta(seconds=20), 50),
    ]


def test_replies_stay_unread_until_marked_and_are_seen_by_their_author_alone():
    project = make_project()
    person, other, lead = make_person(project), make_person(project), make_person(project, is_lead=True)
    for author in (person, other):
        lease = lease_for(author, make_candidate(project))
        raise_flag(lease.public_id, author, "Is this cropped?", uuid.uuid4())
    Flag.objects.update(reply="Yes.", replied_by=lead, replied_at=timezone.now())

    assert count_unread(project, person) == 1
    assert mark_replies_read(project, person) == 1
    assert count_unread(project, person) == 0
    assert count_unread(project, other) == 1
    assert [flag.assignment.person for flag in own_flags(project, person)] == [person]


def test_a_surplus_answer_counts_as_done_like_any_other():
    project = make_project()
    person = make_person(project)
    candidate = make_candidate(project)
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due(project.pk)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")

    outcome = submit_answer(lease.public_id, person, Submission(verdict="accept"), uuid.uuid4())

    assert outcome.kind == "surplus"
    assert count_today(project, person) == 1

"""Hours per person: what is counted, the two measures of time, periods, the file, and what it costs."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.lead.hours import Span, measure_work, sum_work
from labeling.models import Skip
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import adjudicate_as, answer_as, dispute, expire, lease_for, make_candidate, make_lead, make_person, make_project
from tests.labeling.large_project import make_large_project
from tests.labeling.query_plans import watch_plans
from tests.labeling.raw_rows import update
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def minutes(number):
    return timedelta(minutes=number)


def today(by="range"):
    return Span(first=TODAY(), last=TODAY(), by=by)


def of(people, person):
    return next(each for each in people if each.person == person)


def answer_at(person, candidate, moment, active_ms=60_000):
    """An answer that came in at `moment`."""
    outcome = answer_as(person, candidate, "accept", active_ms=active_ms)
    candidate.assignments.filter(public_id=outcome.assignment).update(submitted_at=moment)
    return outcome


def test_each_answer_counts_once_however_often_it_was_edited_and_edits_add_their_time():
    project = make_project(undo_minutes=15)
    person, candidate = make_person(project), make_candidate(project)
    first = answer_as(person, candidate, "accept", active_ms=60_000)
    edit_answer(first.assignment, person, Submission(verdict="reject", active_ms=30_000), first.answer, uuid4())
    taken_back = answer_as(person, make_candidate(project), "accept", active_ms=60_000)
    undo_answer(taken_back.assignment, person, taken_back.answer, uuid4())

    work = of(measure_work(project, today()), person).total

    assert (work.answers, work.all_answers, work.active, work.unmeasured) == (1, 1, timedelta(seconds=90), 0)


def test_work_that_does_not_count_is_shown_apart_and_is_part_of_the_whole():
    project = make_project()
    lead, person = make_lead(project), make_person(project)
    kept = make_candidate(project)
    lease = lease_for(person, kept)
    expire(lease)
    reap_due()
    for _ in range(2):
        answer_as(make_person(project), kept, "accept")
    submit_answer(lease.public_id, person, Submission(verdict="accept", active_ms=120_000), uuid4())
    bad, good = make_candidate(project), make_candidate(project)
    for candidate in (bad, good):
        answer_as(person, candidate, "accept", active_ms=60_000)
    void_answers(bad.pk, lead, person.pk, [bad.assignments.get().pk], "Clicked through")
    disputed = make_candidate(project)
    dispute(disputed)
    adjudicate_as(person, disputed, "accept")
    skip_candidate(lease_for(person, make_candidate(project)).public_id, person, "cannot_judge", "", uuid4())

    work = of(measure_work(project, today()), person).total

    assert (work.answers, work.adjudications, work.surplus, work.void, work.skips) == (1, 1, 1, 1, 1)
    # 1 minute counts; 2 minutes of the late answer and 1 of the void one do not. The adjudication came without a time.
    assert (work.active, work.active_uncounted, work.known_active) == (minutes(1), minutes(3), minutes(4))
    assert (work.all_answers, work.unmeasured) == (4, 1)


def test_a_time_nobody_measured_is_none_and_not_zero():
    project = make_project()
    person = make_person(project)
    answer_as(person, make_candidate(project), "accept")

    work = of(measure_work(project, today()), person).total

    assert (work.known_active, work.unmeasured, work.active) == (None, 1, timedelta(0))


def test_first_to_last_is_taken_day_by_day_and_added_up():
    project = make_project()
    person = make_person(project)
    for day, hour, minute in ((2, 9, 0), (2, 9, 40), (2, 11, 30), (4, 8, 0), (4, 8, 15), (5, 23, 59)):
        answer_at(person, make_candidate(project), datetime(2026, 3, day, hour, minute, tzinfo=UTC))

    span = Span(first=date(2026, 3, 1), last=date(2026, 3, 31), by="day")
    each = of(measure_work(project, span), person)

    # 9:00 to 11:30, 8:00 to 8:15, and a day with a single answer.
    assert [work.elapsed for work in each.periods.values()] == [minutes(150), minutes(15), minutes(0)]
    assert each.total.elapsed == minutes(165)


@pytest.mark.parametrize(
    ("by", "starts"),
    [
        ("day", [date(2026, 2, 27), date(2026, 3, 1), date(2026, 3, 2)]),
        # 2026-03-02 is a Monday; the week before it is cut by the span.
        ("week", [date(2026, 2, 26), date(2026, 3, 2)]),
        ("month", [date(2026, 2, 26), date(2026, 3, 1)]),
        ("range", [date(2026, 2, 26)]),
    ],
)
def test_periods_begin_with_the_span_and_weeks_on_monday(by, starts):
    project = make_project()
    person = make_person(project)
    for month, day in ((2, 25), (2, 27), (3, 1), (3, 2), (3, 4)):
        answer_at(person, make_candidate(project), datetime(2026, month, day, 12, tzinfo=UTC))

    span = Span(first=date(2026, 2, 26), last=date(2026, 3, 3), by=by)
    each = of(measure_work(project, span), person)

    assert list(each.periods) == starts
    assert each.total.answers == sum(work.answers for work in each.periods.values()) == 3


def test_days_are_those_of_the_sites_time_zone():
    project = make_project()
    person = make_person(project)
    answer_at(person, make_candidate(project), datetime(2026, 3, 1, 16, 30, tzinfo=UTC))

    with timezone.override("Asia/Shanghai"):
        first = measure_work(project, Span(first=date(2026, 3, 1), last=date(2026, 3, 1)))
        each = of(measure_work(project, Span(first=date(2026, 3, 1), last=date(2026, 3, 2), by="day")), person)

    assert first == []
    assert list(each.periods) == [date(2026, 3, 2)]


def test_other_projects_are_not_in_it_and_former_members_are():
    project, other = make_project(), make_project()
    person = make_person(project)
    answer_as(person, make_candidate(project), "accept", active_ms=1000)
    elsewhere = make_person(other)
    answer_as(elsewhere, make_candidate(other), "accept")
    skip_candidate(lease_for(elsewhere, make_candidate(other)).public_id, elsewhere, "cannot_judge", "", uuid4())
    update(person.memberships.get(), active=False)

    people = measure_work(project, today())

    assert [each.person for each in people] == [person]
    assert (sum_work(people).all_answers, sum_work(people).skips) == (1, 0)


def test_the_page_shows_totals_and_what_is_missing_and_refuses_impossible_ranges():
    project = make_project()
    lead, person = make_lead(project), make_person(project, username="kim")
    answer_at(person, make_candidate(project), datetime(2026, 3, 2, 9, tzinfo=UTC), 3_600_000)
    answer_at(person, make_candidate(project), datetime(2026, 3, 2, 12, 30, tzinfo=UTC), None)
    browser = visit_as(lead)

    page = read(browser.get(address("hours", project, first="2026-03-01", last="2026-03-31", by="month")))
    backwards = browser.get(address("hours", project, first="2026-03-02", last="2026-03-01"))
    endless = browser.get(address("hours", project, first="2020-01-01", last="2026-03-01"))

    # All answers, primary, adjudications, kept, void, skips, active, without a time, first to last.
    assert "kim 2 2 0 0 0 0 1:00 1 3:30 March 2026 2 2 0 0 0 0 1:00 1 3:30" in page
    assert "Everybody 2 2 0 0 0 0 1:00 1 3:30" in page
    assert (backwards.status_code, endless.status_code) == (422, 422)
    assert "At most 366 days at once." in read(endless)
    assert browser.get(address("hours_table", project, first="2026-03-02", last="2026-03-01")).status_code == 404


def test_the_file_has_seconds_and_no_name_that_a_spreadsheet_would_calculate():
    project = make_project()
    lead = make_lead(project)
    for name, active_ms in (("+kim", 61_000), ("lou", None)):
        answer_at(make_person(project, username=name), make_candidate(project), datetime(2026, 3, 2, 9, tzinfo=UTC), active_ms)

    response = visit_as(lead).get(address("hours_table", project, first="2026-03-01", last="2026-03-31", by="day"))

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("person,period from,all answers")
    assert lines[1:] == ["'+kim,2026-03-02,1,1,0,0,0,0,61,0,0,0", "lou,2026-03-02,1,1,0,0,0,0,,,1,0"]


def test_hours_read_index_ranges_and_no_whole_table():
    project, people = make_large_project()
    for row in people[3].assignments.order_by("pk")[:3]:
        update(row, submitted_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    for skip in Skip.objects.filter(person=people[3]).order_by("pk")[:2]:
        update(skip, created_at=datetime(2026, 3, 2, 9, tzinfo=UTC))

    with watch_plans() as watch:
        found = measure_work(project, Span(first=date(2026, 3, 1), last=date(2026, 3, 8), by="day"))

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert (sum_work(found).all_answers, sum_work(found).skips, sum_work(found).unmeasured) == (3, 2, 3)

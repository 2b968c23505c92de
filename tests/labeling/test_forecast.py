"""The forecast, each number worked out by hand, and what it is made from."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from labeling.lead.forecast import Limit, Workload, forecast, measure_pace
from labeling.lead.people import Shortages, find_shortages
from labeling.lead.throughput import DayCount
from labeling.lead.workload import find_exclusions, read_workload
from labeling.models import Candidate, Membership, lane_of
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.hold import hold_candidate, reopen_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import take_cards
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    expire,
    lease_for,
    make_bundle,
    make_candidate,
    make_lead,
    make_person,
    make_project,
    make_task,
)
from tests.labeling.paired import Pair, make_paired_project, write_pairs
from tests.labeling.visiting import address, read, visit_as

TODAY = date(2026, 3, 10)
STEADY = [(100, 10)] * 3
WORK = {"primaries": 450, "open": 250, "compared": 100, "differed": 10}


def days_of(*counts, today=(7, 0)):
    """The last days as (primary answers, adjudications), oldest first, then today."""
    rows = [*counts, today]
    first = TODAY - timedelta(days=len(rows) - 1)
    return [
        DayCount(day=first + timedelta(days=number), primary=primary, adjudications=adjudications, decided=0)
        for number, (primary, adjudications) in enumerate(rows)
    ]


def after(days):
    return TODAY + timedelta(days=days)


@pytest.mark.pure
def test_answers_needed_at_a_steady_rate_give_the_day():
    found = forecast(Workload(**WORK), days_of(*STEADY))

    # 450 / 100 = 4.5 days, every day worked; no spread, so all three days are the same. Adjudicators have nothing in front of them.
    assert (found.day, found.earliest, found.latest) == (after(5), after(5), after(5))
    assert found.limit == Limit.ANNOTATORS
    assert "450 primary answers are still needed; people gave 100.0 per working day (90 % interval 100.0 to 100.0)." in found.assumptions
    assert "10.0 % of the candidates with two answers were disputed (10 of 100); it stays so." in found.assumptions
    assert "About 25 adjudications are needed, expected ones included; people gave 10.0 per working day." in found.assumptions


@pytest.mark.pure
def test_disputes_that_pile_up_make_adjudicators_the_limit():
    found = forecast(Workload(**WORK, disputes=60), days_of(*STEADY))

    # 60 wait and 250 x 10 % are to come: 85 / 10 = 8.5 days against 4.5 of the annotators.
    assert (found.day, found.limit) == (after(9), Limit.ADJUDICATORS)


@pytest.mark.pure
def test_adjudicators_who_keep_up_are_not_the_limit_however_few_disputes_came():
    found = forecast(Workload(**WORK, disputes=10), days_of(*STEADY))

    # 10 wait, a day's work; the 25 to come are done as they come.
    assert (found.day, found.limit) == (after(5), Limit.ANNOTATORS)


@pytest.mark.pure
def test_the_interval_of_the_rate_is_that_of_the_day():
    found = forecast(Workload(**WORK | {"primaries": 1000}), days_of((80, 10), (100, 10), (120, 10)))

    # Mean 100, deviation 20, t(2) = 2.920: 100 +- 2.920 x 20 / sqrt(3) = 66.28 to 133.72. 1000 / 133.72 = 7.48, 1000 / 66.28 = 15.09.
    assert (found.earliest, found.day, found.latest) == (after(8), after(10), after(16))


@pytest.mark.pure
def test_days_on_which_nobody_works_are_expected_to_go_on():
    week = [(100, 10)] * 5 + [(0, 0)] * 2

    found = forecast(Workload(**WORK | {"primaries": 300}), days_of(*week, *week))

    # Ten days worked of the 14 before today: 3 working days take 4.2.
    assert found.day == after(5)
    assert "People go on working on 10 of 14 days, as they did last." in found.assumptions


@pytest.mark.pure
def test_only_the_last_ten_working_days_count():
    found = forecast(Workload(**WORK), days_of(*[(1, 1)] * 15, *[(100, 10)] * 10))

    assert found.day == after(5)


@pytest.mark.pure
def test_a_rate_that_varies_too_much_names_no_latest_day():
    found = forecast(Workload(**WORK), days_of((10, 10), (10, 10), (280, 10)))

    # Mean 100, deviation 155.9: the lower end is below 0.
    assert (found.day, found.latest) == (after(5), None)
    assert found.reason == "The rate varies too much from day to day to name a latest day."


@pytest.mark.pure
def test_beyond_ten_years_there_is_no_day_but_still_what_it_is_made_from():
    found = forecast(Workload(**WORK | {"primaries": 10_000_000}), days_of(*STEADY))

    assert found.day is None
    assert found.assumptions


@pytest.mark.pure
@pytest.mark.parametrize(
    ("work", "days", "limit", "reason"),
    [
        ({}, [(100, 10)] * 2, Limit.NOTHING, "people have worked on 2 days before today; 3 are needed"),
        ({}, [(0, 10)] * 3, Limit.NOTHING, "nobody labelled on the last working days"),
        ({"compared": 9, "differed": 1}, STEADY, Limit.NOTHING, "9 candidates have two answers; 10 are needed"),
        ({"disputes": 1}, [(100, 0)] * 3, Limit.NOTHING, "1 dispute waits, and nobody adjudicated"),
        ({"is_paused": True}, STEADY, Limit.PAUSED, "The project is paused"),
        ({"shortages": ["No adjudicator."], "is_stopped": True}, STEADY, Limit.PEOPLE, "No adjudicator."),
        ({"primaries": 0, "open": 0, "lacking": 3, "shortages": ["Product: too few."]}, STEADY, Limit.PEOPLE, "Product: too few."),
        ({"primaries": 0, "open": 0, "held": 2}, STEADY, Limit.HELD, "2 held candidates are all that is left."),
    ],
)
def test_without_enough_to_go_by_there_is_no_day_and_a_reason(work, days, limit, reason):
    found = forecast(Workload(**WORK | work), days_of(*days))

    assert (found.day, found.earliest, found.limit) == (None, None, limit)
    assert reason in found.reason


@pytest.mark.pure
def test_a_category_with_too_few_people_keeps_no_day_from_the_others():
    found = forecast(Workload(**WORK, lacking=1, shortages=["Product: 1 more person is needed."]), days_of(*STEADY))

    # 450 / 100 = 4.5 days, as if the one were not there.
    assert (found.day, found.limit) == (after(5), Limit.ANNOTATORS)
    assert found.leaves_out == ["Left out is 1 candidate that cannot be finished so far.", "Product: 1 more person is needed."]


@pytest.mark.pure
def test_when_only_undo_windows_are_open_it_is_not_over_before_they_close():
    until = datetime(2026, 3, 11, 12, tzinfo=UTC)

    found = forecast(Workload(windows=1, windows_until=until, compared=20, differed=1), days_of(*STEADY))

    assert (found.limit, found.day, found.earliest) == (Limit.WINDOWS, None, date(2026, 3, 11))
    assert found.assumptions


@pytest.mark.pure
def test_with_nothing_left_it_is_done():
    assert forecast(Workload(compared=5), days_of()).is_done


@pytest.mark.pure
def test_the_interval_narrows_with_the_days():
    # Ten values of mean 10 and deviation sqrt(10/9) = 1.054: t(9) = 1.833, 1.833 x 1.054 / sqrt(10) = 0.611.
    pace = measure_pace([9, 11] * 5)

    assert (pace.mean, round(pace.low, 2), round(pace.high, 2)) == (10, 9.39, 10.61)


@pytest.mark.django_db
def test_what_is_left_is_counted_from_the_rows():
    project = make_project(undo_minutes=15)
    lead, kim, lee = make_lead(project), make_person(project), make_person(project)
    make_candidate(project)
    answer_as(kim, make_candidate(project), "accept")
    lease_for(kim, make_candidate(project))
    both = make_candidate(project)
    answer_as(kim, both, "accept")
    lease_for(lee, both)
    agreed = make_candidate(project)
    for person in (kim, lee):
        answer_as(person, agreed, "accept")
    dispute(make_candidate(project))
    hold_candidate(make_candidate(project).public_id, lead, "odd")
    withdraw_candidate(make_candidate(project).public_id, lead, "odd")
    import_decision(make_candidate(project).pk, "accept", lead)
    make_candidate()

    work = read_workload(project, Shortages(common=["short"]))

    # Open are the fresh one (2 answers needed), the answered one (1), the leased one (2), and the one with an answer and a lease (1).
    assert (work.open, work.primaries) == (4, 6)
    # The dispute's windows are open; one agreed and one differed.
    assert (work.disputes, work.windows, work.held) == (0, 1, 1)
    assert work.windows_until > timezone.now()
    assert (work.compared, work.differed, list(work.shortages)) == (2, 1, ["short"])


@pytest.mark.django_db
def test_what_a_category_with_too_few_people_holds_is_left_out_and_named_with_how_many_it_lacks():
    project = make_project()
    kim, lee, *others = (make_person(project) for _ in range(4))
    for category in ("Digital", "Product", "Product"):
        make_bundle(make_task(project, category=category))
    answer_as(kim, Candidate.objects.filter(project=project, lane=lane_of(0, "Product")).first(), "accept")
    Membership.objects.filter(person__in=others).update(categories=["Digital"], can_label=False)
    Membership.objects.filter(person=lee).update(categories=["Digital", "Product"], can_adjudicate=False)
    Membership.objects.filter(person=kim).update(can_adjudicate=False)
    memberships = list(Membership.objects.active().filter(project=project))

    shortages = find_shortages(project, memberships)
    work = read_workload(project, shortages)

    # Two label products, nobody adjudicates there. Of the three candidates one is left, with both its answers to be given.
    assert list(shortages) == ["Product: 1 more person is needed (annotators: 2, adjudicators: 0). Two label, a third settles."]
    assert (work.open, work.primaries, work.lacking, work.is_stopped) == (1, 2, 2, False)


@pytest.mark.django_db
def test_adjudicated_candidates_count_as_disputed_ones():
    candidate = make_candidate()
    dispute(candidate)
    adjudicate_as(make_person(candidate.project), candidate, "accept")

    work = read_workload(candidate.project, Shortages())

    assert (work.compared, work.differed, work.primaries) == (1, 1, 0)


def exclusions(project):
    return [str(found) for found in find_exclusions(project, list(Membership.objects.active().filter(project=project)))]


@pytest.mark.django_db
def test_three_people_cannot_reopen_what_one_of_them_adjudicated():
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    three = exclusions(project)
    make_person(project)

    assert "no adjudicated candidate can be reopened" in three[0]
    assert exclusions(project) == []
    assert len(people) == 3


@pytest.mark.django_db
def test_a_candidate_nobody_is_left_for_after_a_reopen_or_skips_is_named():
    project = make_project()
    candidate, skipped = make_candidate(project), make_candidate(project)
    pair = dispute(candidate)
    third, fourth = make_person(project), make_person(project)
    adjudicate_as(third, candidate, "accept")
    reopen_candidate(candidate.public_id, make_lead(project), "again")
    enough = exclusions(project)
    for person in (*pair, third):
        lease = lease_for(person, skipped)
        skip_candidate(lease.public_id, person, "cannot_judge", "", lease.public_id)
    Membership.objects.filter(person__in=pair).update(can_label=False)

    # The reopened one has the fourth alone, for the third adjudicated it; the skipped one has the fourth alone too.
    assert enough == []
    assert exclusions(project)[0].startswith("2 open candidates have nobody left to answer them")
    answer_as(fourth, candidate, "accept")
    assert exclusions(project)[0].startswith("2 open candidates")


@pytest.mark.django_db
def test_a_dispute_between_the_only_adjudicators_is_named():
    project = make_project()
    dispute(make_candidate(project))
    make_person(project, can_adjudicate=False)
    make_person(project, can_adjudicate=False)

    assert exclusions(project) == ["1 dispute has no adjudicator left: whoever could has answered or skipped it."]


@pytest.mark.django_db
def test_the_page_never_shows_a_day_without_what_it_is_made_from():
    project = make_project()
    client = visit_as(make_lead(project))
    empty = read(client.get(address("project", project)))
    answer_as(make_person(project), make_candidate(project), "accept")
    for _ in range(3):
        make_person(project)

    text = read(client.get(address("project", project)))

    assert "Forecast" not in empty
    assert "Not enough to say yet: people have worked on 0 days before today; 3 are needed to know a rate." in text


def void_all(candidate, person):
    chosen = list(candidate.assignments.filter(person=person).values_list("pk", flat=True))
    void_answers(candidate.pk, make_lead(candidate.project), person.pk, chosen, "clicked through")


@pytest.mark.django_db
def test_a_dispute_whose_last_adjudicators_were_voided_is_named():
    project = make_project()
    candidate = make_candidate(project)
    pair = dispute(candidate)
    third, fourth = make_person(project), make_person(project)
    adjudicate_as(third, candidate, "accept")
    void_all(candidate, third)
    with_fourth = exclusions(project)
    Membership.objects.filter(person=fourth).update(can_adjudicate=False)

    # The queue gives it neither to the pair nor to whoever adjudicated it before.
    assert with_fourth == []
    assert [take_adjudication(project, person) for person in (*pair, third)] == [None, None, None]
    assert exclusions(project) == ["1 dispute has no adjudicator left: whoever could has answered or skipped it."]


@pytest.mark.django_db
def test_a_dispute_that_somebody_answered_too_late_is_not_theirs_to_settle():
    project = make_project()
    candidate, late = make_candidate(project), make_person(project)
    lease = lease_for(late, candidate)
    expire(lease)
    reap_due(project.pk)
    dispute(candidate)
    outcome = submit_answer(lease.public_id, late, Submission(verdict="accept"), uuid4())

    assert outcome.kind == "surplus"
    assert take_adjudication(project, late) is None
    assert exclusions(project)[-1:] == ["1 dispute has no adjudicator left: whoever could has answered or skipped it."]


@pytest.mark.django_db
def test_an_open_candidate_whose_adjudication_was_voided_counts_its_adjudicator_out():
    project = make_project()
    candidate = make_candidate(project)
    first, _second = dispute(candidate)
    third, fourth = make_person(project), make_person(project)
    adjudicate_as(third, candidate, "accept")
    void_all(candidate, third)
    void_all(candidate, first)
    before = exclusions(project)
    Membership.objects.filter(person__in=[first, fourth]).update(can_label=False)

    # Its first round goes on with one free seat; the only other annotator has seen its answers.
    candidate.refresh_from_db()
    assert (candidate.state, candidate.round, before) == ("open", 1, [])
    assert take_cards(project, third) == []
    assert exclusions(project)[0].startswith("1 open candidate has nobody left to answer it")


@pytest.mark.django_db
def test_the_page_names_the_day_its_interval_and_what_limits_it(monkeypatch):
    project = make_candidate().project
    monkeypatch.setattr("labeling.views.lead.overview.read_workload", lambda *_of: Workload(**WORK | {"primaries": 1000}))
    monkeypatch.setattr("labeling.views.lead.overview.count_days", lambda *_of: days_of((80, 10), (100, 10), (120, 10)))

    text = read(visit_as(make_lead(project)).get(address("project", project)))

    assert "Left out" not in text
    # Worked out above, from 2026-03-10: 8, 10 and 16 days.
    assert "Mar 20, 2026 between Mar 18, 2026 and Mar 26, 2026" in text
    assert f"What limits it: {Limit.ANNOTATORS.label}" in text
    assert "1000 primary answers are still needed" in text


@pytest.mark.django_db
def test_a_project_of_rows_gets_a_day_on_its_page():
    # Two people answered 6 candidates each on each of the last four days: 12 answers a day; 18 candidates or 36 answers are left.
    project, people, candidates = make_paired_project(tasks=7, generators=6)
    done = candidates[:24]
    for number, candidate in enumerate(done):
        at = timezone.now() - timedelta(days=1 + number // 6)
        write_pairs([Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "accept"), at=(at, at))])
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in done]).update(state="settled", q_state=5)

    text = read(visit_as(make_lead(project)).get(address("project", project)))

    assert "36 primary answers are still needed" in text
    # 36 at 12 a day are three days, of which today may be the first.
    days = [date_format(timezone.localdate() + timedelta(days=number), "DATE_FORMAT") for number in (2, 3, 4)]
    assert any(day in text.partition("Forecast")[2].partition("Waiting for you")[0] for day in days)


@pytest.mark.django_db
def test_the_page_says_what_the_day_leaves_out(monkeypatch):
    project = make_candidate().project
    work = Workload(**WORK, lacking=7, shortages=["Product: 2 more people are needed."])
    monkeypatch.setattr("labeling.views.lead.overview.read_workload", lambda *_of: work)
    monkeypatch.setattr("labeling.views.lead.overview.count_days", lambda *_of: days_of(*STEADY))

    text = read(visit_as(make_lead(project)).get(address("project", project)))

    assert "Mar 15, 2026" in text
    assert "Left out are 7 candidates that cannot be finished so far. Product: 2 more people are needed. Change members" in text

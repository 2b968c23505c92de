"""What agreement is measured from, what is told of it, and that every figure opens the candidates it counts."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.models import F
from sklearn.metrics import cohen_kappa_score

from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted, read_params
from labeling.forms.browse import BrowseForm
from labeling.jobs.context import JobContext
from labeling.jobs.queue import request_cancel
from labeling.jobs.run import run_job
from labeling.models import Candidate, Event, Guideline, Job, Report, Task, User
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.edit import undo_answer
from labeling.protocol.hold import reopen_candidate, replace_image
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from labeling.quality.due import LEAST_PAUSE, count_changes, is_due, lock, request_agreement, request_due, request_if_due
from labeling.quality.figures import links_of, read_cells
from labeling.quality.pairs import read_answers, read_pairs
from labeling.quality.report import KEPT, measure_agreement, newest_report
from labeling.reap import reap
from tests.factories import adjudicate_as, answer_as, dispute, make_candidate, make_image, make_lead, make_person, make_project
from tests.labeling.paired import NOON, Pair, make_paired_project, write_pairs
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment

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


@pytest.mark.parametrize("purpose", ["gold", "repeat", "audit", "second_adjudication"])
def test_answers_of_other_purposes_are_in_no_pair(purpose):
    project = make_project()
    candidate = make_candidate(project)
    answer_as(make_person(project), candidate, "accept")
    raw_answer(raw_assignment(candidate, make_person(project), purpose=purpose, **answered()))

    assert count_pairs(project) == (0, 0, 0)


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


@pytest.fixture
def measured():
    """A project of 72 candidates with all kinds of pairs, and its report."""
    project, people, candidates = make_paired_project()
    versions = [None, *(Guideline.objects.create(project=project, number=number, body="x") for number in (11, 12))]
    pairs = []
    for number, candidate in enumerate(candidates):
        one, other = (people[0], people[1]) if number % 4 else (people[3], people[2])
        pairs.append(
            Pair(
                candidate=candidate,
                people=(one, other),
                verdicts=("accept", "reject") if number % 5 == 0 else (("accept",) * 2 if number % 3 == 0 else ("reject",) * 2),
                exposures=(("none", "none"), ("none", "prefilled"), ("prefilled", "prefilled"))[number % 8 == 1 or 2 * (number % 8 == 2)],
                versions=(versions[number % 3], versions[number // 3 % 3]),
                at=(NOON, NOON + timedelta(days=number % 11)),
            )
        )
    write_pairs(pairs)
    return project, pairs, measure_agreement(project)


def test_the_report_counts_the_blind_pairs_of_each_group(measured):
    _project, pairs, report = measured
    blind = [pair for pair in pairs if pair.exposures == ("none", "none")]

    figures = report.figures

    assert figures["overall"]["pairs"] == len(blind) == 54
    assert figures["overall"]["equal"] == sum(pair.verdicts[0] == pair.verdicts[1] for pair in blind)
    assert figures["overall"]["tasks"] == 12
    by_category = {row["key"]: row["pairs"] for row in figures["groups"]["category"]}
    assert by_category == Counter(pair.candidate.bundle.task.category for pair in blind)
    by_price = {row["key"]: row["pairs"] for row in figures["groups"]["price"]}
    assert by_price == Counter({50: "low", 150: "middle", 500: "high"}[pair.candidate.bundle.task.price_usd] for pair in blind)
    assert {row["key"]: row["pairs"] for row in figures["groups"]["exposure"]} == {"assisted": 9, "blind": 54, "mixed": 9}
    # NOON is a Wednesday: five days of its week are left, then seven of the next one begin; the offsets go from 0 to 10.
    weeks = {row["key"]: row["pairs"] for row in figures["groups"]["week"]}
    assert weeks == Counter("2026-03-02" if (pair.at[1] - NOON).days < 5 else "2026-03-09" for pair in blind)
    assert figures["people"]["people"] == sorted(person.pk for person in pairs[0].people + pairs[1].people)
    assert sum(cell["pairs"] for cell in figures["people"]["cells"]) == 54


def test_values_below_fifty_pairs_are_withheld_and_counts_are_not(measured):
    _project, _pairs, report = measured

    rows = [row for group in report.figures["groups"].values() for row in group] + report.tasks + report.figures["people"]["cells"]

    assert report.figures["overall"]["values"]["percent"][0] == pytest.approx(100 * report.figures["overall"]["equal"] / 54)
    assert [("values" in row, row.get("withheld")) for row in rows if row["pairs"] < 50] == [(False, "few_pairs")] * (len(rows) - 1)
    assert report.figures["sample"]["withheld"] == "few_pairs"


def test_every_figure_opens_the_candidates_it_counts(measured):
    project, _pairs, report = measured

    opened = 0
    for query, row in links_of(report.figures, report.tasks):
        for outcome, expected in (("any", row.pairs), ("equal", row.equal), ("different", row.different)):
            form = BrowseForm({**query} | {"pair": outcome}, project)
            assert form.is_valid(), (query, form.errors)
            found = [key for piece in read_all(project, form.wanted(), ById()) for key in piece]
            assert len(found) == expected, (query, outcome)
            opened += 1

    # Overall, 3 categories, 6 generators, 3 price bands, 2 weeks, 4 of the guideline, 3 exposures, 12 tasks, 2 pairs of people.
    assert opened == 3 * (1 + 3 + 6 + 3 + 2 + 4 + 3 + 12 + 2)


def test_what_is_looked_for_survives_the_parameters_of_a_job(measured):
    project, pairs, _report = measured
    asked = {"pair": "any", "person": pairs[0].people[0].username, "other": pairs[0].people[1].username, "week": "2026-03-02"}
    form = BrowseForm(asked, project)
    assert form.is_valid()

    assert read_params(form.wanted().as_params()) == form.wanted() != Wanted()


def test_a_pair_asked_for_by_one_name_or_by_a_day_that_is_no_monday_is_refused():
    project = make_project()
    person = make_person(project)

    form = BrowseForm({"other": person.username, "week": "2026-03-03"}, project)

    assert not form.is_valid()
    assert set(form.errors) == {"person", "week"}


def test_kappa_of_two_people_is_by_person_and_not_by_seat(measured):
    project, people, candidates = make_paired_project(tasks=20, generators=5)
    ada, bea = people[:2]
    said = [("accept" if number % 10 < 7 else "reject", "accept" if number % 10 < 3 else "reject") for number in range(len(candidates))]
    write_pairs(
        Pair(candidate=candidate, people=(ada, bea) if number % 2 else (bea, ada), verdicts=two if number % 2 else two[::-1])
        for number, (candidate, two) in enumerate(zip(candidates, said, strict=True))
    )

    [cell] = measure_agreement(project).figures["people"]["cells"]

    # Ada accepts 70 %, Bea 30 %, whoever sat where.
    assert cell["values"]["cohen_kappa"][0] == pytest.approx(cohen_kappa_score(*zip(*said, strict=True)), abs=1e-6)


def test_a_person_who_was_renamed_is_found_by_the_new_name(measured):
    project, pairs, report = measured
    User.objects.filter(pk=pairs[1].people[0].pk).update(username="zoe")

    row = next(row for row in read_cells(report.figures) if "zoe" in row.label)

    form = BrowseForm({**row.query, "pair": "any"}, project)
    assert form.is_valid(), form.errors
    assert len([key for piece in read_all(project, form.wanted(), ById()) for key in piece]) == row.pairs


def test_only_the_newest_reports_are_kept():
    project = make_candidate().project

    made = [measure_agreement(project).pk for _ in range(KEPT + 2)]

    assert list(Report.objects.order_by("pk").values_list("pk", flat=True)) == made[2:]
    assert newest_report(project).pk == made[-1]
    assert all(one < other for one, other in pairwise(made))


def run_due():
    """One pass of the reaper, and the jobs it made run; how many it made."""
    made = request_due()
    for job in Job.objects.filter(state="queued"):
        assert run_job(job.pk)
    return made


def let_pass(pause):
    """Let everything that was measured or asked for be so much older."""
    Report.objects.update(made_at=F("made_at") - pause)
    Job.objects.update(created_at=F("created_at") - pause)


def test_agreement_is_measured_by_itself_once_there_is_an_answer_and_again_after_changes():
    project = make_project()
    candidate = make_candidate(project)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0

    answer_as(make_person(project), candidate, "accept")
    assert run_due() == 1
    assert run_due() == 0, "a moment ago it was"
    let_pass(LEAST_PAUSE)
    assert run_due() == 0, "nothing has changed"

    answer_as(make_person(project), candidate, "accept")
    assert count_changes(newest_report(project)) == 1
    assert run_due() == 1
    assert newest_report(project).figures["overall"]["pairs"] == 1


def test_a_task_that_changed_is_measured_in_its_new_group():
    project = make_project()
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    measure_agreement(project)
    let_pass(LEAST_PAUSE)
    Candidate.objects.update(state_changed_at=F("state_changed_at") - timedelta(days=1))
    assert run_due() == 0

    Task.objects.update(category="Product")
    Event.objects.create(project=project, kind=Event.Kind.TASK_CHANGED)

    assert run_due() == 1
    assert [row["key"] for row in newest_report(project).figures["groups"]["category"]] == ["Product"]


def test_a_measurement_that_took_long_is_good_for_longer():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    measure_agreement(project)
    answer_as(make_person(project), make_candidate(project), "accept")
    Report.objects.update(seconds=30)
    let_pass(timedelta(minutes=49))
    assert request_due() == 0

    let_pass(timedelta(minutes=2))

    assert request_due() == 1


def test_a_measurement_that_failed_is_not_asked_for_again_at_once(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    monkeypatch.setattr("labeling.quality.report.read_pairs", lambda _project: 1 / 0)
    assert request_due() == 1
    run_job(Job.objects.get().pk)
    assert Job.objects.get().state == "failed"

    assert request_due() == 0
    let_pass(LEAST_PAUSE + timedelta(seconds=1))
    assert request_due() == 1


def test_jobs_of_measurements_that_ended_are_kept_as_long_as_their_reports():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    for _ in range(KEPT + 3):
        run_job(request_agreement(project, None).pk)

    assert Report.objects.count() == KEPT
    assert Job.objects.filter(kind="agreement").count() == KEPT + 1  # the last one ended after it had looked


def test_a_measurement_that_was_cancelled_keeps_nothing(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    job = request_agreement(project, None)

    def cancel_and_read(given):
        request_cancel(job.pk)
        return read_pairs(given)

    monkeypatch.setattr("labeling.quality.report.read_pairs", cancel_and_read)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, Report.objects.count()) == ("cancelled", 0)


def test_an_attempt_that_lost_its_job_stores_no_report(monkeypatch):
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    job = request_agreement(project, None)

    def lose_and_read(given):
        found = read_pairs(given)
        monkeypatch.setattr(JobContext, "cancelled", lambda _self: False)
        Job.objects.filter(pk=job.pk).update(fence=uuid.uuid4())
        return found

    monkeypatch.setattr("labeling.quality.report.read_pairs", lose_and_read)

    assert not run_job(job.pk)
    assert Report.objects.count() == 0


def test_a_job_that_waits_is_not_asked_for_twice():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    first = request_agreement(project, None)

    assert request_agreement(project, None) == first
    assert request_due() == 0


def test_what_another_reaper_has_seen_to_in_the_meantime_is_left_alone():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    assert is_due(project)
    run_job(request_agreement(project, None).pk)

    assert request_if_due(project) is False
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_measurement_keeps_nobody_from_answering():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    project = make_project()
    person, candidate = make_person(project), make_candidate(project)

    def answer():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        outcome = answer_as(person, candidate, "accept")
        connection.close()
        return outcome.kind

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock(project)
        assert pool.submit(answer).result() == "submitted"


def test_the_reaper_asks_for_what_is_due():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    reap()

    assert Job.objects.get(project=project).kind == "agreement"


def test_an_unfinished_adjudication_changes_nothing():
    candidate = make_candidate()
    dispute(candidate)
    adjudicator = make_person(candidate.project)
    before = measure_agreement(candidate.project).figures["overall"]

    lease = take_adjudication(candidate.project, adjudicator)
    submit_blind(lease.public_id, adjudicator, Submission(verdict="accept"), lease.public_id)

    assert measure_agreement(candidate.project).figures["overall"] == before

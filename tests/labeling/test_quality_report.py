"""What agreement is measured from, what is told of it, and that every figure opens the candidates it counts."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted
from labeling.forms.browse import BrowseForm
from labeling.models import Guideline, Job, Report
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from labeling.quality.due import LEAST_PAUSE, count_changes, request_agreement, request_due
from labeling.quality.figures import links_of
from labeling.quality.pairs import read_pairs
from labeling.quality.report import KEPT, measure_agreement, newest_report
from labeling.reap import reap
from tests.factories import adjudicate_as, answer_as, dispute, make_candidate, make_lead, make_person, make_project
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
    assert figures["people"]["people"] == sorted(person.username for person in pairs[0].people + pairs[1].people)
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

    from labeling.browse.wanted import read_params

    assert read_params(form.wanted().as_params()) == form.wanted() != Wanted()


def test_a_pair_asked_for_by_one_name_or_by_a_day_that_is_no_monday_is_refused():
    project = make_project()
    person = make_person(project)

    form = BrowseForm({"other": person.username, "week": "2026-03-03"}, project)

    assert not form.is_valid()
    assert set(form.errors) == {"person", "week"}


def test_only_the_newest_reports_are_kept():
    project = make_candidate().project

    made = [measure_agreement(project).pk for _ in range(KEPT + 2)]

    assert list(Report.objects.order_by("pk").values_list("pk", flat=True)) == made[2:]
    assert newest_report(project).pk == made[-1]
    assert all(one < other for one, other in pairwise(made))


def run_due(django_capture_on_commit_callbacks):
    """One pass of the reaper, and the jobs it made run."""
    from labeling.jobs.run import run_job

    with django_capture_on_commit_callbacks():
        made = request_due()
    for job in Job.objects.filter(state="queued"):
        assert run_job(job.pk)
    return made


def test_agreement_is_measured_by_itself_once_there_is_an_answer_and_again_after_changes(django_capture_on_commit_callbacks, settings):
    project = make_project()
    candidate = make_candidate(project)
    assert run_due(django_capture_on_commit_callbacks) == 0

    answer_as(make_person(project), candidate, "accept")
    assert run_due(django_capture_on_commit_callbacks) == 1
    report = newest_report(project)
    answer_as(make_person(project), candidate, "accept")
    assert (report.figures["overall"]["pairs"], count_changes(report)) == (0, 1)
    assert run_due(django_capture_on_commit_callbacks) == 0, "a moment ago it was"

    Report.objects.update(made_at=report.made_at - LEAST_PAUSE - timedelta(seconds=1))
    assert run_due(django_capture_on_commit_callbacks) == 1
    assert newest_report(project).figures["overall"]["pairs"] == 1
    Report.objects.update(made_at=report.made_at - timedelta(days=1))
    assert run_due(django_capture_on_commit_callbacks) == 0, "nothing has changed"


def test_a_measurement_that_took_long_is_good_for_longer():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")
    report = measure_agreement(project)
    answer_as(make_person(project), make_candidate(project), "accept")
    Report.objects.update(seconds=30, made_at=report.made_at - timedelta(minutes=49))
    assert request_due() == 0

    Report.objects.update(made_at=report.made_at - timedelta(minutes=51))

    assert request_due() == 1


def test_a_job_that_waits_is_not_asked_for_twice():
    project = make_project()
    answer_as(make_person(project), make_candidate(project), "accept")

    first = request_agreement(project, None)

    assert request_agreement(project, None) == first
    assert request_due() == 0


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

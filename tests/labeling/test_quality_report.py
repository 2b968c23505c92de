"""What is told of the pairs, and that every figure opens the candidates it counts."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from sklearn.metrics import cohen_kappa_score

from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted, read_params
from labeling.forms.browse import BrowseForm
from labeling.models import Guideline, Report, User
from labeling.quality.figures import links_of, read_cells
from labeling.quality.report import KEPT, measure_agreement, newest_report
from tests.factories import make_candidate, make_person, make_project
from tests.labeling.paired import NOON, Pair, make_paired_project, write_pairs

pytestmark = pytest.mark.django_db


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

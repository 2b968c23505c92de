"""The agreement page, its tables and charts, the same over the API, and the command."""

import csv
import io
import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from labeling.jobs.run import run_job
from labeling.models import Candidate, Job, Report
from labeling.quality.charts import draw_matrix, draw_trend, shade_of, split_at_gaps
from labeling.quality.figures import HEADER, Cell, Row, parts_ways
from labeling.quality.report import measure_agreement
from tests.factories import answer_as, make_candidate, make_lead, make_person, make_project
from tests.labeling.paired import NOON, Pair, make_paired_project, write_pairs
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured():
    """A measured project of 72 equal blind pairs but for every fourth, completed in two weeks, and its lead."""
    project, people, candidates = make_paired_project()
    write_pairs(
        Pair(
            candidate=candidate,
            people=(people[0], people[1 + number % 3 // 2]),
            verdicts=("accept", "accept" if number % 4 else "reject"),
            at=(NOON, NOON + timedelta(days=7 * (number % 8 == 0))),
        )
        for number, candidate in enumerate(candidates)
    )
    measure_agreement(project)
    return project, make_lead(project)


def test_the_page_says_the_headline_and_where_it_comes_from(measured):
    project, lead = measured

    reply = visit_as(lead).get(address("agreement", project))

    # 54 of 72 are equal.
    page = read(reply)
    assert "75.0 %" in page
    assert "the authors of ServImage report 67.92 % over 2,000 images labelled twice, which is a kappa of about 0.25" in page
    # Two pairs of people share the 72 candidates: the n in each square of the matrix.
    assert sum(int(n) for n in re.findall(r">n (\d+)<", reply.content.decode())) == 72
    assert "Their sample of 2,000 cannot be drawn here yet: there are 72 pairs." in page
    assert f"/p/{project.slug}/candidates/?pair=different" in reply.content.decode()


def test_the_page_warns_where_skew_parts_kappa_and_ac1():
    # Of 72 pairs 2 accept twice, 5 differ either way, 60 reject twice: accept rate 14/144, kappa 0.21, AC1 0.83.
    project, people, candidates = make_paired_project()
    said = [("accept", "accept")] * 2 + [("accept", "reject"), ("reject", "accept")] * 5 + [("reject", "reject")] * 60
    write_pairs(Pair(candidate=c, people=(people[0], people[1]), verdicts=two) for c, two in zip(candidates, said, strict=True))
    measure_agreement(project)

    page = read(visit_as(make_lead(project)).get(address("agreement", project)))

    assert "Kappa and AC1 part ways here because one answer is much more frequent than the other." in page


def test_the_page_says_what_the_random_sample_of_the_paper_comes_to(measured):
    project, lead = measured
    report = Report.objects.get()
    sample = {"pairs": 2000, "equal": 1372, "tasks": 90, "wanted": 2000, "seed": 7, "values": {"percent": [68.6, 66.1, 71.0]}}
    Report.objects.update(figures=report.figures | {"sample": sample})

    page = read(visit_as(lead).get(address("agreement", project)))
    Report.objects.update(figures=report.figures | {"sample": sample | {"values": {"percent": [99.9, None, None]}}})
    without_interval = read(visit_as(lead).get(address("agreement", project)))

    assert "(seed 7): 99.90 %. Coefficient" in without_interval
    assert "The same here, over 2,000 pairs drawn at random (seed 7): 68.60 %. 95 %: 66.1 to 71.0." in page


def test_a_project_that_was_never_measured_says_what_will_happen_and_offers_to_begin():
    project = make_candidate().project

    page = read(visit_as(make_lead(project)).get(address("agreement", project)))

    assert "Nothing has been measured yet" in page
    assert "Measure now" in page


def test_a_project_without_pairs_says_so_and_below_fifty_values_are_withheld():
    project = make_project()
    first, second = make_person(project), make_person(project)
    candidate = make_candidate(project)
    answer_as(first, candidate, "accept")
    measure_agreement(project)
    lead = visit_as(make_lead(project))
    assert "No candidate had two blind answers" in read(lead.get(address("agreement", project)))

    answer_as(second, candidate, "accept")
    measure_agreement(project)

    page = read(lead.get(address("agreement", project)))
    assert "1 blind pair so far, fewer than the 50 from which on values are shown" in page
    assert "100.0 %" not in page


def test_the_page_counts_the_answers_that_came_since(measured):
    project, lead = measured
    Report.objects.update(made_at=timezone.now())
    Candidate.objects.update(state_changed_at=NOON)
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")

    assert "1 candidate has changed since" in read(visit_as(lead).get(address("agreement", project)))


def test_measuring_again_starts_one_job_however_often_it_is_asked_for(measured):
    project, lead = measured

    replies = [visit_as(lead).post(address("measure_agreement", project)) for _ in range(2)]

    job = Job.objects.get(project=project)
    assert [reply.url for reply in replies] == [address("agreement", project)] * 2
    assert "It is being measured" in read(visit_as(lead).get(address("agreement", project)))
    waiting = {"path": address("agreement", project) + "?waiting", "headers": {"HX-Request": "true"}}
    assert visit_as(lead).get(**waiting).status_code == 204
    assert run_job(job.pk)
    assert visit_as(lead).get(**waiting).headers["HX-Refresh"] == "true"


def test_a_measurement_that_failed_is_told_where_it_was_asked_for_until_one_is_made(measured, monkeypatch):
    project, lead = measured
    monkeypatch.setattr("labeling.quality.report.read_pairs", lambda _project: 1 / 0)
    visit_as(lead).post(address("measure_agreement", project))
    run_job(Job.objects.get().pk)
    failed = read(visit_as(lead).get(address("agreement", project)))
    monkeypatch.undo()

    measure_agreement(project)

    assert "The last measurement failed. Why" in failed
    assert "failed" not in read(visit_as(lead).get(address("agreement", project)))


def test_the_overview_shows_the_measured_agreement(measured):
    project, lead = measured

    page = read(visit_as(lead).get(address("project", project)))

    assert "75.0 %" in page
    assert "72 blind pairs" in page


@pytest.mark.parametrize(
    ("part", "count"),
    [
        ("overall", 1),
        ("category", 3),
        ("generator", 6),
        ("price", 3),
        ("week", 2),
        ("guideline", 1),
        ("exposure", 1),
        ("people", 2),
        ("task", 12),
    ],
)
def test_every_table_is_there_as_csv(measured, part, count):
    project, lead = measured

    reply = visit_as(lead).get(address("agreement_table", project, part))

    rows = list(csv.reader(io.StringIO(reply.getvalue().decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == count + 1
    assert sum(int(row[2]) for row in rows[1:]) == 72
    shown = [row for row in rows[1:] if int(row[2]) >= 50]
    assert all(float(row[5]) == pytest.approx(100 * int(row[3]) / int(row[2])) for row in shown)
    assert all(set(row[5:]) == {""} for row in rows[1:] if row not in shown)


@pytest.mark.parametrize("name", ["trend", "people"])
def test_every_chart_is_an_svg_file_with_a_title_and_colours_of_its_own(measured, name):
    project, lead = measured

    reply = visit_as(lead).get(address("agreement_chart", project, name))

    root = ElementTree.fromstring(reply.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title").text
    assert reply.headers["Content-Disposition"].endswith(f'-agreement-{name}.svg"')
    assert all("," not in number for element in root.iter() for number in (element.get("x") or "", element.get("y") or ""))


@pytest.mark.parametrize("path", [("agreement_table", "secrets"), ("agreement_chart", "secrets")])
def test_a_table_or_chart_that_does_not_exist_is_not_found(measured, path):
    project, lead = measured

    assert visit_as(lead).get(address(path[0], project, path[1])).status_code == 404


def test_before_anything_was_measured_there_are_no_files():
    project = make_candidate().project

    assert visit_as(make_lead(project)).get(address("agreement_table", project, "overall")).status_code == 404


def test_who_does_not_lead_sees_nothing_of_it(measured):
    project, _lead = measured
    person = visit_as(make_person(project))

    assert {person.get(address(name, project, *rest)).status_code for name, *rest in (("agreement",), ("agreement_table", "people"))} == {
        404
    }


def row_of(pairs=100, **values):
    """A row with these coefficients."""
    cells = [Cell(name=name, value=value, low=low, high=high) for name, (value, low, high) in values.items()]
    return Row(label="x", query={"week": "2026-03-02"}, pairs=pairs, equal=0, tasks=1, cells=cells)


@pytest.mark.pure
def test_a_week_whose_value_is_withheld_breaks_the_line():
    weeks = [row_of(percent=(80, 70, 90)), row_of(percent=(60, 50, 70)), row_of(), row_of(percent=(100, 100, 100))]

    trend = draw_trend(weeks, 50)

    # The axis goes from 12 (100 %) to 240 - 28 = 212 (0 %): 2 units for each percent. 660 units for four weeks begin at 44.
    assert [(point.x, point.y) for point in trend.points] == [(126.5, 52), (291.5, 92), (456.5, None), (621.5, 12)]
    assert trend.lines == ["126.5,52.0 291.5,92.0", "621.5,12.0"]
    assert trend.bands[0] == "126.5,32.0 291.5,72.0 291.5,112.0 126.5,72.0"
    assert trend.published_y == 112
    assert [len(stretch) for stretch in split_at_gaps(trend.points)] == [2, 1]


@pytest.mark.pure
def test_the_matrix_has_a_square_for_each_two_people():
    cells = [
        Row(
            label="",
            query={"person": one, "other": other},
            pairs=60,
            equal=0,
            tasks=1,
            cells=[Cell(name="percent", value=v, low=None, high=None)],
        )
        for one, other, v in (("ada", "bea", 95), ("ada", "cyd", 49))
    ]

    matrix = draw_matrix(cells)

    assert [(square.x, square.y, square.shade) for square in matrix.squares] == [(130, 34, 5), (130, 98, 1)]
    assert [name for name, _x in matrix.columns] == ["ada", "bea"]
    assert [name for name, _y in matrix.rows] == ["bea", "cyd"]
    assert [shade_of(percent) for percent in (None, 0, 50, 60, 99, 100)] == [0, 1, 1, 2, 5, 5]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("kappa", "ac1", "rate", "warned"),
    [
        (0.25, 0.76, 5, True),
        (0.25, 0.76, 95, True),
        (0.64, 0.64, 50, False),
        (0.60, 0.68, 30, False),
        (0.3, 0.5, 40, False),
        (None, 1.0, 0, False),
    ],
)
def test_a_warning_says_when_skew_parts_kappa_and_ac1(kappa, ac1, rate, warned):
    row = row_of(cohen_kappa=(kappa, None, None), gwet_ac1=(ac1, None, None), accept_rate=(rate, None, None))

    assert parts_ways(row) == warned


def test_the_sample_of_the_paper_is_drawn_once_there_are_two_thousand_pairs():
    # Made by hand: 100 tasks of 21 candidates would take minutes to build, so one candidate stands for many by its arrays.
    import numpy as np

    from labeling.quality.measure import measure_sample
    from labeling.quality.pairs import Pairs

    many = 2100
    accepts = np.stack([np.ones(many, dtype=bool), np.arange(many) % 3 > 0], axis=1)
    numbers = np.arange(many)
    pairs = Pairs(
        candidates=numbers,
        tasks=numbers // 21,
        generators=numbers,
        accepts=accepts,
        blind=np.ones((many, 2), dtype=bool),
        people=np.ones((many, 2), dtype=int),
        guidelines=np.zeros((many, 2), dtype=int),
        days=numbers,
    )

    drawn = measure_sample(pairs, 5)

    assert (drawn["pairs"], drawn["seed"]) == (2000, 5)
    assert drawn["values"]["percent"][0] == pytest.approx(100 * drawn["equal"] / 2000)
    assert drawn == measure_sample(pairs, 5)
    assert drawn["equal"] != measure_sample(pairs, 6)["equal"]


def test_the_command_prints_what_it_measured_as_json_and_in_words(measured):
    project, _lead = measured
    Report.objects.all().delete()
    out, words = io.StringIO(), io.StringIO()

    call_command("report", "agreement", project=project.slug, json=True, stdout=out)
    call_command("report", "agreement", project=project.slug, stdout=words)

    found = json.loads(out.getvalue())
    assert (found["overall"]["pairs"], found["overall"]["equal"], found["overall"]["withheld"]) == (72, 54, None)
    assert found["overall"]["values"]["percent"]["value"] == 75
    assert [row["withheld"] for row in found["tasks"]] == ["few_pairs"] * 12
    assert "72 blind pairs of 12 tasks" in words.getvalue()
    assert "percent              75.000" in words.getvalue()


def test_the_command_names_a_project_that_does_not_exist():
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        call_command("report", "agreement", project="nowhere")


def test_a_page_shows_old_figures_as_old(measured):
    project, lead = measured
    Report.objects.update(made_at=timezone.now() - timedelta(hours=3))

    assert "3 hours ago" in read(visit_as(lead).get(address("agreement", project))).replace("\xa0", " ")

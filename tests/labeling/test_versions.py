"""Agreement before and after each version of the guideline, and what is worth a second look since."""

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from labeling.agreement import estimate_difference, sum_items
from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted
from labeling.models import Candidate, Decision, Guideline, Project
from labeling.quality.report import measure_agreement
from labeling.quality.versions import read_versions
from tests.factories import adjudicate_as, agree, dispute, make_candidate, make_lead, make_person, make_project, review_as
from tests.labeling.paired import NOON, Pair, make_paired_project, write_pairs
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


def write_versions(project, people, candidates, equal):
    """Two versions, each read by both people of every second candidate; `equal` says how often they agree under each."""
    random = Random(7)
    versions = [Guideline.objects.create(project=project, number=number, body="x") for number in (1, 2)]
    pairs = []
    for number, candidate in enumerate(candidates):
        version, share = versions[number % 2], equal[number % 2]
        said = ("accept", "accept" if random.random() < share else "reject")
        pairs.append(Pair(candidate=candidate, people=(people[0], people[1]), verdicts=said, versions=(version, version), at=(NOON, NOON)))
    write_pairs(pairs)


@pytest.fixture
def measured():
    """A project of 160 candidates whose people agree in 60 % of the pairs under version 1 and in 90 % under version 2."""
    project, people, candidates = make_paired_project(tasks=20, generators=8)
    write_versions(project, people, candidates, (0.6, 0.9))
    measure_agreement(project)
    return project


def test_the_difference_is_that_of_the_two_percentages(measured):
    report = measured.reports.get()

    newest, first = read_versions(measured, report.figures)

    before, after = newest.before.cell("percent").value, newest.after.cell("percent").value
    assert (newest.number, newest.before.pairs, newest.after.pairs) == (2, 80, 80)
    assert newest.difference.value == pytest.approx(after - before, abs=1e-4)
    assert newest.difference.low < newest.difference.value < newest.difference.high
    assert newest.difference.low > 0, "30 points of 80 pairs each are no chance"
    assert (first.number, first.before.pairs, first.after.pairs, first.difference) == (1, 0, 80, None)


def test_a_draw_of_tasks_takes_both_sides_of_each():
    # Every task is as far above or below the mean before as after it: drawn together the difference is always 10 points, drawn apart it
    # would spread as widely as the tasks do.
    rng = np.random.default_rng(1)
    tasks = np.repeat(np.arange(40), 40)
    hard = np.repeat(rng.choice([4, 16], size=40), 40)
    place = np.tile(np.arange(40), 40)
    is_before = place < 20
    equal = np.where(is_before, place < hard, place - 20 < hard + 2)
    labels = np.stack([np.ones(len(tasks)), equal.astype(float)], axis=1)

    sides = [sum_items(np.where(side[:, None], labels, np.nan), tasks) for side in (is_before, ~is_before)]
    found = estimate_difference(*sides, seed=3)

    assert (found.value, found.low, found.high) == pytest.approx((10, 10, 10), abs=1e-9)


def test_a_difference_of_other_tasks_is_refused():
    one = sum_items(np.ones((4, 2)), np.arange(4))
    other = sum_items(np.ones((3, 2)), np.arange(3))

    with pytest.raises(ValueError, match="the same"):
        estimate_difference(one, other, seed=1)


def test_of_few_tasks_there_is_a_difference_without_an_interval():
    labels = np.array([[1.0, 1.0], [1.0, 0.0]] * 30)
    sums = sum_items(labels, np.arange(60) % 5)

    found = estimate_difference(sums, sums, seed=1)

    assert (found.value, found.low, found.high) == (0, None, None)


def test_the_page_shows_versions_with_what_is_worth_a_second_look(measured):
    client = visit_as(make_lead(measured))

    page = client.get(address("agreement", measured))

    assert "Changes of the guideline" in read(page)
    assert f"{address('candidates', measured)}?before=2" in page.text
    assert f"{address('candidates', measured)}?guideline=1&amp;pair=any" in page.text
    assert client.get(address("candidates", measured, before=2)).status_code == 200


def test_worth_a_second_look_is_what_was_closed_before_and_was_not_plain():
    project = make_project(audit_share=100)
    plain, audited, disputed, later, still = (make_candidate(project) for _ in range(5))
    agree(plain)
    review_as(make_person(project), plain, "accept")
    agree(audited)
    review_as(make_person(project), audited, "reject")
    Project.objects.update(audit_share=0)
    for candidate in (disputed, later):
        dispute(candidate)
        adjudicate_as(make_person(project), candidate, "accept")
    dispute(still)
    version = Guideline.objects.create(project=project, number=1, body="x")
    Decision.objects.filter(candidate=later).update(decided_at=version.published_at + timedelta(days=1))
    Decision.objects.exclude(candidate=later).update(decided_at=version.published_at - timedelta(days=1))

    found = {pk for piece in read_all(project, Wanted(before=1), ById()) for (pk,) in piece}

    assert found == {audited.pk, disputed.pk}
    assert Candidate.objects.filter(pk=still.pk, state="disputed").exists()

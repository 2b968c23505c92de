"""The stop rule looks seldom and with a wide interval, so that chance alone hardly ever stops a version that does no harm."""

import numpy as np
import pytest

from benchmarks.assistance_stop import follow_all, no_gold
from labeling.assistance import ALL, MEASURED, REVEAL, Cases, tally, tally_gold
from labeling.effects import find_effects
from labeling.looks import count_looks, look

pytestmark = pytest.mark.pure


def make_disputes(disputes, tasks=25):
    """Six hundred pairs, so many of them adjudicated disputes, two of three lost by the assisted seat."""
    number = np.arange(600)
    last = np.stack([np.ones(600), number >= disputes], axis=1).astype(float)
    judged = np.where(number < disputes, number % 3 == 0, np.nan).astype(float)
    yes, no = np.ones(600, dtype=bool), np.zeros(600, dtype=bool)
    return tally(MEASURED, Cases(tasks=number % tasks, control=no, suggests=yes, first=last, last=last, judged=judged))


def make_gold(assisted, blind):
    """So many answers of either side in 25 tasks, every fourth wrong."""
    number = np.arange(assisted + blind)
    return tally_gold(number % 25, number < assisted, number % 4 == 0, (number < assisted) & (number % 4 == 0))


def test_looks_are_due_at_fifty_decided_ones_and_whenever_there_are_half_as_many_more():
    assert [count_looks(decided) for decided in (0, 49, 50, 74, 75, 112, 113, 168, 169, 5000)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 12]


def test_a_look_is_taken_once_and_its_interval_is_wider_than_that_of_the_effect():
    sums = make_disputes(60)

    seen = look(MEASURED, sums, no_gold(), 1, before=0)

    assert (seen.number, seen.effect, seen.decided) == (1, "added_error", 60)
    # 40 of 60 disputes were lost by the assisted seat, 20 by the other one: 20 of 600.
    assert seen.found.difference.value == pytest.approx(100 * 20 / 600)
    told = find_effects(MEASURED, sums, 1)["added_error"].difference
    assert seen.found.difference.low < told.low < told.high < seen.found.difference.high
    assert look(MEASURED, sums, no_gold(), 1, before=1) is None
    assert look(MEASURED, make_disputes(49), no_gold(), 1, before=0) is None
    assert look(MEASURED, make_disputes(60, tasks=19), no_gold(), 1, before=0) is None


@pytest.mark.parametrize("policy", [ALL, REVEAL])
def test_gold_is_looked_at_from_fifty_answers_on_either_side(policy):
    sums = make_disputes(60)

    assert look(policy, sums, make_gold(49, 90), 1, before=0) is None
    assert look(policy, sums, make_gold(90, 49), 1, before=0) is None
    seen = look(policy, sums, make_gold(50, 90), 1, before=0)
    assert (seen.number, seen.effect, seen.decided) == (1, "gold_error", 50)


def test_a_version_without_harm_is_hardly_ever_switched_off_and_a_harmful_one_nearly_always():
    harmless = follow_all(3000, 0.0, 0, projects=60, workers=1, resamples=1000)
    harmful = follow_all(8000, 5.0, 1, projects=20, workers=1, resamples=1000)

    # A look goes wrong in about 0.5 % of the projects: of 60 with about six looks fewer than two are to be expected. With 95 % at
    # 27 looks it was every fifth.
    assert all(course.looks >= 5 for course in harmless if course.decided is None)
    assert sum(course.decided is not None for course in harmless) <= 4
    assert sum(course.decided is not None for course in harmful) >= 18

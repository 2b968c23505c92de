"""How single judgements become scores: the worked examples, by hand."""

import pytest

from judging.rubrics.servimage_score.aggregate import (
    brf_score,
    bundle_sum_score,
    cns_score,
    cns_set_score,
    composite,
    points_met,
    sum_score,
    technical_score,
    veq_score,
)

pytestmark = pytest.mark.pure


def test_a_point_is_met_where_any_image_meets_it():
    # OR of [1,0,0,1] and [0,0,1,1] is [1,0,1,1]: three of four points, 5 x .75.
    rows = [[1, 0, 0, 1], [0, 0, 1, 1]]

    assert points_met(rows) == [1, 0, 1, 1]
    assert brf_score(rows) == 3.75


def test_a_point_about_every_image_can_be_asked_of_every_image():
    # Only the last point is met by both; the first, taken strictly, is not.
    assert points_met([[1, 0, 0, 1], [0, 0, 1, 1]], of_every=[0, 3]) == [0, 0, 1, 1]


def test_brief_following_without_points_or_images_is_no_score():
    assert brf_score([[], []]) is None
    assert brf_score([]) is None


def test_rows_of_different_lengths_are_a_bug():
    with pytest.raises(ValueError, match="zip"):
        points_met([[1, 0], [1]])


def test_visual_quality_without_text():
    # tech (4 + 5) / 2 = 4.5; (4.5 + 3) / 2 = 3.75; flat (4 + 5 + 3) / 3 = 4.0
    assert technical_score(4, 5) == 4.5
    assert veq_score(4, 5, 3, None) == 3.75
    assert veq_score(4, 5, 3, None, flat=True) == 4.0


def test_visual_quality_with_text():
    # (4.5 + 3 + 2) / 3 = 3.1667; flat (4 + 5 + 3 + 2) / 4 = 3.5
    assert veq_score(4, 5, 3, 2) == pytest.approx(3.1667, abs=5e-5)
    assert veq_score(4, 5, 3, 2, flat=True) == 3.5


def test_text_of_score_0_counts_and_is_not_taken_for_no_text():
    assert veq_score(4, 5, 3, 0) == 2.5


def test_consistency_of_a_set_is_the_mean_over_its_images():
    # Table 13 has a CNS of 2.5, which only a mean of whole scores gives: (2 + 3) / 2.
    assert cns_set_score([2, 3]) == 2.5
    assert cns_set_score([]) is None


def test_consistency_takes_what_applies_and_the_mean_of_both():
    assert cns_score(4, None) == 4
    assert cns_score(None, 2.5) == 2.5
    assert cns_score(4, 2.5) == 3.25
    assert cns_score(None, None) is None


def test_the_composite_is_the_mean_of_what_applies():
    # (3.75 + 3.75 + 4.5) / 3 = 4.0; without CNS (3.75 + 4.25) / 2 = 4.0, not (3.75 + 4.25 + 0) / 3
    assert composite(3.75, 3.75, 4.5) == 4.0
    assert composite(3.75, 4.25, None) == 4.0
    assert composite(None, None, None) is None


def test_ties_are_decided_by_sums_averaged_over_images():
    # The competition example, task A: m1 4 + 3 = 7.0, m3 3.5 + 4.2 = 7.7.
    assert sum_score(4, 3, None) == 7.0
    assert sum_score(3.5, 4.2, None) == pytest.approx(7.7)
    # Two images: (4 + 3 + 2 + 4 + 5 + 4) / 2 = 11.
    assert bundle_sum_score([(4, 3, 2), (4, 5, 4)]) == 11
    assert bundle_sum_score([]) is None

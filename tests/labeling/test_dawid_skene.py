"""Skills without a known truth: exact where they can be worked out, honest where they are drawn."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.dawid_skene import PEOPLE, SCENES, Scene, cover, make_votes, measure, miss
from labeling.dawid_skene import (
    CLOSE_ENOUGH,
    Skills,
    Votes,
    estimate_skills,
    find_bounds,
    find_curvature,
    find_patterns,
    posterior,
    slope,
    weigh,
)

pytestmark = pytest.mark.pure

THREE = Skills(sensitivity=np.array([0.9, 0.8, 0.7]), specificity=np.array([0.95, 0.7, 0.85]), prevalence=0.3)


def make_expected(skills: Skills, size: int) -> Votes:
    """Every item labelled by everybody, each set of labels as often as the skills let one expect, over ten clusters."""
    rows = []
    for labels in product([False, True], repeat=len(skills.sensitivity)):
        good = np.where(labels, skills.sensitivity, 1 - skills.sensitivity).prod() * skills.prevalence
        bad = np.where(labels, 1 - skills.specificity, skills.specificity).prod() * (1 - skills.prevalence)
        rows += [labels] * round(size * float(good + bad))
    said = np.array(rows)
    items, people = np.indices(said.shape)
    return Votes(
        items=items.ravel(),
        people=people.ravel(),
        accepts=said.ravel(),
        clusters=np.arange(len(said)) % 10,
        truth=np.full(len(said), -1),
        crowd=said.shape[1],
    )


def test_labels_in_their_expected_proportions_give_the_skills_they_come_from():
    # Three labels each determine the model; with 200,000 items the prior weighs nothing.
    found = estimate_skills(make_expected(THREE, 200_000), seed=1, resamples=100).skills

    assert np.allclose(found.sensitivity, THREE.sensitivity, atol=2e-3)
    assert np.allclose(found.specificity, THREE.specificity, atol=2e-3)
    assert found.prevalence == pytest.approx(0.3, abs=2e-3)


def test_people_worse_than_chance_on_average_are_never_found():
    # Turned round, the same labels would fit as well: sensitivity 0.05 for 0.95 and so on.
    found = estimate_skills(make_expected(THREE.turned(), 20_000), seed=1, resamples=100).skills

    assert float((found.sensitivity + found.specificity).mean()) > 1


def test_the_posterior_is_bayes_rule():
    # Person 0 accepts, person 1 rejects: 0.3 * 0.9 * 0.2 = 0.054 against 0.7 * 0.05 * 0.7 = 0.0245.
    found = posterior([(0, True), (1, False)], THREE)

    assert found == pytest.approx(0.054 / (0.054 + 0.0245))


def test_without_labels_the_posterior_is_the_share_of_acceptable_ones():
    assert posterior([], THREE) == pytest.approx(0.3)


def test_the_posterior_in_closed_form_is_that_of_the_estimate():
    votes, _true = make_votes(SCENES[2], 1)
    patterns = find_patterns(votes)
    skills = estimate_skills(votes, 1, resamples=100).skills
    mine = votes.items == 7
    labels = list(zip(votes.people[mine].tolist(), votes.accepts[mine].tolist(), strict=True))

    assert posterior(labels, skills) == pytest.approx(weigh(patterns, skills)[0][patterns.of_item[7]])


def test_the_order_of_people_and_items_does_not_matter():
    votes, _true = make_votes(SCENES[2], 3)
    random = np.random.default_rng(0)
    order, new_people, new_items = random.permutation(len(votes.items)), random.permutation(votes.crowd), random.permutation(1200)
    clusters = np.empty_like(votes.clusters)
    clusters[new_items] = votes.clusters
    moved = Votes(
        items=new_items[votes.items][order],
        people=new_people[votes.people][order],
        accepts=votes.accepts[order],
        clusters=clusters,
        truth=votes.truth,
        crowd=votes.crowd,
    )

    found, other = estimate_skills(votes, 1, resamples=100).skills, estimate_skills(moved, 1, resamples=100).skills

    assert np.allclose(found.sensitivity, other.sensitivity[new_people], atol=1e-4)
    assert np.allclose(found.specificity, other.specificity[new_people], atol=1e-4)


def test_the_estimate_is_a_maximum():
    patterns = find_patterns(make_votes(SCENES[2], 5)[0])
    skills = estimate_skills(make_votes(SCENES[2], 5)[0], 5, resamples=100).skills

    # The steps of expectation and maximisation shrink to this, times the number of labels that a slope adds up.
    assert float(np.abs(slope(patterns, skills)).max()) < CLOSE_ENOUGH * 1e5
    assert np.linalg.eigvalsh(find_curvature(patterns, skills)).min() > 0


def test_a_known_truth_counts_hits_and_misses():
    # 80 accepts of 100 acceptable and 90 rejects of 100 others, with the prior of 4 right and 1 wrong.
    accepts = np.array([True] * 80 + [False] * 20 + [False] * 90 + [True] * 10)
    votes = Votes(
        items=np.arange(200),
        people=np.zeros(200, dtype=np.int64),
        accepts=accepts,
        clusters=np.random.default_rng(0).integers(20, size=200),
        truth=np.repeat([1, 0], 100),
        crowd=1,
    )

    found = estimate_skills(votes, 1, resamples=500)

    assert found.skills.sensitivity[0] == pytest.approx(84 / 105)
    assert found.skills.specificity[0] == pytest.approx(94 / 105)
    assert found.sensitivity_bounds is not None
    assert found.sensitivity_bounds[0][0] < 0.8 < found.sensitivity_bounds[0][1]


def test_two_labels_alone_give_values_and_no_intervals():
    found = estimate_skills(make_votes(SCENES[0], 1)[0], 1)

    assert found.identifying == 0
    assert found.sensitivity_bounds is None


def test_two_labels_of_eight_people_find_their_skills_to_a_twentieth():
    errors = [miss(estimate_skills(votes, seed), true) for seed in range(10) for votes, true in [make_votes(SCENES[0], seed)]]

    assert float(np.mean(errors)) <= 0.05


def test_third_labels_lower_the_error_and_their_intervals_cover():
    found = [(estimate_skills(votes, seed, resamples=500), true) for seed in range(40) for votes, true in [make_votes(SCENES[2], seed)]]

    hits = np.concatenate([cover(fit, true) for fit, true in found])
    assert len(hits) == 40 * 2 * PEOPLE
    assert float(np.mean([miss(fit, true) for fit, true in found])) <= 0.04
    # 95 % is meant; of 640 that depend on each other within a project, fewer than 91 % would say that it is not.
    assert 0.91 <= float(hits.mean()) <= 0.99


def test_a_project_without_labels_has_no_skills_to_speak_of():
    nothing = np.empty(0, dtype=np.int64)
    votes = Votes(items=nothing, people=nothing, accepts=nothing.astype(bool), clusters=nothing, truth=nothing, crowd=2)

    found = estimate_skills(votes, 1)

    # What is known beforehand: four of five.
    assert found.skills.sensitivity.tolist() == [0.8, 0.8]
    assert found.sensitivity_bounds is None


def test_intervals_narrow_with_the_number_of_candidates():
    def width(candidates: int) -> float:
        votes, _true = make_votes(Scene(name="", candidates=candidates, tasks=candidates // 30), 2)
        bounds = find_bounds(patterns := find_patterns(votes), votes.clusters, estimate_skills(votes, 2).skills, 2, 500)
        assert patterns.counts.sum() == candidates
        assert bounds is not None
        return float((bounds[:PEOPLE, 1] - bounds[:PEOPLE, 0]).mean())

    # Four times as many candidates halve it.
    assert width(4800) == pytest.approx(width(1200) / 2, rel=0.35)


def test_the_benchmark_tells_what_it_measured():
    told = measure(SCENES[2], 2)

    assert told["intervals"] == 2 * 2 * PEOPLE

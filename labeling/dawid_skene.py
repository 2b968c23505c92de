"""How often each person accepts what is acceptable and rejects what is not, estimated without knowing the truth: arrays only.

Every candidate is taken to be acceptable or not, every label to depend on that and on its author alone. Then what people say about the same
candidates tells how reliable each of them is. Two labels per candidate fit more than one set of skills; third labels or known answers
decide between them, see docs/people.md.
Source: Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.agreement import FEWEST_CLUSTERS, RESAMPLES, draw_weights, tail_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Before any label a person is taken to be right in about four of five cases, which weighs as much as five labels of each kind.
RIGHT, WRONG = 4.0, 1.0
# The same of the share of acceptable candidates, which is taken to be anything.
EVEN = 1.0
UNKNOWN = -1
MOST_STEPS, CLOSE_ENOUGH = 2000, 1e-7
# Starts besides the one at the majority, and how far from it they are, in log odds.
STARTS, AWAY = 3, 0.7
# With fewer candidates that have three labels, or a known answer, the model is not identified well enough for an interval.
FEWEST_IDENTIFYING = 50


@dataclass(frozen=True, kw_only=True)
class Votes:
    """Labels, one entry each in `items`, `people` (both numbered from 0) and `accepts`; per item its cluster and its truth.

    `truth` is 1 or 0 where the right answer is known from elsewhere, else `UNKNOWN`. Such items tell of people, not of the share of
    acceptable ones: somebody chose them.
    """

    items: Ints
    people: Ints
    accepts: NDArray[np.bool_]
    clusters: Ints
    truth: Ints
    crowd: int  # how many people there are


@dataclass(frozen=True, kw_only=True)
class Skills:
    """Per person the probability of accepting what is acceptable and of rejecting what is not; the share that is acceptable."""

    sensitivity: Floats
    specificity: Floats
    prevalence: float

    @property
    def log_odds(self) -> Floats:
        """All of them on one scale without ends: sensitivities, specificities, prevalence."""
        both = np.concatenate([self.sensitivity, self.specificity, [self.prevalence]])
        odds: Floats = np.log(both / (1 - both))
        return odds

    @staticmethod
    def of_log_odds(values: Floats) -> Skills:
        """The skills of which these are the log odds."""
        both = 1 / (1 + np.exp(-values))
        crowd = len(both) // 2
        return Skills(sensitivity=both[:crowd], specificity=both[crowd:-1], prevalence=float(both[-1]))

    def turned(self) -> Skills:
        """The same with the two classes exchanged: as likely for any labels, but for what is known of people."""
        return Skills(sensitivity=1 - self.specificity, specificity=1 - self.sensitivity, prevalence=1 - self.prevalence)


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """The distinct sets of labels that items have: all that the estimate depends on is how often each occurs.

    `codes` of shape (patterns, most labels) holds twice the person, plus one for an accept, and twice the crowd where there are no more
    labels. `truth` is that of the items, `counts` how many items there are, `of_item` the pattern of each item.
    """

    codes: Ints
    truth: Ints
    counts: Floats
    of_item: Ints
    crowd: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The most probable skills with 95 % intervals of shape (people, 2); these are None where the model is not identified.

    `identifying` is how many items have three labels or more, or a known answer.
    """

    skills: Skills
    identifying: int
    sensitivity_bounds: Floats | None
    specificity_bounds: Floats | None
    prevalence_bounds: tuple[float, float] | None


def estimate_skills(votes: Votes, seed: int, resamples: int = RESAMPLES) -> Fit:
    """The skills that the votes make most probable, with intervals over `resamples` draws of clusters where they are identified."""
    patterns = find_patterns(votes)
    skills = climb_from_everywhere(patterns, seed)
    identifying = int(patterns.counts[is_identifying(patterns)].sum())
    bounds = None
    if identifying >= FEWEST_IDENTIFYING and len(np.unique(votes.clusters)) >= FEWEST_CLUSTERS:
        bounds = find_bounds(patterns, votes.clusters, skills, seed, resamples)
    if bounds is None:
        return Fit(skills=skills, identifying=identifying, sensitivity_bounds=None, specificity_bounds=None, prevalence_bounds=None)
    crowd = votes.crowd
    return Fit(
        skills=skills,
        identifying=identifying,
        sensitivity_bounds=bounds[:crowd],
        specificity_bounds=bounds[crowd:-1],
        prevalence_bounds=(float(bounds[-1, 0]), float(bounds[-1, 1])),
    )


def posterior(labels: Sequence[tuple[int, bool]], skills: Skills) -> float:
    """The probability that a candidate is acceptable, from its (person, accepts) labels and the skills: in closed form."""
    odds = skills.prevalence / (1 - skills.prevalence)
    for person, accepts in labels:
        sensitivity, specificity = skills.sensitivity[person], skills.specificity[person]
        odds *= sensitivity / (1 - specificity) if accepts else (1 - sensitivity) / specificity
    return float(odds / (1 + odds))


def find_patterns(votes: Votes) -> Patterns:
    """The distinct sets of labels of the items that have any."""
    count, empty = len(votes.clusters), 2 * votes.crowd
    order = np.lexsort((2 * votes.people + votes.accepts, votes.items))
    items, codes = votes.items[order], (2 * votes.people + votes.accepts)[order]
    labels = np.bincount(items, minlength=count)
    place = np.arange(len(items)) - np.repeat(np.cumsum(labels) - labels, labels)
    table = np.full((count, int(labels.max(initial=0)) + 1), empty, dtype=np.int64)
    table[items, place] = codes
    table[:, -1] = votes.truth
    distinct, of_item, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    return Patterns(
        codes=distinct[:, :-1], truth=distinct[:, -1], counts=counts.astype(float), of_item=of_item.reshape(-1), crowd=votes.crowd
    )


def is_identifying(patterns: Patterns) -> NDArray[np.bool_]:
    """Which patterns have three labels or more, or a known answer and a label."""
    labels = (patterns.codes < 2 * patterns.crowd).sum(axis=1)
    identifying: NDArray[np.bool_] = (labels >= 3) | ((patterns.truth != UNKNOWN) & (labels >= 1))
    return identifying


def weigh(patterns: Patterns, skills: Skills) -> tuple[Floats, Floats]:
    """Of each pattern the probability that its items are acceptable, and the log likelihood of its labels."""
    crowd = patterns.crowd
    accepting, rejecting = np.zeros(2 * crowd + 1), np.zeros(2 * crowd + 1)
    accepting[1:-1:2], accepting[0:-1:2] = np.log(skills.sensitivity), np.log(1 - skills.sensitivity)
    rejecting[1:-1:2], rejecting[0:-1:2] = np.log(1 - skills.specificity), np.log(skills.specificity)
    known = patterns.truth != UNKNOWN
    good = accepting[patterns.codes].sum(axis=1) + np.where(known, 0, np.log(skills.prevalence))
    bad = rejecting[patterns.codes].sum(axis=1) + np.where(known, 0, np.log(1 - skills.prevalence))
    good, bad = np.where(patterns.truth == 0, -np.inf, good), np.where(patterns.truth == 1, -np.inf, bad)
    together = np.logaddexp(good, bad)
    return np.exp(good - together), together


def count_labels(patterns: Patterns, weights: Floats) -> tuple[Floats, Floats]:
    """Per person how many accepts and how many rejects the patterns have, each pattern weighing as much as told."""
    spread = np.repeat(weights, patterns.codes.shape[1])
    found = np.bincount(patterns.codes.reshape(-1), weights=spread, minlength=2 * patterns.crowd + 1).astype(np.float64)
    return found[1:-1:2], found[0:-1:2]


def step(patterns: Patterns, skills: Skills) -> Skills:
    """One step of expectation and maximisation."""
    good, _likelihood = weigh(patterns, skills)
    hits, misses = count_labels(patterns, good * patterns.counts)
    false_alarms, refusals = count_labels(patterns, (1 - good) * patterns.counts)
    open_ones = np.where(patterns.truth == UNKNOWN, patterns.counts, 0)
    return Skills(
        sensitivity=(hits + RIGHT) / (hits + misses + RIGHT + WRONG),
        specificity=(refusals + RIGHT) / (refusals + false_alarms + RIGHT + WRONG),
        prevalence=float(((good * open_ones).sum() + EVEN) / (open_ones.sum() + 2 * EVEN)),
    )


def climb(patterns: Patterns, skills: Skills) -> Skills:
    """The most probable skills that can be reached from these."""
    for _ in range(MOST_STEPS):
        following = step(patterns, skills)
        moved = float(np.abs(following.log_odds - skills.log_odds).max())
        skills = following
        if moved < CLOSE_ENOUGH:
            break
    return skills


def climb_from_everywhere(patterns: Patterns, seed: int) -> Skills:
    """The most probable skills of those reached from the majority and from some places around it.

    Exchanging the classes fits any labels as well. People are taken to be right more often than wrong, so what says otherwise is turned.
    """
    random = np.random.default_rng(seed)
    first = climb(patterns, start_at_majority(patterns))
    starts = (Skills.of_log_odds(first.log_odds + random.normal(0, AWAY, len(first.log_odds))) for _ in range(STARTS))
    reached = [straighten(found) for found in (first, *(climb(patterns, start) for start in starts))]
    return max((climb(patterns, skills) for skills in reached), key=lambda skills: log_posterior(patterns, skills))


def straighten(skills: Skills) -> Skills:
    """The skills, turned if the people would be worse than chance on average."""
    return skills if float((skills.sensitivity + skills.specificity - 1).sum()) >= 0 else skills.turned()


def start_at_majority(patterns: Patterns) -> Skills:
    """The skills if an item were acceptable to the share in which its labels, and one of each kind, accept."""
    accepts = (patterns.codes % 2 == 1).sum(axis=1)
    labels = (patterns.codes < 2 * patterns.crowd).sum(axis=1)
    good = np.where(patterns.truth == UNKNOWN, (accepts + 0.5) / (labels + 1), patterns.truth)
    hits, misses = count_labels(patterns, good * patterns.counts)
    false_alarms, refusals = count_labels(patterns, (1 - good) * patterns.counts)
    return Skills(
        sensitivity=(hits + RIGHT) / (hits + misses + RIGHT + WRONG),
        specificity=(refusals + RIGHT) / (refusals + false_alarms + RIGHT + WRONG),
        prevalence=float(np.average(np.append(good, 0.5), weights=np.append(patterns.counts, 1))),
    )


def log_posterior(patterns: Patterns, skills: Skills) -> float:
    """The log likelihood of all labels and what is known of people beforehand; the scale of `log_odds` is that of the prior."""
    _good, likelihood = weigh(patterns, skills)
    before = RIGHT * np.log(np.concatenate([skills.sensitivity, skills.specificity])).sum()
    before += WRONG * np.log(1 - np.concatenate([skills.sensitivity, skills.specificity])).sum()
    before += EVEN * (np.log(skills.prevalence) + np.log(1 - skills.prevalence))
    return float((likelihood * patterns.counts).sum() + before)


def find_bounds(patterns: Patterns, clusters: Ints, skills: Skills, seed: int, resamples: int) -> Floats | None:
    """95 % intervals of the sensitivities, specificities and the prevalence, shape (values, 2); None where the maximum is flat.

    Each draw of clusters moves the maximum by one step of Newton's method, in log odds: that needs only what each cluster adds to the
    slope, so that thousands of draws are one matrix product. Source: Kline and Santos 2012, "A score based
    approach to wild bootstrap inference".
    """
    curvature = find_curvature(patterns, skills)
    if np.linalg.eigvalsh(curvature).min() <= 0:
        return None
    slopes = slopes_of_clusters(patterns, clusters, skills)
    # The slope of all together is that of the prior, turned round: draws differ by what they have more or less of each cluster.
    moves = np.concatenate([(weights - 1) @ slopes for weights in draw_weights(len(slopes), resamples, seed)])
    drawn = skills.log_odds + np.linalg.solve(curvature, moves.T).T
    tail = 100 * tail_of(len(slopes))
    bounds: Floats = 1 / (1 + np.exp(-np.percentile(drawn, [tail, 100 - tail], axis=0).T))
    return bounds


def slope(patterns: Patterns, skills: Skills) -> Floats:
    """How the log posterior changes with each of the log odds."""
    good, _likelihood = weigh(patterns, skills)
    hits, misses = count_labels(patterns, good * patterns.counts)
    false_alarms, refusals = count_labels(patterns, (1 - good) * patterns.counts)
    known = patterns.truth != UNKNOWN
    sensitivity = hits + RIGHT - (hits + misses + RIGHT + WRONG) * skills.sensitivity
    specificity = refusals + RIGHT - (refusals + false_alarms + RIGHT + WRONG) * skills.specificity
    open_ones = np.where(known, 0, patterns.counts)
    prevalence = (good * open_ones).sum() + EVEN - (open_ones.sum() + 2 * EVEN) * skills.prevalence
    return np.concatenate([sensitivity, specificity, [prevalence]])


def find_curvature(patterns: Patterns, skills: Skills, apart: float = 1e-4) -> Floats:
    """How the slope falls around the maximum: minus the second derivatives of the log posterior, by differences."""
    middle = skills.log_odds
    moves = apart * np.eye(len(middle))
    falls = [slope(patterns, Skills.of_log_odds(middle - move)) - slope(patterns, Skills.of_log_odds(middle + move)) for move in moves]
    curvature = np.stack(falls) / (2 * apart)
    return (curvature + curvature.T) / 2


def slopes_of_clusters(patterns: Patterns, clusters: Ints, skills: Skills) -> Floats:
    """What the items of each cluster add to the slope, without the prior: shape (clusters, values)."""
    _names, number = np.unique(clusters, return_inverse=True)
    good = weigh(patterns, skills)[0]
    crowd, size = patterns.crowd, int(number.max()) + 1
    codes, of_label = patterns.codes[patterns.of_item], np.repeat(number, patterns.codes.shape[1])
    is_label = (codes < 2 * crowd).reshape(-1)
    person, accepts = (codes // 2).reshape(-1)[is_label], (codes % 2).reshape(-1)[is_label]
    likely = np.repeat(good[patterns.of_item], codes.shape[1])[is_label]
    cell = of_label[is_label] * crowd + person
    sensitivity = np.bincount(cell, weights=likely * (accepts - skills.sensitivity[person]), minlength=size * crowd)
    specificity = np.bincount(cell, weights=(1 - likely) * (1 - accepts - skills.specificity[person]), minlength=size * crowd)
    is_open = patterns.truth[patterns.of_item] == UNKNOWN
    prevalence = np.bincount(number, weights=np.where(is_open, good[patterns.of_item] - skills.prevalence, 0), minlength=size)
    return np.concatenate([sensitivity.reshape(size, crowd), specificity.reshape(size, crowd), prevalence[:, None]], axis=1)

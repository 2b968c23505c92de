"""A share of few observations with an interval that stays honest where none or all of them say yes: pure functions on arrays.

A bootstrap of 60 audits without a contradiction gives 0 to 0, as if there could be none. The exact binomial interval does not; it takes
observations for independent, though, so it is given as many as they are worth: fewer, where those of one task are alike.
"""

from __future__ import annotations

import math

import numpy as np

from labeling.agreement import TAIL, Estimate, Floats, Ints, add_up

MOST_STEPS = 400
SMALLEST = 1e-300


def estimate_share(hits: Floats, clusters: Ints, tail: float = TAIL) -> Estimate:
    """The share of `hits` (0 or 1 each, shape (n,)) in percent, with its interval; None without any observation.

    The interval leaves out `tail` at each end. `clusters` holds any whole numbers. Source of the interval: Korn and Graubard 1998,
    "Confidence intervals for proportions with small expected number of positive counts estimated from survey data": that of Clopper and
    Pearson with the effective number of observations.
    """
    if hits.shape != clusters.shape or hits.ndim != 1:
        raise ValueError(f"hits of shape {hits.shape} with clusters of shape {clusters.shape}; wanted are both (n,)")
    if not len(hits):
        return Estimate(value=None, low=None, high=None)
    share = float(hits.mean())
    effective = count_effective(hits, clusters, tail)
    low, high = clopper_pearson(share * effective, effective, tail)
    return Estimate(value=100 * share, low=100 * low, high=100 * high)


def count_effective(hits: Floats, clusters: Ints, tail: float = TAIL) -> float:
    """How many independent observations `hits` are worth for such an interval, at most all of them.

    Where all say the same, or all are of one cluster, nothing shows how alike those of a cluster are, so each cluster counts once.
    """
    _names, number = np.unique(clusters, return_inverse=True)
    sizes, sums = add_up(np.ones((len(hits), 1)), number)[:, 0], add_up(hits[:, None], number)[:, 0]
    count, groups, share = len(hits), len(sizes), float(hits.mean())
    if share in (0.0, 1.0) or groups == 1:
        return float(groups)
    between = groups / (groups - 1) * float(((sums - share * sizes) ** 2).sum()) / count**2
    # Groups that all have the same share say that there is less chance in it than in a coin, which few groups cannot know.
    if between == 0:
        return float(count)
    heavier = (student_t(count - 1, tail) / student_t(groups - 1, tail)) ** 2
    return min(float(count), share * (1 - share) / between * heavier)


def clopper_pearson(hits: float, count: float, tail: float = TAIL) -> tuple[float, float]:
    """The exact interval of a share, `hits` of `count`, neither of which need be whole.

    Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".
    """
    low = 0.0 if hits <= 0 else beta_quantile(tail, hits, count - hits + 1)
    high = 1.0 if hits >= count else beta_quantile(1 - tail, hits + 1, count - hits)
    return low, high


def student_t(freedom: int, tail: float = TAIL) -> float:
    """What Student's t exceeds with probability `tail`: if t has so many degrees of freedom f, f / (f + t²) has a beta distribution."""
    below = beta_quantile(2 * tail, freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - below) / below)


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Below which value a beta distribution lies with this probability, by bisection to the last bit."""
    low, high = 0.0, 1.0
    for _step in range(MOST_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_below(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """The probability that a beta distribution lies below `x`, the regularised incomplete beta function.

    Source: Abramowitz and Stegun 26.5.8, its continued fraction, on the side of the mean where it ends soon.
    """
    if x <= 0 or x >= 1:
        return float(x > 0)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * continue_fraction(x, a, b))


def continue_fraction(x: float, a: float, b: float) -> float:
    """The denominator 1 + d1 / (1 + d2 / (1 + …)) of the incomplete beta function, by Lentz's method."""
    value = above = 1.0
    below = 0.0
    for step in range(1, MOST_STEPS):
        half = step // 2
        if step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        below = 1 / (1 + term * below or SMALLEST)
        above = 1 + term / above or SMALLEST
        value *= above * below
        if abs(above * below - 1) < 1e-15:
            break
    return value

"""Figures of predictions whose rows are weighted: what a bootstrap needs, for many draws in one go.

A draw with replacement of groups counts each row 0, 1, 2, ... times. Most figures are quotients of sums over rows, so a draw costs one
matrix product with what each group adds to them; the rank figures (AUC, AP, Spearman) need the rows in their order, sorted once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

# Equal-width bins of every calibration error, reliability table and gate.
BINS = 10
# Probabilities are kept this far from 0 and 1 in a log loss, or one sure mistake would make it infinite.
CLIP = 1e-6
# Columns of make_columns before those of the bins.
_PLAIN = 8


def bin_of(p: Floats) -> Ints:
    """The bin of each probability, 0 to BINS - 1: its lower edge belongs to it, and 1 to the last one."""
    return np.minimum((p * BINS).astype(np.intp), BINS - 1)


def row_losses(accepts: Bools, p: Floats) -> Floats:
    """The log loss of each row, in nats, with `p` clipped to [CLIP, 1 - CLIP]."""
    clipped = np.clip(p, CLIP, 1 - CLIP)
    losses: Floats = -np.log(np.where(accepts, clipped, 1 - clipped))
    return losses


def make_columns(accepts: Bools, p: Floats) -> Floats:
    """What each row adds to the sums of which `divide_sums` makes figures, shape (rows, columns)."""
    said = p >= 0.5
    y = accepts.astype(np.float64)
    plain = [np.ones_like(p), y, p, accepts == said, accepts & said, said, np.square(p - y), row_losses(accepts, p)]
    in_bin = np.eye(BINS)[bin_of(p)]
    return np.column_stack([*plain, in_bin * (p - y)[:, None]])


def divide_sums(sums: Floats) -> dict[str, Floats]:
    """Every figure that is a quotient of sums, from sums of shape (..., columns); NaN where it is not defined."""
    n, accepted, p, hits, accepted_hits, said, squares, losses = (sums[..., place] for place in range(_PLAIN))
    rejected_hits = divide(hits - accepted_hits, n - accepted)
    return {
        "rate": divide(accepted, n),
        "mean_p": divide(p, n),
        "accuracy": divide(hits, n),
        "balanced_accuracy": (divide(accepted_hits, accepted) + rejected_hits) / 2,
        # Without any accepted row every prediction would score 0, which tells nothing.
        "f1": np.where(accepted > 0, divide(2 * accepted_hits, accepted + said), np.nan),
        "brier": divide(squares, n),
        "ece": divide(np.abs(sums[..., _PLAIN:]).sum(axis=-1), n),
        "log_loss": divide(losses, n),
    }


def divide(above: Floats, below: Floats) -> Floats:
    """The quotient, NaN where `below` is 0."""
    found: Floats = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=found, where=np.not_equal(below, 0))
    return found


class Ranked:
    """Rows in the order of a score, from low to high, with equal scores together."""

    def __init__(self, score: Floats) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        is_first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
        self.starts = np.flatnonzero(is_first)
        self.tie = np.cumsum(is_first) - 1

    def put_in_order(self, weights: Floats) -> Floats:
        """Weights (..., rows) in this order."""
        ordered: Floats = weights[..., self.order]
        return ordered

    def add_ties(self, ordered: Floats) -> Floats:
        """Ordered weights (..., rows) added up over equal scores: (..., different scores)."""
        return ordered if len(self.starts) == len(self.order) else np.add.reduceat(ordered, self.starts, axis=-1)

    def mid_ranks(self, weights: Floats) -> Floats:
        """The mid-rank of each row, as the rows were given, among rows that are there `weights` times each, counted from 0."""
        tied = self.add_ties(self.put_in_order(weights))
        ranks = np.cumsum(tied, axis=-1) - tied / 2
        found = np.empty_like(weights)
        found[..., self.order] = ranks[..., self.tie]
        return found


def rank_figures(accepts: Bools, p: Floats, weights: Floats) -> Mapping[str, Floats]:
    """`auc` (Mann-Whitney, an equal score counts half) and `ap` (step interpolation, equal scores together) for weights (..., rows).

    NaN where the weighted rows are all of one class.
    """
    ranked = Ranked(p)
    ordered = ranked.put_in_order(weights)
    everything, accepted = ranked.add_ties(ordered), ranked.add_ties(ordered * accepts[ranked.order])
    n, positive = everything.sum(axis=-1), accepted.sum(axis=-1)
    up_to, accepted_up_to = np.cumsum(everything, axis=-1), np.cumsum(accepted, axis=-1)
    below = up_to - accepted_up_to - (everything - accepted) / 2
    # What scores as high or higher, and how much of it is accepted.
    hits, above = positive[..., None] - accepted_up_to + accepted, n[..., None] - up_to + everything
    precision = np.divide(hits, above, out=np.zeros_like(hits), where=above > 0)
    return {
        "auc": divide((accepted * below).sum(axis=-1), positive * (n - positive)),
        "ap": divide((accepted * precision).sum(axis=-1), np.where(n > positive, positive, 0)),
    }


def rank_correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Spearman's correlation with mid-ranks, for weights (..., rows); NaN where a side has one value only."""
    n = weights.sum(axis=-1)
    sides = [Ranked(values).mid_ranks(weights) - n[..., None] / 2 for values in (first, second)]
    across, one, two = (
        np.einsum("...i,...i,...i->...", weights, a, b) for a, b in ((sides[0], sides[1]), (sides[0],) * 2, (sides[1],) * 2)
    )
    # One value only leaves a rounding where there should be 0.
    spread = np.sqrt(one * two)
    return divide(across, np.where(np.minimum(one, two) > 1e-9 * n**3, spread, 0))

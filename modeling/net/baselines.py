"""What a model has to beat: the rate of training, a logistic regression on judges' scores, and a judge's own word on payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modeling.net.calibrate import to_p
from modeling.net.records import Record
from modeling.net.weighted import Bools, Floats

MOST_STEPS = 50
# The name in Record.judged under which a judge's own probability of payment stands.
PAY_DIRECT = "p_accept"


def measure_base_rate(train: Sequence[Record]) -> float | None:
    """The weighted share of accepted among decided records; None where none counts. Said of everything, it is the majority baseline."""
    decided = [record for record in train if record.accepts is not None]
    total = sum(record.weight for record in decided)
    return sum(record.weight for record in decided if record.accepts) / total if total else None


def pay_direct(records: Sequence[Record]) -> Floats:
    """The probability of payment that a judge gave each record when asked directly; NaN where it gave none."""
    return np.array([record.judged.get(PAY_DIRECT, np.nan) for record in records], dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """A logistic regression on the scores `names`, standardised; where some were missing in training, being missing counts too."""

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    may_miss: Bools
    weights: Floats
    bias: float
    base_rate: float

    def predict(self, records: Sequence[Record]) -> Floats:
        """The probability of accepting each record; the rate of training where none of the scores is there."""
        scores = read_scores(records, self.names)
        p = to_p(make_inputs(scores, self.mean, self.scale, self.may_miss) @ self.weights + self.bias)
        return np.where(np.all(np.isnan(scores), axis=1), self.base_rate, p)


def fit_logistic(train: Sequence[Record]) -> Logistic | None:
    """The regression (L2, C = 1) on decided records with at least one judged score, weighted as training weights them.

    A judge's own probability of payment is left out: it is a baseline of its own. None where nothing is judged, or only one class is.
    """
    names = tuple(sorted({name for record in train for name in record.judged} - {PAY_DIRECT}))
    known = [record for record in train if record.accepts is not None and record.weight > 0 and not record.judged.keys().isdisjoint(names)]
    base_rate = measure_base_rate(train)
    if len({record.accepts for record in known}) < 2 or base_rate is None:
        return None

    # A score that only undecided records have teaches nothing.
    names = tuple(name for name in names if any(name in record.judged for record in known))
    scores = read_scores(known, names)
    mean, spread = np.nanmean(scores, axis=0), np.nanstd(scores, axis=0)
    may_miss: Bools = np.array(np.isnan(scores).any(axis=0))
    # The spread of equal scores may come to a rounding.
    scale: Floats = np.where(spread > 1e-9, spread, 1.0)
    inputs = make_inputs(scores, mean, scale, may_miss)
    accepts = np.array([bool(record.accepts) for record in known])
    weights, bias = fit_weights(inputs, accepts, np.array([record.weight for record in known]))
    return Logistic(
        names=names,
        mean=mean,
        scale=scale,
        may_miss=may_miss,
        weights=weights,
        bias=bias,
        base_rate=base_rate,
    )


def fit_weights(inputs: Floats, accepts: Bools, of_row: Floats) -> tuple[Floats, float]:
    """Weights (columns,) and bias of least log loss, rows weighted by `of_row`, plus half the squared weights: scikit-learn's with C = 1.

    By Newton's method, each step halved until it helps: importing scikit-learn takes longer than all else that is evaluated.
    """
    with_bias = np.column_stack([inputs, np.ones(len(inputs))])
    penalty = np.append(np.ones(inputs.shape[1]), 0.0)

    def loss(at: Floats) -> float:
        z = with_bias @ at
        return float(of_row @ np.logaddexp(0, np.where(accepts, -z, z)) + penalty @ np.square(at) / 2)

    at: Floats = np.zeros(len(penalty))
    for _ in range(MOST_STEPS):
        p = to_p(with_bias @ at)
        slope = with_bias.T @ (of_row * (p - accepts)) + penalty * at
        # A touch on the diagonal, for a bias whose rows are all sure has no curvature left.
        curvature = (with_bias * (of_row * p * (1 - p))[:, None]).T @ with_bias + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, slope)
        if np.abs(step).max() < 1e-8:
            break
        before = loss(at)
        while loss(at - step) > before and np.abs(step).max() > 1e-8:
            step = step / 2
        at = at - step
    return at[:-1], float(at[-1])


def read_scores(records: Sequence[Record], names: Sequence[str]) -> Floats:
    """The judged scores of records, shape (records, names), NaN where one is missing."""
    rows = [[record.judged.get(name, np.nan) for name in names] for record in records]
    return np.array(rows, dtype=np.float64).reshape(len(records), len(names))


def make_inputs(scores: Floats, mean: Floats, scale: Floats, may_miss: Bools) -> Floats:
    """Standardised scores, the mean for a missing one, and a column for each that may be missing."""
    missing = np.isnan(scores)
    return np.hstack([np.where(missing, 0.0, (scores - mean) / scale), missing[:, may_miss].astype(np.float64)])

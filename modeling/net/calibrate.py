"""From the logits of a network to probabilities that mean what they say: fitted on the validation part, never on the test part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from modeling.net.metrics import as_told
from modeling.net.weighted import Bools, Floats, Ints, divide_sums, make_columns

Method = Literal["none", "temperature", "sigmoid"]
# With fewer rows a fit says more about them than about the model.
FEWEST_ROWS = 20
FOLDS = 5
# How far the mean probability may be from the rate.
MOST_OFF = 0.02
# What separates the classes perfectly would otherwise be scaled to infinity, and what ranks them the wrong way turned round.
SCALES = (0.05, 20.0)
_FARTHEST = 30.0
# So that rounding does not leave the mean beyond the limit it was brought to.
_HAIR = 1e-6


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """p = 1 / (1 + exp(-(scale * (logit + prior_shift) + shift))); a temperature T is scale = 1 / T."""

    method: Method = "none"
    scale: float = 1.0
    shift: float = 0.0
    prior_shift: float = 0.0

    def apply(self, logits: ArrayLike) -> Floats:
        """The probability of accepting for each logit."""
        return to_p(self.scale * (np.asarray(logits, dtype=np.float64) + self.prior_shift) + self.shift)

    def to_json(self) -> dict[str, Any]:
        """The calibration as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """The calibration of such values; raises ValueError for a method that is unknown or numbers that are none."""
        method: Any = values.get("method")
        numbers = [values.get(name) for name in ("scale", "shift", "prior_shift")]
        if method not in FITS or not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
            raise ValueError(f"this is no calibration: {dict(values)!r}")
        scale, shift, prior_shift = (float(number) for number in numbers)  # type: ignore[arg-type]
        return cls(method=method, scale=scale, shift=shift, prior_shift=prior_shift)


def to_p(logits: Floats) -> Floats:
    """The logistic function, without overflow."""
    half: Floats = 0.5 * (1 + np.tanh(logits / 2))
    return half


def find_prior_shift(rate: float, trained_rate: float) -> float:
    """What is added to a logit learned at `trained_rate` of accepted (after oversampling and weights) so that it holds at `rate`.

    The difference of the log odds (Elkan 2001, "The foundations of cost-sensitive learning", theorem 2). Raises ValueError for 0 and 1.
    """
    if not (0 < rate < 1 and 0 < trained_rate < 1):
        raise ValueError(f"rates {rate} and {trained_rate}: both classes are wanted")
    return math.log(rate / (1 - rate)) - math.log(trained_rate / (1 - trained_rate))


def fit_calibration(
    logits: ArrayLike,
    accepts: ArrayLike,
    groups: Sequence[str],
    *,
    weights: ArrayLike | None = None,
    prior_shift: float = 0.0,
    seed: int = 0,
) -> Calibration:
    """The calibration of validation rows: the prior corrected first, then by a method chosen by cross-validated log loss.

    Folds are whole groups; a more flexible method has to be better by a standard error, for on a few hundred rows it is often better by
    chance. Where the mean p is then more than 0.02 off the rate it is shifted, no further than that. With fewer than 20 rows or one
    class the prior alone is corrected. Never isotonic: it ties what was ranked, and wants far more rows.
    `weights` say how much each row counts, in losses, means and the rate; without, all count the same.
    """
    z, y = np.asarray(logits, dtype=np.float64) + prior_shift, np.asarray(accepts, dtype=np.bool_)
    if not (z.shape == y.shape == (len(groups),)) or not np.isfinite(z).all():
        raise ValueError(f"{z.shape} logits, {y.shape} decisions and {len(groups)} groups: rows of one length without NaN are wanted")
    w = read_weights(weights, len(y))
    counted = w > 0
    z, y, w, groups = z[counted], y[counted], w[counted], [group for group, is_in in zip(groups, counted, strict=True) if is_in]
    if len(y) < FEWEST_ROWS or y.all() or not y.any():
        return Calibration(prior_shift=prior_shift)
    method = pick_method(z, y, w, groups, seed)
    scale, shift = FITS[method](z, y, w)
    nearer = shift_near(scale * z + shift, y, w)
    # A temperature cannot move a bias: with a shift it is a sigmoid.
    return Calibration(method="sigmoid" if nearer else method, scale=scale, shift=shift + nearer, prior_shift=prior_shift)


def shift_near(z: Floats, y: Bools, w: Floats) -> float:
    """The smallest shift of logits that brings their mean probability to within 0.02 of the rate; 0 where it is."""
    from scipy.optimize import brentq

    rate = float(np.average(y, weights=w))

    def off(shift: float) -> float:
        return float(np.average(to_p(z + shift), weights=w)) - rate

    if abs(off(0.0)) <= MOST_OFF:
        return 0.0
    goal = math.copysign(MOST_OFF - _HAIR, off(0.0))
    farthest = _FARTHEST * (1 + float(np.abs(z).max()))
    return float(brentq(lambda shift: off(shift) - goal, -farthest, farthest))


def read_weights(weights: ArrayLike | None, rows: int) -> Floats:
    """The weight of each of so many rows, 1 where none are given; raises ValueError where they are something else."""
    found = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    if found.shape != (rows,) or not np.isfinite(found).all() or (found < 0).any():
        raise ValueError(f"weights of shape {found.shape} for {rows} rows: one finite number of 0 or more for each is wanted")
    return found


def pick_method(z: Floats, y: Bools, w: Floats, groups: Sequence[str], seed: int) -> Method:
    """The simplest method that no more flexible one beats by a standard error, in log loss over folds of whole groups."""
    names, of_row = np.unique(groups, return_inverse=True)
    losses: dict[Method, Floats] = {method: np.zeros(len(names)) for method in FITS}
    for rows in make_folds(groups, seed):
        for method, fit in FITS.items():
            scale, shift = fit(z[~rows], y[~rows], w[~rows])
            np.add.at(losses[method], of_row[rows], row_losses(scale * z[rows] + shift, y[rows], w[rows]))
    best: Method = "none"
    for method, found in losses.items():
        gained = losses[best] - found
        if gained.sum() > math.sqrt(len(names)) * gained.std():
            best = method
    return best


def make_folds(groups: Sequence[str], seed: int) -> Iterator[Bools]:
    """The rows of up to five folds of whole groups, dealt in the order of their seeded hash; none for one group."""
    names = sorted(set(groups), key=lambda name: (sha256(f"{seed} {name}".encode()).digest(), name))
    count = min(FOLDS, len(names))
    if count < 2:
        return
    fold_of = {name: place % count for place, name in enumerate(names)}
    folds: Ints = np.array([fold_of[name] for name in groups])
    for fold in range(count):
        yield folds == fold


def row_losses(z: Floats, y: Bools, w: Floats) -> Floats:
    """The log loss of each logit by the weight of its row, unclipped, in nats."""
    losses: Floats = w * np.logaddexp(0, np.where(y, -z, z))
    return losses


def measure_loss(z: Floats, y: Bools, w: Floats) -> float:
    """`row_losses` added up."""
    return float(row_losses(z, y, w).sum())


def fit_none(z: Floats, y: Bools, w: Floats) -> tuple[float, float]:
    """The logits as they are."""
    return 1.0, 0.0


def fit_temperature(z: Floats, y: Bools, w: Floats) -> tuple[float, float]:
    """The scale of least log loss (Guo et al. 2017, "On calibration of modern neural networks"); it is 1 / T."""
    from scipy.optimize import minimize_scalar

    low, high = map(math.log, SCALES)
    best = minimize_scalar(
        lambda scale: measure_loss(math.exp(scale) * z, y, w), bounds=(low, high), method="bounded", options={"xatol": 1e-8}
    )
    return math.exp(best.x), 0.0


def fit_sigmoid(z: Floats, y: Bools, w: Floats) -> tuple[float, float]:
    """Scale and shift of least log loss (Platt 1999, without his smoothing of the labels): then the mean p is the rate."""
    from scipy.optimize import minimize

    # Rows of a fold may all be without weight.
    share = w / max(float(w.sum()), 1e-12)

    def loss(at: Floats) -> tuple[float, Floats]:
        off = share * (to_p(at[0] * z + at[1]) - y)
        return measure_loss(at[0] * z + at[1], y, share), np.array([(off * z).sum(), off.sum()])

    # From where the scores have no spread of their own: it is a convex problem, but steps far out lose their slope.
    rate = min(max(float((share * y).sum()), 1e-3), 1 - 1e-3)
    start = np.array([1.0, math.log(rate / (1 - rate)) - float((share * z).sum())])
    farthest = _FARTHEST * (1 + float(np.abs(z).max()))
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[SCALES, (-farthest, farthest)], options={"ftol": 1e-15, "gtol": 1e-9})
    return float(best.x[0]), float(best.x[1])


# From simple to flexible.
FITS: Mapping[Method, Callable[[Floats, Bools, Floats], tuple[float, float]]] = {
    "none": fit_none,
    "temperature": fit_temperature,
    "sigmoid": fit_sigmoid,
}


def tell_calibration(calibration: Calibration, logits: ArrayLike, accepts: ArrayLike, weights: ArrayLike | None = None) -> dict[str, Any]:
    """What a calibration did on these rows, by their weights: its values, n, ECE and Brier before and after, mean p and rate.

    Before is the network's own logit. They are the rows it was fitted on: what it does elsewhere, the test side tells.
    """
    y = np.asarray(accepts, dtype=np.bool_)
    w = read_weights(weights, len(y))
    before, after = (measure_weighted(y, how.apply(logits), w) for how in (Calibration(), calibration))
    both = {f"{name}_{when}": told[name] for name in ("ece", "brier") for when, told in (("before", before), ("after", after))}
    return {**calibration.to_json(), "n": int((w > 0).sum()), **both, "mean_p": after["mean_p"], "rate": after["rate"]}


def measure_weighted(accepts: Bools, p: Floats, weights: Floats) -> dict[str, float | None]:
    """The figures of weighted rows that are quotients of sums; None where they are not defined."""
    return {name: as_told(value) for name, value in divide_sums(weights @ make_columns(accepts, p)).items()}

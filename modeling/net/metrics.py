"""How good predictions are: one set of figures for every table, card and gate. Only numpy is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modeling.net.weighted import BINS, Bools, Floats, bin_of, divide_sums, make_columns, rank_figures

# What is told of every method and slice, in this order.
FIGURES = ("accuracy", "balanced_accuracy", "f1", "auc", "ap", "brier", "ece", "log_loss")


def compute_metrics(accepts: ArrayLike, p: ArrayLike) -> dict[str, float | None]:
    """n, rate (share of accepted), mean_p and every one of FIGURES, from decisions and probabilities of accepting, shape (n,).

    Accepting is said from p = 0.5. F1 is that of accepting. The log loss (nats) clips p to [1e-6, 1 - 1e-6]; ECE has 10 equal-width bins.
    None where a figure is not defined: all of them without rows; AUC, AP and balanced accuracy with one class; F1 without any accepted row.
    Raises ValueError for lengths that differ and for p that is no probability.
    """
    y, chance = read_pairs(accepts, p)
    found = {**divide_sums(make_columns(y, chance).sum(axis=0)), **rank_figures(y, chance, np.ones(len(y)))}
    return {"n": len(y), **{name: as_told(found[name]) for name in ("rate", "mean_p", *FIGURES)}}


def measure_ece(accepts: ArrayLike, p: ArrayLike) -> float:
    """The expected calibration error: the mean distance of mean p and rate over 10 equal-width bins, weighted by their rows.

    Raises ValueError without rows.
    """
    y, chance = read_pairs(accepts, p)
    if len(y) == 0:
        raise ValueError("there are no rows: a calibration error needs some")
    return float(np.abs(np.bincount(bin_of(chance), weights=chance - y, minlength=BINS)).sum() / len(y))


def tell_reliability(accepts: ArrayLike, p: ArrayLike) -> list[dict[str, float | None]]:
    """For each of 10 equal-width bins `low`, `high`, its rows `n`, and their mean p and rate; these are None in an empty bin."""
    y, chance = read_pairs(accepts, p)
    places = bin_of(chance)
    table: list[dict[str, float | None]] = []
    for place in range(BINS):
        rows = places == place
        n = int(rows.sum())
        mean_p, rate = (float(chance[rows].mean()), float(y[rows].mean())) if n else (None, None)
        table.append({"low": place / BINS, "high": (place + 1) / BINS, "n": n, "mean_p": mean_p, "rate": rate})
    return table


def read_pairs(accepts: ArrayLike, p: ArrayLike) -> tuple[Bools, Floats]:
    """Decisions and probabilities as arrays of one length; raises ValueError where they are something else."""
    y, chance = np.asarray(accepts, dtype=np.bool_), np.asarray(p, dtype=np.float64)
    if y.ndim != 1 or y.shape != chance.shape:
        raise ValueError(f"decisions of shape {y.shape} and probabilities of shape {chance.shape}: two rows of one length are wanted")
    # NaN is neither.
    if not ((chance >= 0) & (chance <= 1)).all():
        wrong = chance[~((chance >= 0) & (chance <= 1))][0]
        raise ValueError(f"{wrong} is no probability: a number from 0 to 1 is wanted")
    return y, chance


def as_told(value: Floats) -> float | None:
    """A figure as it is stored: None where it is not defined."""
    return None if np.isnan(value) else float(value)

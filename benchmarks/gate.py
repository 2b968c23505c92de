"""How often versions of known quality pass the gate, and what calibration leaves: sides made up, whose true probabilities are known.

    python -m benchmarks.gate [--times 300]

Each has tasks of four candidates, some easier than others, 40 % accepted; the AUC of their true probabilities is .82. No database is used.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modeling.net.calibrate import Calibration, fit_calibration, fit_sigmoid, to_p
from modeling.net.gate import judge_gate, simulate_ece_limit
from modeling.net.metrics import compute_metrics, measure_ece

Floats = NDArray[np.float64]
PER_TASK, BASE, BETWEEN_TASKS, BETWEEN_CANDIDATES = 4, -0.6, 1.0, 1.2
SIZES = (300, 1000, 3300)
# What is seen of a task beyond its true log odds, by the rivals of a first version and by versions in use.
WEAK, IN_USE = 2.0, (1.5, 1.0, 0.5)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One test side: true log odds of accepting, decisions, tasks, and a generator for whatever else is drawn."""

    z: Floats
    accepts: NDArray[np.bool_]
    groups: list[str]
    random: np.random.Generator


def draw_side(n: int, seed: int, *, unseen: float = 0.0) -> Side:
    """A test side of `n` candidates; `unseen` is the spread of what makes a whole task better and no model can know."""
    random = np.random.default_rng(seed)
    tasks = -(-n // PER_TASK)
    spread = (random.normal(0, BETWEEN_TASKS, tasks).repeat(PER_TASK) + BASE)[:n]
    z = spread + random.normal(0, BETWEEN_CANDIDATES, n)
    hidden = random.normal(0, unseen, tasks).repeat(PER_TASK)[:n]
    return Side(z=z, accepts=random.random(n) < to_p(z + hidden), groups=[str(row // PER_TASK) for row in range(n)], random=random)


def know_partly(noise: float) -> Callable[[Side], Floats]:
    """Calibrated probabilities of somebody who sees the log odds through `noise`."""
    whole = draw_side(200_000, 10**6)
    scale, shift = fit_sigmoid(whole.z + whole.random.normal(0, noise, len(whole.z)), whole.accepts, np.ones(len(whole.z)))
    return lambda side: to_p(scale * (side.z + side.random.normal(0, noise, len(side.z))) + shift)


def average_over(unseen: float) -> Callable[[Side], Floats]:
    """The true probability where a whole task is shifted by what nobody sees: the mean over it."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    return lambda side: to_p(side.z[:, None] + unseen * nodes) @ (weights / weights.sum())


def count(
    n: int, times: int, say: Callable[[Side], Floats], against: Mapping[str, Callable[[Side], Floats]], **more: float
) -> dict[str, float]:
    """The share of each verdict over `times` test sides."""
    found: Counter[str] = Counter()
    for seed in range(times):
        side = draw_side(n, seed, **more)
        found[judge_gate(side.accepts, say(side), {name: rival(side) for name, rival in against.items()}, side.groups)["verdict"]] += 1
    return {name: number / times for name, number in found.most_common()}


def calibrate(times: int) -> dict[str, Any]:
    """Which method was chosen how often, and the calibration error that is left, for so many validation rows."""
    told: dict[str, Callable[[Floats], Floats]] = {
        "calibrated": lambda z: z,
        "three times too sure": lambda z: 3 * z,
        "log odds 0.7 too high": lambda z: z + 0.7,
    }
    whole = draw_side(100_000, 10**6)
    found: dict[str, Any] = {}
    for name, distort in told.items():
        found[name] = {"before": measure_ece(whole.accepts, to_p(distort(whole.z)))}
        for n in (100, *SIZES):
            fits = [fit_side(draw_side(n, seed), distort) for seed in range(times)]
            left = [measure_ece(whole.accepts, fit.apply(distort(whole.z))) for fit in fits]
            found[name][n] = {"methods": Counter(fit.method for fit in fits), "ece": np.mean(left)}
    return found


def fit_side(side: Side, distort: Callable[[Floats], Floats]) -> Calibration:
    """The calibration of a side whose logits are distorted."""
    return fit_calibration(distort(side.z), side.accepts, side.groups)


def measure(times: int) -> dict[str, Any]:
    """Every table of docs/gate.md."""
    rate = float(draw_side(200_000, 10**6).accepts.mean())
    weak = know_partly(WEAK)
    first: dict[str, Callable[[Side], Floats]] = {"base_rate": lambda side: np.full(len(side.z), rate), "logistic": weak}
    versions: dict[str, Callable[[Side], Floats]] = {
        "true probabilities": lambda side: to_p(side.z),
        "sharpened, T = 0.7": lambda side: to_p(side.z / 0.7),
        "sharpened, T = 0.5": lambda side: to_p(side.z / 0.5),
        "flattened, T = 1.5": lambda side: to_p(side.z / 1.5),
        "log odds 0.5 too high": lambda side: to_p(side.z + 0.5),
        "base rate only": first["base_rate"],
    }
    side = draw_side(200_000, 10**6 + 1)
    found: dict[str, Any] = {
        "auc": {str(noise): compute_metrics(side.accepts, know_partly(noise)(side))["auc"] for noise in (0.0, *sorted(IN_USE), WEAK)},
        "ece_limit": {n: np.mean([simulate_ece_limit(to_p(draw_side(n, seed).z)) for seed in range(20)]) for n in SIZES},
    }
    found["first"] = {name: {n: count(n, times, say, first) for n in SIZES} for name, say in versions.items()}
    truth = versions["true probabilities"]
    found["better"] = {str(noise): {n: count(n, times, truth, {"incumbent": know_partly(noise)}) for n in SIZES} for noise in IN_USE}
    found["equal"] = {n: count(n, times, know_partly(1.0), {"incumbent": know_partly(1.0)}) for n in SIZES}
    found["unseen"] = {
        str(unseen): {n: count(n, times, average_over(unseen), first, unseen=unseen) for n in SIZES} for unseen in (0.5, 1.0)
    }
    return {**found, "calibration": calibrate(min(times, 100))}


def main() -> None:
    """Print the tables as JSON, with the time they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300, help="made-up test sides for each number")
    started = time.monotonic()
    found = measure(parser.parse_args().times)
    print(json.dumps({**found, "seconds": round(time.monotonic() - started), "load": os.getloadavg()[0]}, indent=1))


if __name__ == "__main__":
    main()

"""The metrics of a run as modeling/net/train.py leaves them, made up: plausible figures whose intervals get narrower with `n`."""

from __future__ import annotations

import math
from typing import Any

from modeling.net.concepts import CONCEPTS
from modeling.net.gate import FEWEST, SENTENCES

SLICES = {"all": 1.0, "category:Portrait": 0.3, "category:Product": 0.3, "category:Digital": 0.4, "price:low": 0.4, "price:middle": 0.3}
SLICES |= {"price:high": 0.3}


def make_metrics(
    n: int = 400, *, auc: float = 0.82, rate: float = 0.4, generators: tuple[str, ...] = (), fusion: str = "concepts"
) -> dict[str, Any]:
    """Metrics on a test part of `n` candidates, `rate` of them accepted; the model has this `auc`."""
    slices = SLICES | {f"generator:{slug}": 1 / len(generators) for slug in generators}
    methods = {"model": auc, "majority": None, "logistic": auc - 0.06, "pay_direct": 0.6}
    return {
        "n": {"train": 8 * n, "val": n, "test": n, "aside": 12},
        "fusion": fusion,
        "fusion_tried": [{"fusion": "concepts", "val_log_loss": 0.481}, {"fusion": "concat", "val_log_loss": 0.496}],
        "calibration": make_calibration(n, rate),
        "rows": [
            make_row(method, each, name, round(share * n), rate) for method, each in methods.items() for name, share in slices.items()
        ],
        "concepts": [make_concept(concept, n) for concept in CONCEPTS[:5]],
        "reliability": {"before": make_bins(n, 0.12), "after": make_bins(n, 0.02)},
        "learning_curve": [make_step(n_train, auc) for n_train in (2 * n, 4 * n, 8 * n)],
        "data_sha256": "5f" * 32,
        "code": "abc1234",
        "seconds": 6.4,
    }


def make_calibration(n: int, rate: float) -> dict[str, Any]:
    """What calibrating changed."""
    after = {"ece_after": 0.031, "brier_after": 0.158, "mean_p": rate + 0.004, "rate": rate}
    return {
        "method": "temperature",
        "scale": 0.83,
        "shift": 0.0,
        "prior_shift": -0.41,
        "n": n,
        "ece_before": 0.094,
        "brier_before": 0.171,
    } | after


def make_row(method: str, auc: float | None, name: str, n: int, rate: float) -> dict[str, Any]:
    """One method on one slice; one that says the same of everything has no AUC."""
    sharp = 0.0 if auc is None else 2 * auc - 1
    figures = {
        "accuracy": bound(max(1 - rate, 0.5) + 0.3 * sharp, n),
        "balanced_accuracy": bound(0.5 + 0.4 * sharp, n),
        "f1": [0.0, None, None] if auc is None else bound(0.4 + 0.4 * sharp, n),
        "auc": [0.5, 0.5, 0.5] if auc is None else bound(auc, n),
        "ap": bound(rate + 0.5 * sharp, n),
        "brier": bound(0.24 - 0.14 * sharp, n, 0.3),
        "ece": bound(0.03, n, 0.5),
        "log_loss": bound(0.67 - 0.3 * sharp, n),
    }
    return {"method": method, "slice": name, "n": n, "accepted": round(rate * n), "figures": figures}


def bound(value: float, n: int, width: float = 1.0) -> list[float | None]:
    """[value, low, high]; no interval where hardly anything was seen."""
    half = width / math.sqrt(n) if n >= 10 else None
    return [round(value, 4), *([None, None] if half is None else [round(max(value - half, 0.0), 4), round(value + half, 4)])]


def make_concept(concept: str, n: int) -> dict[str, Any]:
    """One concept; those of the image alone were learned from formulas."""
    is_formula = concept.startswith("veq")
    source = "classical version 1" if is_formula else "people"
    return {"concept": concept, "source": source, "is_formula": is_formula, "n": n, "spearman": bound(0.71, n), "mae": bound(0.52, n)}


def make_bins(n: int, off: float) -> list[dict[str, Any]]:
    """Ten bins, the last of them empty; what was accepted lies `off` below what was said."""
    bins: list[dict[str, Any]] = []
    for place in range(10):
        count = 0 if place == 9 else n // 9
        middle = (place + 0.5) / 10
        mean_p, accepted = (middle, max(middle - off, 0.0)) if count else (None, None)
        bins.append({"low": place / 10, "high": (place + 1) / 10, "n": count, "mean_p": mean_p, "rate": accepted})
    return bins


def make_step(n_train: int, auc: float) -> dict[str, Any]:
    """One size of the learning curve."""
    return {"n_train": n_train, "auc": bound(auc - 20 / n_train, n_train), "log_loss": bound(0.45 + 20 / n_train, n_train)}


def make_gate(verdict: str = "passes", *, n: int = 420, rivals: tuple[str, ...] = ("base_rate", "logistic")) -> dict[str, Any]:
    """The verdict of a gate as modeling/net/gate.py leaves it."""
    low, high = {"passes": (-0.08, -0.02), "miscalibrated": (-0.08, -0.02), "worse": (0.01, 0.05)}.get(verdict, (-0.03, 0.02))
    n = 120 if verdict == "too_few" else n
    is_calibrated = verdict != "miscalibrated"
    counts = {"n": str(n), "groups": str(n // 5), "fewest": str(FEWEST)}
    say = [{"text": SENTENCES[verdict], "params": counts}]
    say.append({"text": SENTENCES["calibrated" if is_calibrated else "off"], "params": {"ece": "0.028", "limit": "0.051"}})
    return {
        "n": n,
        "groups": n // 5,
        "verdict": verdict,
        "log_loss": 0.482,
        "comparisons": [
            {"rival": rival, "log_loss": 0.53, "difference": (low + high) / 2, "low": low, "high": high, "is_better": high < 0}
            for rival in rivals
        ],
        "ece": 0.028 if is_calibrated else 0.09,
        "ece_limit": 0.051,
        "is_calibrated": is_calibrated,
        "needs_override": verdict != "passes",
        "say": say if verdict == "passes" else [*say, {"text": SENTENCES["override"], "params": {}}],
    }

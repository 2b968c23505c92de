"""Whether a version may replace the one in use: better on blind labels of unseen tasks, and its probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from modeling.net.bootstrap import FEWEST_GROUPS, draw_counts, find_interval, number_groups, sum_by_group
from modeling.net.metrics import measure_ece, read_pairs
from modeling.net.weighted import BINS, Bools, Floats, bin_of, row_losses

Verdict = Literal["passes", "not_enough_evidence", "worse", "too_few", "miscalibrated"]
Rival = Literal["incumbent", "base_rate", "logistic"]

# With fewer blind test candidates the gate does not decide.
FEWEST = 300
# The interval of a difference in log loss, and where the calibration error of a perfectly calibrated model is called too large.
LEVEL, CALIBRATED = 0.90, 0.95
# Labels drawn at a time while the calibration error is simulated: 32 MB.
_BLOCK = 8_000_000

_RIVALS: Mapping[Rival, str] = {
    "incumbent": "the version in use",
    "base_rate": "the base rate",
    "logistic": "a logistic regression on judge scores",
}
_OUTCOMES = {
    "better": ("Better than", "log loss %(loss)s, not %(rival_loss)s"),
    "unsure": ("Perhaps no better than", "log loss %(loss)s and %(rival_loss)s"),
    "worse": ("Worse than", "log loss %(loss)s, not %(rival_loss)s"),
}
_DIFFERENCE = "difference %(low)s to %(high)s (90 %% interval)."
_PERFECT = "a perfectly calibrated model with these probabilities stays below %(limit)s in 95 of 100 samples."
# Told to the lead, and translated where that is done; a test there compares its copies with these.
SENTENCES: Mapping[str, str] = {
    "passes": "It passes, on %(n)s blind test candidates in %(groups)s groups of tasks.",
    "not_enough_evidence": "Not enough evidence that it is better, on %(n)s blind test candidates in %(groups)s groups of tasks.",
    "worse": "It is worse, on %(n)s blind test candidates in %(groups)s groups of tasks.",
    "miscalibrated": "It is better, but its probabilities are off, on %(n)s blind test candidates in %(groups)s groups of tasks.",
    "too_few": "There are %(n)s blind test candidates; with fewer than %(fewest)s the gate does not decide.",
    "few_groups": "They are in %(groups)s groups of tasks; with fewer than %(fewest)s there is no interval.",
    "calibrated": f"Calibration error %(ece)s; {_PERFECT}",
    "off": f"Calibration error %(ece)s, too much: {_PERFECT}",
    **{
        f"{outcome}_{rival}": f"{said} {of}: {losses}; {_DIFFERENCE}"
        for outcome, (said, losses) in _OUTCOMES.items()
        for rival, of in _RIVALS.items()
    },
    "override": "A lead can promote it all the same, with a reason.",
}


def judge_gate(
    accepts: ArrayLike, p: ArrayLike, rivals: Mapping[str, ArrayLike], groups: Sequence[str], *, draws: int = 2000, seed: int = 0
) -> dict[str, Any]:
    """The verdict on probabilities `p` for the blind test side, as plain values.

    `rivals` are the probabilities of those it has to beat: {"incumbent": ...}, or {"base_rate": ..., "logistic": ...} for a first version
    (the base rate is that of training; no "logistic" where nothing was judged). Each must be beaten in log loss (nats, p clipped to
    [1e-6, 1 - 1e-6]): the paired bootstrap over groups has to leave 0 outside its 90 % interval. `difference` is p's log loss less the
    rival's: below 0 is better. `ece_limit` is the 95th percentile of the calibration error of labels drawn from `p`. None where there are
    no rows, or too few groups for an interval. `say` are texts as the source has them with what fills them, as strings: `text % params`.
    Raises ValueError for lengths that differ or other rivals.
    """
    y, chance = read_pairs(accepts, p)
    check(rivals, groups, y)
    comparisons = compare(y, chance, rivals, groups, draws, seed)
    ece = measure_ece(y, chance) if len(y) else None
    limit = simulate_ece_limit(chance, draws=draws, seed=seed) if len(y) else None
    is_calibrated = ece is not None and limit is not None and ece <= limit
    verdict = find_verdict(len(y), comparisons, is_calibrated=is_calibrated)
    found: dict[str, Any] = {
        "n": len(y),
        "groups": len(set(groups)),
        "verdict": verdict,
        "log_loss": float(row_losses(y, chance).mean()) if len(y) else None,
        "comparisons": comparisons,
        "ece": ece,
        "ece_limit": limit,
        "is_calibrated": is_calibrated,
        "needs_override": verdict != "passes",
    }
    return {**found, "say": tell(found)}


def check(rivals: Mapping[str, ArrayLike], groups: Sequence[str], y: Bools) -> None:
    """Raise ValueError where the rivals are not those of a gate or the groups not as many as the rows."""
    if set(rivals) not in ({"incumbent"}, {"base_rate"}, {"base_rate", "logistic"}):
        raise ValueError(
            f"rivals {sorted(rivals)}: the incumbent alone is wanted, or the base rate with or without the logistic regression"
        )
    if len(groups) != len(y):
        raise ValueError(f"{len(groups)} groups for {len(y)} rows")


def compare(y: Bools, p: Floats, rivals: Mapping[str, ArrayLike], groups: Sequence[str], draws: int, seed: int) -> list[dict[str, Any]]:
    """What each rival's log loss is, and by how much `p` differs from it, with the interval of the paired bootstrap."""
    if not len(y):
        bare = {"log_loss": None, "difference": None, "low": None, "high": None, "is_better": False}
        return [{"rival": name, **bare} for name in rivals]
    of_rival = np.column_stack([row_losses(*read_pairs(y, rival)) for rival in rivals.values()])
    differences = row_losses(y, p)[:, None] - of_rival
    codes, count = number_groups(groups)
    sums = sum_by_group(np.column_stack([np.ones(len(y)), differences]), codes, count)
    drawn = [counts @ sums for counts in draw_counts(count, draws, seed)]
    table = []
    for place, name in enumerate(rivals):
        each = np.concatenate([block[:, place + 1] / block[:, 0] for block in drawn]) if drawn else np.empty(0)
        low, high = find_interval(each, count, LEVEL) or (None, None)
        loss, difference = float(of_rival[:, place].mean()), float(differences[:, place].mean())
        table.append(
            {
                "rival": name,
                "log_loss": loss,
                "difference": difference,
                "low": low,
                "high": high,
                "is_better": high is not None and high < 0,
            }
        )
    return table


def simulate_ece_limit(p: ArrayLike, *, draws: int = 2000, seed: int = 0) -> float:
    """The 95th percentile of the calibration error if each label were drawn with its own probability `p`, independently."""
    chance = np.asarray(p, dtype=np.float64)
    random = np.random.default_rng(seed)
    in_bin = np.eye(BINS, dtype=np.float32)[bin_of(chance)]
    expected = chance @ in_bin
    narrow = chance.astype(np.float32)
    found: list[Floats] = []
    for start in range(0, draws, block := max(1, _BLOCK // len(chance))):
        drawn = random.random((min(block, draws - start), len(chance)), dtype=np.float32) < narrow
        found.append(np.abs(drawn.astype(np.float32) @ in_bin - expected).sum(axis=1) / len(chance))
    return float(np.percentile(np.concatenate(found), 100 * CALIBRATED))


def find_verdict(n: int, comparisons: Sequence[Mapping[str, Any]], *, is_calibrated: bool) -> Verdict:
    """The verdict on what was compared; being worse than one rival outweighs being better than another."""
    if n < FEWEST:
        return "too_few"
    if any(found["low"] is not None and found["low"] > 0 for found in comparisons):
        return "worse"
    if not all(found["is_better"] for found in comparisons):
        return "not_enough_evidence"
    return "passes" if is_calibrated else "miscalibrated"


def tell(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a lead reads of a verdict: texts as the source has them (SENTENCES), and what fills them."""
    counts = {"n": str(found["n"]), "groups": str(found["groups"])}
    said: list[tuple[str, dict[str, str]]] = [(found["verdict"], {**counts, "fewest": str(FEWEST)})]
    if found["n"] and found["groups"] < FEWEST_GROUPS:
        said.append(("few_groups", {"groups": counts["groups"], "fewest": str(FEWEST_GROUPS)}))
    said += [tell_comparison(found["log_loss"], each) for each in found["comparisons"] if each["low"] is not None]
    if found["ece"] is not None:
        numbers = {"ece": f"{found['ece']:.3f}", "limit": f"{found['ece_limit']:.3f}"}
        said.append(("calibrated" if found["is_calibrated"] else "off", numbers))
    if found["needs_override"]:
        said.append(("override", {}))
    return [{"text": SENTENCES[name], "params": params} for name, params in said]


def tell_comparison(loss: float, each: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence on one rival and what fills it."""
    outcome = "better" if each["is_better"] else ("worse" if each["low"] > 0 else "unsure")
    numbers = {"loss": f"{loss:.3f}", "rival_loss": f"{each['log_loss']:.3f}", "low": f"{each['low']:+.3f}", "high": f"{each['high']:+.3f}"}
    return f"{outcome}_{each['rival']}", numbers

"""How a run did on its test part: every method on every slice, concepts against their targets, all with intervals over groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from modeling.net.baselines import fit_logistic, measure_base_rate, pay_direct
from modeling.net.bootstrap import draw_counts, find_interval, number_groups, sum_by_group
from modeling.net.calibrate import Calibration
from modeling.net.concepts import CONCEPTS
from modeling.net.metrics import FIGURES, as_told, read_pairs, tell_reliability
from modeling.net.records import CATEGORIES, Record
from modeling.net.splits import band_of
from modeling.net.weighted import Bools, Floats, Ints, divide, divide_sums, make_columns, rank_correlation, rank_figures

# A figure with the two ends of its interval; None where one is not defined.
Told = list[float | None]
# With more generators their slices get no intervals: each is small, and all of them take their time.
MOST_GENERATORS = 20


class Predicted(Protocol):
    """What a model said of one record: its calibrated probability, the network's logit, and concepts that have a head and apply."""

    @property
    def p_accept(self) -> float: ...
    @property
    def logit(self) -> float: ...
    @property
    def concepts(self) -> Mapping[str, float]: ...


def evaluate(
    train: Sequence[Record],
    test: Sequence[Record],
    predictions: Mapping[str, Predicted],
    *,
    targets: Mapping[str, Mapping[str, Any]],
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """`rows`, `concepts` and `reliability` of the metrics of a run, as plain values; a figure that is not defined is None.

    `predictions` are those of test records by key. `targets` tell where the targets of each concept come from (`source`) and whether that
    is a formula (`is_formula`): then the model reproduces a formula, which is no quality. Baselines learn from `train` alone. Raises
    ValueError for a decided test record without a prediction.
    """
    decided = [record for record in test if record.accepts is not None]
    if missing := [record.example.key for record in decided if record.example.key not in predictions]:
        raise ValueError(f"{len(missing)} decided test records have no prediction, such as {missing[0]!r}")
    found = [predictions[record.example.key] for record in decided]
    y = [bool(record.accepts) for record in decided]
    p = np.array([each.p_accept for each in found], dtype=np.float64)
    raw = Calibration().apply([each.logit for each in found])
    methods = {"model": p, **predict_baselines(train, decided)}
    return {
        "rows": [row for name, chance in methods.items() for row in tell_method(name, decided, chance, draws, seed)],
        "concepts": tell_concepts(test, predictions, targets, draws, seed),
        "reliability": {"before": tell_reliability(y, raw), "after": tell_reliability(y, p)},
    }


def predict_baselines(train: Sequence[Record], test: Sequence[Record]) -> dict[str, Floats]:
    """What each baseline that can say something says of the test records; NaN where it says nothing of one."""
    found: dict[str, Floats] = {}
    if (base_rate := measure_base_rate(train)) is not None:
        found["majority"] = np.full(len(test), base_rate)
    if (logistic := fit_logistic(train)) is not None:
        found["logistic"] = logistic.predict(test)
    if not np.isnan(asked := pay_direct(test)).all():
        found["pay_direct"] = asked
    return found


def tell_method(name: str, test: Sequence[Record], p: Floats, draws: int, seed: int) -> list[dict[str, Any]]:
    """The rows of one method: of all test records, and by category, price band and generator, of those of which it says something."""
    said = np.flatnonzero(~np.isnan(p))
    records = [test[place] for place in said.tolist()]
    accepts = np.array([bool(record.accepts) for record in records], dtype=np.bool_)
    table = []
    slices = slice_records(records)
    generators = sum(title.startswith("generator:") for title in slices)
    for title, rows in slices.items():
        drawn = 0 if title.startswith("generator:") and generators > MOST_GENERATORS else draws
        figures = tell_figures(accepts[rows], p[said][rows], [records[row].group for row in rows], draws=drawn, seed=seed)
        table.append({"method": name, "slice": title, "n": len(rows), "accepted": int(accepts[rows].sum()), "figures": figures})
    return table


def slice_records(records: Sequence[Record]) -> dict[str, Ints]:
    """The places of the records of each slice by title, in the order in which they are told; slices without records are left out."""
    orders = [record.example.order for record in records]
    sides: list[tuple[str, list[str], Sequence[str]]] = [
        ("category", [order.category for order in orders], CATEGORIES),
        ("price", [band_of(order.price_usd) for order in orders], ("low", "middle", "high")),
        ("generator", generators := [record.generator for record in records], sorted(set(generators))),
    ]
    found = {"all": np.arange(len(records))}
    for side, values, names in sides:
        by_name = {name: np.flatnonzero(np.array(values, dtype=np.str_) == name) for name in names}
        found |= {f"{side}:{name}": rows for name, rows in by_name.items() if len(rows)}
    return found


def tell_figures(accepts: Bools, p: Floats, groups: Sequence[str], *, draws: int, seed: int) -> dict[str, Told]:
    """Every one of FIGURES as [value, low, high] (95 %), from draws of groups."""
    y, chance = read_pairs(accepts, p)
    codes, count = number_groups(groups)
    sums = sum_by_group(make_columns(y, chance), codes, count)

    def measure(counts: Floats) -> dict[str, Floats]:
        return {**divide_sums(counts @ sums), **rank_figures(y, chance, counts[:, codes])}

    return bound_figures(measure, FIGURES, count, draws, seed)


def bound_figures(
    measure: Callable[[Floats], Mapping[str, Floats]], names: Sequence[str], count: int, draws: int, seed: int
) -> dict[str, Told]:
    """[value, low, high] of each figure that `measure` gives for counts of groups, shape (draws, count)."""
    whole = measure(np.ones((1, count)))
    blocks = [measure(counts) for counts in draw_counts(count, draws, seed)]
    told: dict[str, Told] = {}
    for name in names:
        drawn = np.concatenate([block[name] for block in blocks]) if blocks else np.empty(0)
        value = as_told(whole[name][0])
        interval = None if value is None else find_interval(drawn, count)
        told[name] = [value, *(interval or (None, None))]
    return told


def tell_concepts(
    test: Sequence[Record], predictions: Mapping[str, Predicted], targets: Mapping[str, Mapping[str, Any]], draws: int, seed: int
) -> list[dict[str, Any]]:
    """Of each concept with a head and a known target: how well predicted values follow the targets, and how far they are off."""
    told = []
    for concept in CONCEPTS:
        has_head = any(concept in each.concepts for each in predictions.values())
        if concept not in targets or not has_head:
            continue
        pairs = [
            (each.concepts[concept], record.concepts[concept], record.group)
            for record in test
            if concept in record.concepts and (each := predictions.get(record.example.key)) is not None and concept in each.concepts
        ]
        source = {"source": targets[concept]["source"], "is_formula": bool(targets[concept]["is_formula"])}
        told.append({"concept": concept, **source, "n": len(pairs), **tell_closeness(pairs, draws, seed)})
    return told


def tell_closeness(pairs: Sequence[tuple[float, float, str]], draws: int, seed: int) -> dict[str, Told]:
    """Spearman's correlation and mean absolute error of (predicted, target, group), each as [value, low, high]."""
    predicted, target = (np.array([pair[side] for pair in pairs], dtype=np.float64) for side in (0, 1))
    codes, count = number_groups([group for *_, group in pairs])
    sums = sum_by_group(np.column_stack([np.ones(len(pairs)), np.abs(predicted - target)]), codes, count)

    def measure(counts: Floats) -> dict[str, Floats]:
        totals = counts @ sums
        return {"spearman": rank_correlation(predicted, target, counts[:, codes]), "mae": divide(totals[:, 1], totals[:, 0])}

    return bound_figures(measure, ("spearman", "mae"), count, draws, seed)

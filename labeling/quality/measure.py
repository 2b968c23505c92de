"""What is told of a set of pairs: how many there are, and the coefficients where they are enough to say anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from labeling.agreement import Estimate, estimate, sum_items
from labeling.quality.pairs import Pairs

# Below this a value moves by several points with each new pair.
FEWEST_PAIRS = 50
FEW_PAIRS = "few_pairs"
# The sample of the paper: percent agreement over 2,000 doubly labelled images (ServImage, Sec. 3.2).
SAMPLE = 2000


def measure(pairs: Pairs, seed: int) -> dict[str, Any]:
    """`pairs`, `equal`, `tasks` and, if there are at least `FEWEST_PAIRS`, `values` by name of the coefficient; else `withheld`, why not.

    A value is [estimate, low, high], None where it is not defined, or where `labeling.agreement.estimate` gives no interval.
    """
    if len(pairs) < FEWEST_PAIRS:
        return count(pairs) | {"withheld": FEW_PAIRS}
    values = estimate(sum_items(pairs.labels, pairs.tasks), seed)
    return count(pairs) | {"values": {name: as_list(value) for name, value in values.items()}}


def as_list(value: Estimate) -> list[float | None]:
    """An estimate as JSON keeps it; six digits are more than any of it is worth."""
    return [None if number is None else round(number, 6) for number in (value.value, value.low, value.high)]


def measure_sample(pairs: Pairs, seed: int) -> dict[str, Any]:
    """`measure` over `SAMPLE` pairs drawn with `seed`; withheld while there are fewer."""
    if len(pairs) < SAMPLE:
        return count(pairs) | {"wanted": SAMPLE, "seed": seed, "withheld": FEW_PAIRS}
    drawn = np.random.default_rng(seed).choice(len(pairs), size=SAMPLE, replace=False)
    return measure(pairs.those(np.sort(drawn)), seed) | {"wanted": SAMPLE, "seed": seed}


def count(pairs: Pairs) -> dict[str, Any]:
    """How many pairs there are, how many of them are equal, and of how many tasks they are."""
    return {"pairs": len(pairs), "equal": int(pairs.are_equal.sum()), "tasks": len(np.unique(pairs.tasks))}

"""How the decided candidates of a snapshot divide by category, price and generator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from labeling.price_bands import band_of

# Of each part how many decisions there are, and how many of them are accepted.
Divided = dict[str, dict[str, list[int]]]


def count_divided(lines: Iterable[Mapping[str, Any]], tasks: Mapping[tuple[str, int], Mapping[str, Any]]) -> Divided:
    """By `category:…`, `price:…` and `generator:…` the [decided, accepted] of each part; `tasks` are told by name and version."""
    found: Divided = {}
    for line in lines:
        if line["accepts"] is None:
            continue
        task = tasks[line["task"], line["version"]]
        band = band_of(Decimal(str(task["price_usd"])))
        for name in (f"category:{task['category']}", f"price:{band}", f"generator:{line['generator']}"):
            counted = found.setdefault(name, {}).setdefault(line["part"], [0, 0])
            counted[0] += 1
            counted[1] += line["accepts"]
    return dict(sorted(found.items()))

"""Where a new bundle stands in a project's order."""

from __future__ import annotations

import random
from collections.abc import Sequence

PLACES = 1 << 40


def place_bundle(existing: Sequence[int], total: int, rng: random.Random) -> int:
    """A random place in [0, 2^40) at least 1/(2 `total`) of the circular range from every one of `existing`.

    `existing` are the places of the same task's bundles, `total` how many it will have, more than there are now. Of
    n < total places some gap is at least 1/n wide, so there is always room. Raises ValueError where `total` is too small.
    """
    if len(existing) >= total:
        raise ValueError(f"{len(existing)} bundles are placed already, so there cannot be {total} in all")
    if not existing:
        return rng.randrange(PLACES)
    room = -(-PLACES // (2 * total))
    places = sorted(existing)
    ends = [*places[1:], places[0] + PLACES]
    gaps = [(low, high) for low, high in zip(places, ends, strict=True) if high - low >= 2 * room]
    low, high = rng.choice(gaps)
    return rng.randint(low + room, high - room) % PLACES

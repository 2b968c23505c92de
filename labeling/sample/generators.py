"""The four image generators of the sample, invented like everything else in it, and how often each goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from labeling.generators import KnownGenerator
from labeling.sample.orders import SampleOrder

EDITS_ONLY, SETS_ONLY = frozenset({"leaks"}), frozenset({"stray"})


@dataclass(frozen=True, kw_only=True)
class SampleGenerator:
    """A generator and the share of its pictures that each flaw befalls."""

    known: KnownGenerator
    rates: Mapping[str, float]


def _make(slug: str, name: str, price_usd: str, **rates: float) -> SampleGenerator:
    known = KnownGenerator(slug=f"sample-{slug}", name=f"{name} (made up)", price_usd=Decimal(price_usd))
    return SampleGenerator(known=known, rates=rates)


GENERATORS = (
    _make("aurora", "Aurora Canvas 3", "0.042", garbled=0.06, bare=0.06, leaks=0.06, stray=0.06),
    _make("brushwind", "Brushwind XL", "0.034", garbled=0.55, bare=0.12, leaks=0.2, stray=0.15),
    _make("lumen", "Lumen Mini", "0.012", soft=0.45, blocks=0.3, dull=0.2, bare=0.12),
    _make("chroma", "Chroma Turbo", "0.021", tint=0.45, size=0.3, leaks=0.35, stray=0.35, dull=0.1),
)


def choose_flaws(generator: SampleGenerator, order: SampleOrder, number: int) -> frozenset[str]:
    """What goes wrong with this deliverable; the same at every start. Flaws that cannot occur in the order are left out."""
    rng = Random(f"{generator.known.slug} {order.task_id} {number}")
    drawn = {flaw for flaw, rate in generator.rates.items() if rng.random() < rate}
    drawn -= EDITS_ONLY if not order.is_editing else frozenset()
    drawn -= SETS_ONLY if len(order.pieces) == 1 or order.is_editing else frozenset()
    return frozenset(drawn)

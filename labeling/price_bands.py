"""Three bands of prices."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

# The terciles of the prices of ServImageBench's 1,070 tasks, in USD: also the bounds of its splits by price.
LOW, HIGH = Decimal("69.44"), Decimal("277.78")


class PriceBand(models.TextChoices):
    LOW = "low", _("up to $69.44")
    MIDDLE = "middle", _("$69.44 to $277.78")
    HIGH = "high", _("above $277.78")


def band_of(price_usd: Decimal) -> PriceBand:
    """The band a task of this price is in."""
    if price_usd <= LOW:
        return PriceBand.LOW
    return PriceBand.MIDDLE if price_usd <= HIGH else PriceBand.HIGH


def price_range(band: str) -> tuple[Decimal | None, Decimal | None]:
    """The prices of a band: above the first, up to the second; None where it has no such bound."""
    return {PriceBand.LOW: (None, LOW), PriceBand.MIDDLE: (LOW, HIGH), PriceBand.HIGH: (HIGH, None)}[PriceBand(band)]

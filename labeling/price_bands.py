"""Three bands of prices."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
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


def in_band(band: str) -> Q:
    """Whether a task's price is in this band."""
    return {
        PriceBand.LOW: Q(price_usd__lte=LOW),
        PriceBand.MIDDLE: Q(price_usd__gt=LOW, price_usd__lte=HIGH),
        PriceBand.HIGH: Q(price_usd__gt=HIGH),
    }[PriceBand(band)]

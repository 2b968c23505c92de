"""From a measure to a share."""


def fall(value: float, fine: float, lost: float) -> float:
    """1 where `value` is at `fine` or on its good side, 0 at `lost` or beyond, on a straight line between; `fine` is not `lost`."""
    return min(1.0, max(0.0, (lost - value) / (lost - fine)))

"""Up to when people see figures that others have a part in: a rule that does not look at what anybody said.

Two equal answers settle a candidate at once, two different ones wait for an adjudication. So what is settled by now agrees more often than
what people said, and figures of it would flatter. They are taken of whole days instead, up to the first one of which something waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from labeling.quality.labels import CLOSED_AFTER, Labels, pair_labels

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# A pair that has waited for so long holds up nobody any more, while such pairs are no more than this share of those that are counted.
GIVEN_UP_AFTER, MOST_GIVEN_UP = timedelta(days=30), 0.01


def find_closed_days(labels: Labels, now: datetime) -> tuple[Bools, bool]:
    """Which labels are about closed candidates whose pair was complete before the cut-off; and whether disputes hold that up.

    The cut-off is the last midnight before which no pair waits, but for those given up.
    """
    pairs = pair_labels(labels)
    firsts = pairs.guidelines[:, 0]
    complete, waits = labels.at[pairs.guidelines].max(axis=1, initial=0), labels.waits[firsts]
    until = find_cutoff(complete, waits, now)
    chosen = pairs.candidates[labels.closed[firsts] & (complete < until)]
    is_held_up = bool((waits & (complete >= until) & (complete < (now - CLOSED_AFTER).timestamp())).any())
    return labels.closed & np.isin(labels.candidates, chosen), is_held_up


def find_cutoff(complete: Ints, waits: Bools, now: datetime) -> float:
    """The second before which pairs count, of pairs complete at these seconds of which some wait; infinite if none holds up.

    Among the midnights before waiting pairs it is the latest before which all that wait are given up and few enough.
    """
    waiting, ordered = np.sort(complete[waits]), np.sort(complete)
    long_ago = (now - GIVEN_UP_AFTER).timestamp()
    for until in [np.inf, *sorted({find_midnight(int(at)) for at in waiting}, reverse=True)]:
        left = waiting[waiting < until]
        if not len(left) or (left[-1] < long_ago and len(left) <= MOST_GIVEN_UP * np.searchsorted(ordered, until)):
            return float(until)
    return -np.inf


def find_midnight(at: int) -> float:
    """The beginning of the day of a second since 1970, in the site's time zone."""
    moment = datetime.fromtimestamp(at, tz=timezone.get_current_timezone())
    return moment.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

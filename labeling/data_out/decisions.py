"""The decisions of candidates as of an event."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Func

from labeling.among import Ids
from labeling.models import Decision
from labeling.moment import Moment


class DecisionAsOf(NamedTuple):
    """A decision: accept or reject, how it was reached, in which round and when."""

    verdict: str
    how: str
    round: int
    decided_at: datetime


# In the order of the fields above.
COLUMNS: tuple[str | Func, ...] = ("verdict", "how", "round", Moment("decided_at"))


def read_decisions(candidate_ids: Collection[int], cutoff: int) -> dict[int, DecisionAsOf]:
    """The decision of each candidate that had one right after event `cutoff`."""
    rows = Decision.objects.as_of(cutoff).filter(candidate__among=Ids(candidate_ids)).values_list("candidate_id", *COLUMNS)
    return {candidate_id: DecisionAsOf(*values) for candidate_id, *values in rows}


def read_earlier(candidate_ids: Collection[int], cutoff: int) -> dict[int, list[DecisionAsOf]]:
    """The decisions of each candidate that no longer stood right after event `cutoff`, oldest first."""
    earlier: dict[int, list[DecisionAsOf]] = {}
    rows = Decision.objects.revoked_as_of(cutoff).filter(candidate__among=Ids(candidate_ids))
    for candidate_id, *values in rows.values_list("candidate_id", *COLUMNS):
        earlier.setdefault(candidate_id, []).append(DecisionAsOf(*values))
    return earlier

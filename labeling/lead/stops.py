"""What became of suggestions that were switched off, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from labeling.models import Policy


def tell_stop(data: Mapping[str, Any]) -> str:
    """Why suggestions were switched off, of the data of the event that says so."""
    values = {name: number_format(round(data[name], 1), 1) for name in ("value", "low", "high")}
    values |= {
        "version": data["version"],
        "counted": number_format(data["counted"], force_grouping=True),
        "limit": str(data["stop_points"]),
    }
    if data["policy"] == Policy.MEASURED:
        return (
            _(
                "Over %(counted)s pairs of answers, those who saw the suggestion of %(version)s were wrong more often by %(value)s points "
                "(%(low)s to %(high)s) than those who did not: more than the %(limit)s points set in the settings."
            )
            % values
        )
    return (
        _(
            "Over %(counted)s answers to gold, people who had seen the suggestion of %(version)s were wrong more often by %(value)s points "
            "(%(low)s to %(high)s): more than the %(limit)s points set in the settings."
        )
        % values
    )

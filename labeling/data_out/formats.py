"""The formats an export can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.data_out.as_of import Page
from labeling.data_out.full import render_full
from labeling.data_out.lines import Lines
from labeling.data_out.servimage import render_servimage


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: `version` is that of docs/schemas/<name>.schema.json, `filters` what is in the file, for the manifest."""

    name: str
    version: int
    filters: Mapping[str, Any]
    lists_incomplete: bool
    summary: str | Promise
    render: Callable[[Page], Lines]

    @property
    def file(self) -> str:
        """The name of the data file in the folder of an export."""
        return f"{self.name}.jsonl"


FORMATS = {
    "servimage": Format(
        name="servimage",
        version=1,
        filters={"states": ["settled"], "samples": "submitted", "tasks": "complete"},
        lists_incomplete=True,
        summary=_("ServImage's annotation file: one line per generator and task, those with a decision for every deliverable."),
        render=render_servimage,
    ),
    "full": Format(
        name="full",
        version=1,
        filters={"states": ["open", "disputed", "settled", "held", "withdrawn"], "samples": "all", "tasks": "all"},
        lists_incomplete=False,
        summary=_("Everything: one line per candidate with its decision and every answer, people under pseudonyms."),
        render=render_full,
    ),
}

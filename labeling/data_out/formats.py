"""The formats an export can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.data_out.as_of import Page
from labeling.data_out.dataset import METADATA, render_dataset
from labeling.data_out.framing import JSON_ARRAY, JSON_LINES, Framing
from labeling.data_out.full import render_full
from labeling.data_out.label_studio import CONFIG, HOW_TO, README, TASKS, render_config, render_label_studio
from labeling.data_out.lines import Lines
from labeling.data_out.long import CSV, render_long
from labeling.data_out.servimage import render_servimage


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What is in a zip besides pictures: the rows as the file `rows`, and files that are always the same."""

    rows: str
    extra: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: `version` is that of docs/schemas/<name>.schema.json, `filters` what is in the file, for the manifest.

    `file` is the name of the data file in the folder of an export: the rows in their `framing`, or an `archive` with them.
    """

    name: str
    version: int
    file: str
    content_type: str
    filters: Mapping[str, Any]
    lists_incomplete: bool
    summary: str | Promise
    render: Callable[[Page], Lines]
    framing: Framing = JSON_LINES
    archive: Archive | None = None


NDJSON, ZIP = "application/x-ndjson", "application/zip"
FORMATS = {
    "servimage": Format(
        name="servimage",
        version=1,
        file="servimage.jsonl",
        content_type=NDJSON,
        filters={"states": ["settled"], "samples": "submitted", "tasks": "complete"},
        lists_incomplete=True,
        summary=_("ServImage's annotation file: one line per generator and task, those with a decision for every deliverable."),
        render=render_servimage,
    ),
    "full": Format(
        name="full",
        version=1,
        file="full.jsonl",
        content_type=NDJSON,
        filters={"states": ["open", "disputed", "settled", "held", "withdrawn"], "samples": "all", "tasks": "all"},
        lists_incomplete=False,
        summary=_("Everything: one line per candidate with its decision and every answer, people under pseudonyms."),
        render=render_full,
    ),
    "long": Format(
        name="long",
        version=1,
        file="long.csv",
        content_type="text/csv; charset=utf-8",
        filters={"states": ["open", "disputed", "settled", "held", "withdrawn"], "samples": "all", "tasks": "all", "answers": "blind"},
        lists_incomplete=False,
        summary=_("A table for agreement tools (CSV): one line per counted answer of the two annotators, given without a suggestion."),
        render=render_long,
        framing=CSV,
    ),
    "label-studio": Format(
        name="label-studio",
        version=1,
        file="label-studio.zip",
        content_type=ZIP,
        filters={"states": ["open", "disputed", "settled", "held"], "samples": "all", "tasks": "all", "candidates": "pictured"},
        lists_incomplete=False,
        summary=_(
            "A project for Label Studio (zip): one task per candidate with its picture and answers, and the labelling configuration."
        ),
        render=render_label_studio,
        framing=JSON_ARRAY,
        archive=Archive(rows=TASKS, extra={CONFIG: render_config(), README: HOW_TO}),
    ),
    "dataset": Format(
        name="dataset",
        version=1,
        file="dataset.zip",
        content_type=ZIP,
        filters={"states": ["settled"], "samples": "all", "tasks": "all", "candidates": "pictured"},
        lists_incomplete=False,
        summary=_(
            "Pictures with their decisions (zip): the folder that Hugging Face's datasets loads as “imagefolder”, settled candidates only."
        ),
        render=render_dataset,
        archive=Archive(rows=METADATA),
    ),
}

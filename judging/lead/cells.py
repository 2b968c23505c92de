"""One score as pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from judging.lead.concepts import Range, name_flag, range_of, show_value
from judging.lead.words import name_concept, name_why
from judging.models import Score
from labeling.models import Candidate, Verdict


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One concept as one judge version sees it. `value` is None where there is none, for the reason in `why` (its code) and `shown`.

    `shown` is the value or that reason in words, `comment` the judge's own words, `notes` what else it said. `of_bundle`: told of the
    whole bundle; `own`, `own_comment` and `own_flags` are then what the judge gave this picture alone. `is_earlier`: about a picture or
    a task that has changed since.
    """

    concept: str
    label: str
    range: Range
    value: float | None
    shown: str
    why: str = ""
    comment: str = ""
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    own: float | None = None
    own_comment: str = ""
    own_flags: tuple[str, ...] = ()
    of_bundle: bool = False
    is_earlier: bool = False


def make_cell(score: Score, candidate: Candidate, is_earlier: bool) -> Cell:
    """A score of `candidate` or its bundle."""
    of, row = range_of(score.concept), find_own_row(score.detail, candidate)
    flags, own_flags = name_flags(score.detail.get("flags")), name_flags(row.get("flags"))
    return Cell(
        concept=score.concept,
        label=name_concept(score.concept),
        range=of,
        value=score.value,
        shown=name_why(score.why) if score.value is None else show_value(score.value, of.kind),
        why=score.why,
        comment=score.comment,
        flags=flags + own_flags,
        notes=tuple(list_notes(score.detail)),
        own=row.get("score"),
        own_comment=str(row.get("reason", "")),
        own_flags=own_flags,
        of_bundle=score.candidate_id is None,
        is_earlier=is_earlier,
    )


def name_flags(flags: Any) -> tuple[str, ...]:
    """Flags in words."""
    return tuple(name_flag(str(flag)) for flag in as_list(flags))


def list_notes(detail: Mapping[str, Any]) -> list[str]:
    """What the detail of a score adds to its value, in words."""
    notes = []
    if detail.get("verdict") in Verdict.values:
        notes.append(_("says: %(verdict)s") % {"verdict": Verdict(detail["verdict"]).label})
    if detail.get("probability_from") == "stated":
        notes.append(_("as the judge states it"))
    elif detail.get("probability_from") == "logits":
        notes.append(_("from how likely the judge is to say yes"))
    if detail.get("photographic") is False:
        notes.append(_("not a photograph: this scale is hard on it"))
    return notes


def find_own_row(detail: Mapping[str, Any], candidate: Candidate) -> Mapping[str, Any]:
    """What a score of a bundle says of this candidate alone; empty where it says nothing. Imported rows know the deliverable only."""
    for row in as_list(detail.get("images")):
        if isinstance(row, Mapping) and is_row_of(row, candidate):
            return row
    return {}


def is_row_of(row: Mapping[str, Any], candidate: Candidate) -> bool:
    """Whether `row` is about this candidate."""
    if row.get("sample") is not None:
        return bool(row["sample"] == candidate.pk)
    return bool(row.get("number") == candidate.deliverable.number)


def as_list(value: Any) -> list[Any]:
    """`value` if it is a list; what others imported may be anything."""
    return value if isinstance(value, list) else []

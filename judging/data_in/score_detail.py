"""What stands beside a score, flags and points met, in the form that judges of the site give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from judging.data_in.score_file import ScoreRow
from judging.models import Score
from judging.rubrics.servimage_score.aggregate import points_met
from labeling.models import Candidate


@dataclass(frozen=True, kw_only=True)
class Found:
    """A line of the file and the candidate that it is about."""

    row: ScoreRow
    candidate: Candidate


def own_detail(item: Found, concept: str) -> dict[str, Any]:
    """What a line says of one image beside its score of `concept`; empty where it says nothing."""
    detail: dict[str, Any] = {}
    if concept in item.row.flags:
        detail["flags"] = list(item.row.flags[concept])
    if concept == "brf" and item.row.points is not None:
        detail["scores"] = list(item.row.points)
    return detail


def make_entry(item: Found, concept: str) -> dict[str, Any]:
    """What a line says of one image, as the detail of a score of the bundle has it."""
    return {"number": item.row.key.deliverable, "sample": item.candidate.pk, **own_detail(item, concept)}


def find_entries(score: Score) -> dict[int, dict[str, Any]]:
    """What the detail of a score of a bundle says of each image, by candidate."""
    return {entry["sample"]: entry for entry in score.detail.get("images", [])}


def make_detail(concept: str, entries: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """The detail of a score of a bundle in the form that judges of the site give it; a point is met where any image meets it."""
    if not entries:
        return {}
    images = sorted(entries.values(), key=lambda entry: (entry["number"], entry["sample"]))
    rows = [entry["scores"] for entry in images if "scores" in entry]
    return {**({"points": points_met(rows)} if concept == "brf" and rows else {}), "images": images}

"""The range in which each concept is told, their order on pages, and flags in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext_lazy as _

from judging.lead.words import CONCEPTS
from judging.rubrics.base import Why
from labeling.models import Concept
from labeling.suggested import tell_percent

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class Range:
    """The least and the highest value of a concept, and whether that is points of a scale or a share."""

    low: float = 0
    high: float = 5
    kind: Literal["points", "share", "probability"] = "points"


P_ACCEPT, HARD_RULES = "p_accept", "hard_rules"
# BRF and VEQ begin at 0, CNS at 1, as the paper's prompts have it.
RANGES = {
    Concept.CNS_EDIT: Range(low=1),
    Concept.CNS_SET: Range(low=1),
    P_ACCEPT: Range(high=1, kind="probability"),
    HARD_RULES: Range(high=1, kind="share"),
}
ORDER = {concept: place for place, concept in enumerate(CONCEPTS)}
# Reasons that are the task's, not the judge's doing.
DOES_NOT_APPLY = frozenset({Why.NOT_APPLICABLE, Why.NO_POINTS})
FLAGS: dict[str, StrOrPromise] = {
    "non_edit_changed": _("something outside the edit changed"),
    "edge_seam": _("seam around the edit"),
    "subject_drift": _("shape or proportions changed"),
    "lighting_conflict": _("light does not match"),
    "perspective_broken": _("perspective does not match"),
    "texture_damaged": _("surface detail lost"),
    "color_shift": _("colours shifted"),
    "identity_lost": _("no longer the same person or product"),
    "style_inconsistent": _("another style"),
    "color_palette_broken": _("other colours"),
    "layout_divergent": _("another layout"),
    "brand_unstable": _("logo, product or character differs"),
    "contrast_varies": _("other contrast"),
    "texture_inconsistent": _("other materials"),
    "spacing_inconsistent": _("other spacing"),
}


def range_of(concept: str) -> Range:
    """The range of a concept; one that only its rubric knows is taken to go from 0 to 5."""
    return RANGES.get(concept, Range())


def place_of(concept: str) -> tuple[int, str]:
    """Where a concept stands among others: those unknown here come last, by name."""
    return ORDER.get(concept, len(ORDER)), concept


def name_flag(flag: str) -> str:
    """A flag in words."""
    return str(FLAGS.get(flag, flag))


def show_value(value: float, kind: str = "points") -> str:
    """A value as text: shares and probabilities in percent, points to one decimal."""
    if kind == "probability":
        return tell_percent(value)
    return f"{100 * value:.0f} %" if kind == "share" else floatformat(value, 1)

"""What rubrics, parts, concepts, backends' limits and reasons are called where people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from judging.rubrics.base import Why
from labeling.models import Concept

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RUBRICS: dict[str, StrOrPromise] = {
    "servimage_score": _("ServImageScore"),
    "q_judger": _("Q-Judger"),
    "image_doctor": _("ImageDoctor"),
    "pay_direct": _("asked straight out: pay or not"),
    "hard_rules": _("hard rules"),
    "classical": _("classical image measures, a baseline"),
}

PARTS: dict[str, StrOrPromise] = {
    "brf": _("meets the brief"),
    "veq_technical": _("clarity and realism"),
    "veq_aesthetic": _("looks"),
    "veq_text": _("text"),
    "cns_edit": _("edit stays within bounds"),
    "cns_set": _("fits its set"),
    "pay": _("pay or not"),
    "rules": _("hard rules"),
    "measures": _("measures"),
}

CONCEPTS: dict[str, StrOrPromise] = {
    **{concept.value: concept.label for concept in Concept},
    "p_accept": _("probability of acceptance"),
    "hard_rules": _("hard rules met"),
}

# Each goes on from "no score: ".
WHY: dict[str, StrOrPromise] = {
    Why.NOT_APPLICABLE: _("does not apply"),
    Why.NO_POINTS: _("the task has no evaluation points"),
    Why.TOO_MANY_IMAGES: _("more pictures than the backend takes in one request"),
    Why.PICTURE_LOST: _("a picture is missing from the storage"),
    Why.NO_JSON: _("no JSON in the reply"),
    Why.WRONG_SHAPE: _("the JSON is not of the form asked for"),
    Why.WRONG_COUNT: _("not as many verdicts as were asked for"),
    Why.OUT_OF_RANGE: _("a number outside its range"),
    Why.CUT_OFF: _("the reply ends in the middle"),
    Why.REFUSED: _("the model refused to answer"),
    Why.REJECTED: _("the server would not take this question"),
    Why.UNAVAILABLE: _("no reply after all attempts"),
    Why.NO_REPLY_STORED: _("no reply is stored"),
    Why.CANNOT_SPEAK: _("this judge cannot tell"),
}


def name_rubric(rubric: str) -> str:
    """A rubric in words."""
    return str(RUBRICS.get(rubric, rubric))


def name_part(part: str) -> str:
    """A part of a rubric in words."""
    return str(PARTS.get(part, part))


def name_concept(concept: str) -> str:
    """A concept in words."""
    return str(CONCEPTS.get(concept, concept))


def name_why(why: str) -> str:
    """Why there is no score or no value, in words; empty where there is one."""
    return str(WHY.get(why, why))


def explain_forced(what: str) -> str:
    """What a plan says about a part beside its questions (`chunks`, `sheet` or a reason not to ask), in words."""
    if what == "chunks":
        return gettext("more pictures than fit into one request: asked in several, put together afterwards")
    if what == "sheet":
        return gettext("more pictures than fit into one request: sent together as one numbered sheet")
    return gettext("not asked: %(why)s") % {"why": name_why(what)}

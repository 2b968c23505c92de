"""Consistency of an edited picture with its source: what was not to be changed is unchanged."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator

from judging.material import Material, Sample
from judging.rubrics.base import Ask, CannotAsk, Limits, Value, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json
from judging.rubrics.layouts import fit_pictures
from judging.rubrics.servimage_score.part import Consistency, Part, cannot_ask
from judging.rubrics.wording import SYSTEM, quote_brief

NAME = "cns_edit"
EditFlag = Literal[
    "non_edit_changed",
    "edge_seam",
    "subject_drift",
    "lighting_conflict",
    "perspective_broken",
    "texture_damaged",
    "color_shift",
    "identity_lost",
]
MAX_TOKENS = 400


class EditReply(JsonReply):
    reason: Reason
    flags: Annotated[list[EditFlag], AfterValidator(lambda flags: list(dict.fromkeys(flags)))]
    score: Consistency


def write_prompt(material: Material, layout: str) -> str:
    """The question about an edited picture and its source, shown in this order."""
    shown = "one sheet with two pictures; the number of each is written in the strip above it" if layout == "sheet" else "two pictures"
    return f"""\
You see {shown}. Picture 1 is an edited picture, picture 2 is the source it was made from. The client asked for this edit:
{quote_brief(material.name, material.brief)}

How well does picture 1 keep what the edit was not to touch, and how well does what was edited fit in? A change that the client asked \
for is no inconsistency. Score from 1 to 5; halves are allowed.
5 everything else is as in the source and the edit is seamless; 4 small differences found by close comparison; 3 noticeable \
differences, the subject is still the same; 2 the subject or much of the surroundings has changed; 1 hardly related to the source.

"flags": all that apply, or an empty list:
non_edit_changed: something outside the edit was changed; edge_seam: visible seams or halos around the edit; subject_drift: shape, pose \
or proportions of the subject changed; lighting_conflict: light or shadow of edited and kept parts contradict each other; \
perspective_broken: perspective or scale of edited and kept parts do not match; texture_damaged: skin, hair, fabric or material lost \
its detail; color_shift: colours of kept parts changed; identity_lost: a person or product can no longer be recognised as the same.

Reply with JSON of this shape:
{{"reason": "...", "flags": ["...", ...], "score": 1 to 5}}
The flags are: {", ".join(get_args(EditFlag))}."""


def ask(material: Material, limits: Limits) -> list[Ask | CannotAsk]:
    """The question about each candidate of an editing task that has its source; it does not apply to any other."""
    return [ask_sample(material, limits, sample) for sample in material.samples]


def ask_sample(material: Material, limits: Limits, sample: Sample) -> Ask | CannotAsk:
    """The question about one candidate: the edited picture, then the source."""
    if not (material.is_editing and material.sources):
        return cannot_ask(NAME, sample.key, Why.NOT_APPLICABLE)
    fit = fit_pictures(2, limits)
    if fit is None:
        return cannot_ask(NAME, sample.key, Why.TOO_MANY_IMAGES)
    return Ask(
        part=NAME,
        sample=sample.key,
        pictures=(sample.picture, material.sources[0]),
        samples=(sample.key,),
        side_px=fit.side_px,
        layout=fit.layout,
        system=SYSTEM,
        prompt=write_prompt(material, fit.layout),
        schema=EditReply,
        parse=partial(parse, layout=fit.layout),
        max_tokens=MAX_TOKENS,
    )


def parse(reply: str, *, layout: str) -> dict[str, Any]:
    """Score in [1, 5], flags each once, reason, and how the pictures were shown. Raises Unusable."""
    return {**read_json(reply, EditReply).model_dump(), "layout": layout}


def score(_material: Material, sample: int | None, chunks: list[dict[str, Any]]) -> list[Value]:
    """Consistency of one edited candidate, 1 to 5 as the judge gave it; the flags in `detail`."""
    read = chunks[0]
    detail = {"flags": read["flags"], "layout": read["layout"]}
    return [Value(concept="cns_edit", sample=sample, value=read["score"], comment=read["reason"], detail=detail)]


PART = Part(name=NAME, concepts=("cns_edit",), ask=ask, score=score)

"""Consistency of the pictures of a bundle with each other, for tasks with several deliverables."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator

from judging.material import Material
from judging.rubrics.base import Ask, CannotAsk, Limits, Unusable, Value, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json
from judging.rubrics.layouts import Fit, fit_pictures
from judging.rubrics.servimage_score.aggregate import cns_set_score
from judging.rubrics.servimage_score.part import Consistency, Part, cannot_ask, check_numbers, deliverable_numbers
from judging.rubrics.wording import SYSTEM, number_lines, quote, quote_brief

NAME = "cns_set"
SetFlag = Literal[
    "style_inconsistent",
    "color_palette_broken",
    "layout_divergent",
    "brand_unstable",
    "contrast_varies",
    "texture_inconsistent",
    "spacing_inconsistent",
]
# Room for a reply: what is said of one picture, and what surrounds it.
TOKENS_PER_PICTURE, TOKENS_AROUND = 120, 128


class JudgedPicture(JsonReply):
    image: int
    reason: Reason
    flags: Annotated[list[SetFlag], AfterValidator(lambda flags: list(dict.fromkeys(flags)))]
    score: Consistency


class SetReply(JsonReply):
    images: list[JudgedPicture]


def write_prompt(material: Material, layout: str) -> str:
    """The question about all pictures of the bundle, each sent by itself or all on one sheet."""
    count = len(material.samples)
    shown = (
        f"one sheet with {count} pictures; the number of each is written in the strip above it"
        if layout == "sheet"
        else f"{count} pictures, numbered from 1 in the order shown"
    )
    return f"""\
You see {shown}. They were made as one set for an order with this brief:
{quote_brief(material.name, material.brief)}

What each picture is meant to be:
{quote("deliverables", number_lines(sample.deliverable for sample in material.samples))}

How well does each picture belong to the set: style, palette, layout, brand marks, contrast, texture, spacing? Different content is no \
inconsistency, and neither is a difference that the client asked for. Judge each picture against the others, from 1 to 5; halves are \
allowed.
5 plainly of one set; 4 small differences; 3 related, but several things differ; 2 hardly related; 1 looks like another order.

"flags": all that apply to that picture, or an empty list:
style_inconsistent: drawn, shot or rendered in another style; color_palette_broken: other colours than the set; layout_divergent: \
another layout or framing; brand_unstable: logo, name, product or character is not the same; contrast_varies: lighter, darker or of other \
contrast; texture_inconsistent: other materials or surface detail; spacing_inconsistent: other margins and distances.

Reply with JSON of this shape, one entry for each of the {count} pictures:
{{"images": [{{"image": 1, "reason": "...", "flags": ["...", ...], "score": 1 to 5}}, ...]}}
The flags are: {", ".join(get_args(SetFlag))}."""


def ask(material: Material, limits: Limits) -> list[Ask | CannotAsk]:
    """One question about the whole bundle: pictures compared in parts would not be compared with each other."""
    if material.quantity < 2:
        return [cannot_ask(NAME, None, Why.NOT_APPLICABLE)]
    if len(material.samples) < 2:
        # The task asks for a set, but there is nothing to compare with.
        return [cannot_ask(NAME, None, Why.PICTURE_LOST)]
    fit = fit_pictures(len(material.samples), limits)
    return [ask_set(material, fit) if fit else cannot_ask(NAME, None, Why.TOO_MANY_IMAGES)]


def ask_set(material: Material, fit: Fit) -> Ask:
    """The question with all pictures, laid out as `fit` says."""
    keys = tuple(sample.key for sample in material.samples)
    return Ask(
        part=NAME,
        sample=None,
        pictures=tuple(sample.picture for sample in material.samples),
        samples=keys,
        side_px=fit.side_px,
        layout=fit.layout,
        system=SYSTEM,
        prompt=write_prompt(material, fit.layout),
        schema=SetReply,
        parse=partial(parse, samples=keys, layout=fit.layout),
        max_tokens=TOKENS_AROUND + len(keys) * TOKENS_PER_PICTURE,
    )


def parse(reply: str, *, samples: tuple[int, ...], layout: str) -> dict[str, Any]:
    """For each candidate in `samples` its score in [1, 5], flags and reason. Raises Unusable, WRONG_COUNT unless each is there once."""
    rows = read_json(reply, SetReply).images
    check_numbers([row.image for row in rows], len(samples))
    if len(rows) != len(samples):
        raise Unusable(Why.WRONG_COUNT, f"{len(rows)} of {len(samples)} pictures")
    told = {row.image: row.model_dump(exclude={"image"}) for row in rows}
    return {"rows": [{"sample": key, **told[number]} for number, key in enumerate(samples, 1)], "layout": layout}


def score(material: Material, _sample: int | None, chunks: list[dict[str, Any]]) -> list[Value]:
    """The mean over the pictures as the score of the bundle; scores, flags and reasons of each stay in `detail`."""
    numbers, read = deliverable_numbers(material), chunks[0]
    rows = [{"number": numbers.get(row["sample"]), **row} for row in read["rows"]]
    comment = "\n".join(f"{row['number']}. {row['reason']}" for row in rows)
    detail = {"images": rows, "layout": read["layout"]}
    return [Value(concept="cns_set", sample=None, value=cns_set_score([row["score"] for row in rows]), comment=comment, detail=detail)]


PART = Part(name=NAME, concepts=("cns_set",), ask=ask, score=score)

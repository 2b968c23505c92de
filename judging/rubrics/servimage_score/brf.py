"""Brief following: which evaluation points each picture of a bundle meets, strictly yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import WithJsonSchema

from judging.material import Material, Sample
from judging.rubrics.base import Ask, CannotAsk, Limits, Unusable, Value, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json, within
from judging.rubrics.layouts import SIDE_PX, cap
from judging.rubrics.servimage_score.aggregate import brf_score, points_met
from judging.rubrics.servimage_score.part import Part, cannot_ask, check_numbers, deliverable_numbers
from judging.rubrics.wording import SYSTEM, count_pictures, number_lines, quote, quote_brief

NAME = "brf"
Bit = Annotated[int, within(0, 1), WithJsonSchema({"type": "integer", "enum": [0, 1]})]
# Room for a reply: a judged point with a short reason, and what surrounds the points of a picture.
TOKENS_PER_POINT, TOKENS_PER_PICTURE, TOKENS_AROUND = 32, 32, 128


class JudgedPoint(JsonReply):
    point: int
    reason: Reason
    score: Bit


class JudgedPicture(JsonReply):
    image: int
    items: list[JudgedPoint]


class BrfReply(JsonReply):
    images: list[JudgedPicture]


def write_prompt(material: Material, pictures: int) -> str:
    """The question about `pictures` pictures, numbered from 1 in the order in which they are sent."""
    return f"""\
A client ordered pictures with this brief:
{quote_brief(material.name, material.brief)}

The client's evaluation points:
{quote("points", number_lines(material.points))}

You see {count_pictures(pictures)} made for this order, numbered from 1 in the order shown. For every picture and every point, decide \
whether that picture, looked at by itself, meets that point.
- score 1: the picture plainly and completely meets the point.
- score 0: it does not, does so in part only, or it cannot be told from the picture.
There is nothing in between and nothing is left out. Do not give credit for effort, and do not let one point, or the beauty of the \
picture, decide another. A point about words is met only if the words in the picture are right, letter by letter.
"reason": at most ten words on what is missing or wrong; "" where the score is 1.

Reply with JSON of this shape. "images" has {pictures}, one for each picture; "items" has {len(material.points)} in each of them, one for \
each point, in the order of the list:
{{"images": [{{"image": 1, "items": [{{"point": 1, "reason": "...", "score": 0 or 1}}, ...]}}, ...]}}"""


def ask(material: Material, limits: Limits) -> list[Ask | CannotAsk]:
    """The question about the bundle, in chunks of as many pictures as fit; a point is met if any picture meets it, so chunks add up."""
    if not material.points:
        return [cannot_ask(NAME, None, Why.NO_POINTS)]
    if not material.samples:
        return [cannot_ask(NAME, None, Why.PICTURE_LOST)]
    size = max(1, limits.pictures)
    chunks = [material.samples[start : start + size] for start in range(0, len(material.samples), size)]
    return [ask_chunk(material, limits, samples, number, len(chunks)) for number, samples in enumerate(chunks, 1)]


def ask_chunk(material: Material, limits: Limits, samples: Sequence[Sample], chunk: int, chunks: int) -> Ask:
    """The question about some candidates of the bundle."""
    keys, points = tuple(sample.key for sample in samples), len(material.points)
    return Ask(
        part=NAME,
        sample=None,
        chunk=chunk,
        chunks=chunks,
        pictures=tuple(sample.picture for sample in samples),
        samples=keys,
        side_px=cap(SIDE_PX, limits),
        system=SYSTEM,
        prompt=write_prompt(material, len(samples)),
        schema=BrfReply,
        parse=partial(parse, samples=keys, points=points),
        max_tokens=TOKENS_AROUND + len(samples) * (TOKENS_PER_PICTURE + points * TOKENS_PER_POINT),
    )


def parse(reply: str, *, samples: tuple[int, ...], points: int) -> dict[str, Any]:
    """One row for each candidate in `samples`: scores and reasons in the order of the points, `missing` where the reply leaves it out.

    Raises Unusable as `read_json` does, and WRONG_COUNT where a picture is told twice or does not exist, a row has not each point once
    in order, or there is no row at all.
    """
    rows = read_json(reply, BrfReply).images
    check_numbers([row.image for row in rows], len(samples))
    if not rows:
        raise Unusable(Why.WRONG_COUNT, "no picture was judged")
    told = {row.image: row for row in rows}
    return {"rows": [{"sample": key, **read_row(told.get(number), points)} for number, key in enumerate(samples, 1)]}


def read_row(row: JudgedPicture | None, points: int) -> dict[str, Any]:
    """Scores and reasons of one picture; a picture without a row meets nothing and is marked."""
    if row is None:
        return {"scores": [0] * points, "reasons": [""] * points, "missing": True}
    if [item.point for item in row.items] != list(range(1, points + 1)):
        raise Unusable(Why.WRONG_COUNT, f"picture {row.image}: points {[item.point for item in row.items]}, {points} wanted")
    return {"scores": [item.score for item in row.items], "reasons": [item.reason for item in row.items], "missing": False}


def score(material: Material, _sample: int | None, chunks: list[dict[str, Any]]) -> list[Value]:
    """BRF of the bundle; `detail` has what each picture meets, which points are met at all, and the deliverables without a row."""
    numbers = deliverable_numbers(material)
    rows = [{"number": numbers.get(row["sample"]), **row} for chunk in chunks for row in chunk["rows"]]
    met = points_met([row["scores"] for row in rows])
    detail = {"points": met, "images": rows, "missing": [row["number"] for row in rows if row["missing"]]}
    comment = "\n".join(f"{place + 1}. {find_reason(rows, place)}" for place, bit in enumerate(met) if not bit)
    return [Value(concept="brf", sample=None, value=brf_score([row["scores"] for row in rows]), comment=comment, detail=detail)]


def find_reason(rows: Sequence[dict[str, Any]], place: int) -> str:
    """Why a point that no picture meets is not met: the first reason that was given."""
    return next((row["reasons"][place] for row in rows if row["reasons"][place]), "")


PART = Part(name=NAME, concepts=("brf",), ask=ask, score=score)

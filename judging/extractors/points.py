"""The extractor `points`: an order as short sentences that can each be checked against a picture."""

from __future__ import annotations

import re
from typing import Any

from judging.extractors.base import Extractor, Order
from judging.extractors.evidence import find_quote, squeeze
from judging.rubrics.base import Unusable, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json

MOST_POINTS = 48
MAX_TOKENS = 5000
NO_LETTER = re.compile(r"[\W_]+")


class StatedPoint(JsonReply):
    point: Reason
    evidence: Reason


class PointsReply(JsonReply):
    points: list[StatedPoint]


TASK = f"""\
Write down everything that a picture made for this order can be checked for, as 1 to {MOST_POINTS} evaluation points.

- A point is one short sentence in the language of the order. It can be answered with yes or no by somebody who sees the picture: what is \
shown, words that must appear, colours, style, layout, mood.
- One thing in one point; the same thing only once. Put what must be there before what is only wished for.
- Leave out what no picture shows: deadlines, payment, file formats, sizes, how the work is done.
- Take only what the order says. Where two instructions contradict each other, the later one holds.
- "evidence" is the passage that the point comes from, copied letter by letter from the order and without leaving anything out in the \
middle. A point without such a passage is none.

Reply with JSON of this shape:
{{"points": [{{"point": "...", "evidence": "..."}}]}}"""


def read(order: Order, reply: str) -> dict[str, Any]:
    """What is proposed for the task of `order`.

    `points`: each with its `text` and the passage it comes from, `quote`. `dropped`: points left out, with the `problem`: no_evidence,
    evidence_not_found or duplicate. Raises Unusable.
    """
    said = [stated for stated in read_json(reply, PointsReply).points if stated.point]
    if not 1 <= len(said) <= MOST_POINTS:
        raise Unusable(Why.WRONG_COUNT, f"{len(said)} points; 1 to {MOST_POINTS} are wanted")
    points: list[dict[str, str]] = []
    dropped: list[dict[str, str]] = []
    seen: set[str] = set()
    for stated in said:
        item = {"text": stated.point, "quote": stated.evidence}
        if problem := find_problem(order, stated, seen):
            dropped.append({**item, "problem": problem})
        else:
            seen.add(bare(stated.point))
            points.append(item)
    return {"points": points, "dropped": dropped}


def find_problem(order: Order, stated: StatedPoint, seen: set[str]) -> str:
    """Why a point is left out; '' where it is not. `seen` are those before it."""
    if not stated.evidence:
        return "no_evidence"
    if find_quote(order.text, stated.evidence) is None:
        return "evidence_not_found"
    return "duplicate" if bare(stated.point) in seen else ""


def bare(text: str) -> str:
    """`text` without anything that makes no difference to what it says: case, blanks, widths, punctuation."""
    return NO_LETTER.sub("", squeeze(text)[0]).casefold()


POINTS = Extractor(kind="points", version=1, instructions=TASK, schema=PointsReply, read=read, max_tokens=MAX_TOKENS)

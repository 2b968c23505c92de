"""How well composed and coloured a picture is."""

from __future__ import annotations

from functools import partial
from typing import Any

from judging.material import Material
from judging.rubrics.base import Value
from judging.rubrics.json_reply import JsonReply, Reason, read_json
from judging.rubrics.servimage_score.part import Part, Quality
from judging.rubrics.servimage_score.veq import ask_each

NAME = "veq_aesthetic"
PROMPT = """\
Give one score from 0 to 5; halves are allowed.

"aesthetic": would a professional designer hand this in? Look at composition and balance, colour and contrast, hierarchy and use of \
space, light and mood, how finished it is, within the style that the picture has chosen.
5 outstanding, nothing to improve; 4 good professional work; 3 correct but plain; 2 unbalanced, clashing or unfinished; 1 ugly; \
0 no design to be seen.
Sharpness, errors of anatomy and spelling are judged elsewhere and do not count here.

Reply with JSON of this shape:
{"reason": "...", "aesthetic": 0 to 5}"""


class AestheticReply(JsonReply):
    reason: Reason
    aesthetic: Quality


def parse(reply: str) -> dict[str, Any]:
    """The score in [0, 5] with its reason. Raises Unusable."""
    return read_json(reply, AestheticReply).model_dump()


def score(_material: Material, sample: int | None, chunks: list[dict[str, Any]]) -> list[Value]:
    """The aesthetic score of one candidate."""
    return [Value(concept="veq_aesthetic", sample=sample, value=chunks[0]["aesthetic"], comment=chunks[0]["reason"])]


PART = Part(name=NAME, concepts=("veq_aesthetic",), ask=partial(ask_each, NAME, PROMPT, AestheticReply, parse), score=score)

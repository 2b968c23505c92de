"""Technical quality of a picture: clarity and realism."""

from __future__ import annotations

from functools import partial
from typing import Any

from judging.material import Material
from judging.rubrics.base import Value
from judging.rubrics.json_reply import JsonReply, Reason, read_json
from judging.rubrics.servimage_score.part import Part, Quality
from judging.rubrics.servimage_score.veq import ask_each

NAME = "veq_technical"
PROMPT = """\
Give two scores from 0 to 5; halves are allowed.

"clarity": is the picture sharp and clean where it means to be? Look for blur, noise, blockiness, ringing, banding, smeared or missing \
detail, wrong exposure.
5 no flaw even when looked at closely; 4 small flaws that a client would not notice; 3 visible flaws, still usable; 2 flaws that \
disturb at first sight; 1 badly degraded; 0 nothing can be made out.

"realism": does the picture obey the visible world? Look for impossible anatomy, hands and faces, melted or merged objects, broken \
perspective, light and shadow that contradict each other, materials and textures that look artificial.
5 could be a photograph of something real; 4 small slips found on a second look; 3 some parts look made up; 2 obviously artificial; \
1 most of it is broken; 0 no coherent scene.
A drawing, a logo or flat graphics is judged on the same scale.

"photographic": true if the picture is, or means to look like, a photograph; false for drawings, logos, flat graphics, layouts, renders.

Reply with JSON of this shape:
{"clarity_reason": "...", "clarity": 0 to 5, "realism_reason": "...", "realism": 0 to 5, "photographic": true or false}"""


class TechnicalReply(JsonReply):
    clarity_reason: Reason
    clarity: Quality
    realism_reason: Reason
    realism: Quality
    photographic: bool


def parse(reply: str) -> dict[str, Any]:
    """Both scores in [0, 5] with their reasons, and whether the picture is photographic. Raises Unusable."""
    return read_json(reply, TechnicalReply).model_dump()


def score(_material: Material, sample: int | None, chunks: list[dict[str, Any]]) -> list[Value]:
    """Clarity and realism. Realism asks for a photograph, which is hard on logos and drawings: `detail` says where it was none."""
    read = chunks[0]
    return [
        Value(concept="veq_clarity", sample=sample, value=read["clarity"], comment=read["clarity_reason"]),
        Value(
            concept="veq_realism",
            sample=sample,
            value=read["realism"],
            comment=read["realism_reason"],
            detail={"photographic": read["photographic"]},
        ),
    ]


PART = Part(name=NAME, concepts=("veq_clarity", "veq_realism"), ask=partial(ask_each, NAME, PROMPT, TechnicalReply, parse), score=score)

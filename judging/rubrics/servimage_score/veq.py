"""What the three questions about the quality of one picture share.

They are blind to the brief: content that misses it must not lower them. All three show the identical picture at the identical size,
so that a backend with local weights reads it once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from judging.material import Material
from judging.rubrics.base import Ask, CannotAsk, Limits
from judging.rubrics.json_reply import JsonReply
from judging.rubrics.layouts import SIDE_PX, cap
from judging.rubrics.wording import SYSTEM

BLIND = """\
You see one picture. You are not told what it was ordered for: judge how it is made, never what it shows or whether you like the subject."""
MAX_TOKENS = 400


def ask_each(
    part: str, prompt: str, schema: type[JsonReply], parse: Callable[[str], dict[str, Any]], material: Material, limits: Limits
) -> list[Ask | CannotAsk]:
    """The same question about each candidate, with nothing but its picture."""
    return [
        Ask(
            part=part,
            sample=sample.key,
            pictures=(sample.picture,),
            samples=(sample.key,),
            side_px=cap(SIDE_PX, limits),
            system=SYSTEM,
            prompt=f"{BLIND}\n\n{prompt}",
            schema=schema,
            parse=parse,
            max_tokens=MAX_TOKENS,
        )
        for sample in material.samples
    ]

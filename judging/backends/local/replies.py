"""From the text that a model wrote to a reply."""

from __future__ import annotations

from typing import Any

from judging.backends.base import Reply
from judging.backends.local.config import TransformersConfig
from judging.rubrics.base import Ask, Unusable, Why


def make_reply(ask: Ask, text: str, *, ended: bool, **took: Any) -> Reply:
    """The reply to `ask`, parsed, or with the reason why it is of no use; `took` are the other fields of a Reply.

    It is never asked a second time: the likeliest tokens would be the same, and a draw has one seed. `ended` is False where it was cut off.
    """
    try:
        return Reply(text=text, parsed=ask.parse(text), **took)
    except Unusable as error:
        why = error.why if ended else Why.CUT_OFF
        return Reply(text=text, parsed=None, why=why, detail=error.detail, **took)


def describe_sampling(config: TransformersConfig, ask: Ask) -> dict[str, Any]:
    """How the tokens of a reply were chosen; the seed says something only above temperature 0."""
    sampled = {"seed": config.seed} if config.temperature else {}
    return {"temperature": config.temperature, "max_tokens": ask.max_tokens, **sampled}

"""A question and its reply in the form in which both are stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from judging.backends.base import Reply
from judging.rubrics.base import Ask


def describe_reply(ask: Ask, reply: Reply) -> dict[str, Any]:
    """The columns of `judging.models.asked.Asked`."""
    return {
        "system": ask.system,
        "prompt": ask.prompt,
        "prompt_hash": ask.prompt_hash,
        "sent": clean(list(reply.sent)),
        "reply": clean(reply.text),
        "earlier": clean(list(reply.raw)),
        "why": reply.why or "",
        "detail": clean(reply.detail),
        "model": clean(reply.model[:200]),
        "revision": clean(reply.revision[:200]),
        "sampling": reply.sampling,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "cost_usd": None if reply.cost_usd is None else Decimal(f"{reply.cost_usd:.8f}"),
        "latency_ms": reply.latency_ms,
        "attempts": reply.attempts,
    }


def clean(said: Any) -> Any:
    """A text, or JSON-ready data, without what PostgreSQL refuses to store: a model may say anything."""
    if isinstance(said, str):
        return said.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(said, dict):
        return {clean(key): clean(value) for key, value in said.items()}
    return [clean(item) for item in said] if isinstance(said, list) else said

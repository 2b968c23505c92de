"""What every backend is: a question goes in, the raw reply comes out, with what it took."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from judging.rubrics.base import Ask, Limits, Why


class JudgeUnavailable(Exception):
    """The backend as a whole does not work (wrong address, no key, refused key, no such model): the run stops, nothing is stored."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of one question. `text` is the raw reply, '' where none came; `parsed` is None where it is unusable, with the reason.

    `raw` holds unusable replies of earlier attempts, oldest first, `sent` the texts sent instead of the prompt, by attempt, where they
    differ. `probability` in [0, 1] is that of the yes word where the backend
    read it off the logits. Tokens and cost are sums over all attempts, None where the backend does not tell.
    """

    text: str
    parsed: dict[str, Any] | None
    why: Why | None = None
    detail: str = ""
    raw: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    probability: float | None = None
    model: str = ""
    revision: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    latency_ms: int = 0
    attempts: int = 1
    sampling: dict[str, Any] = field(default_factory=dict)


class Backend(ABC):
    """A way to a model. `limits` is what one request takes. Used by one worker at a time, closed at the end."""

    limits: Limits

    @abstractmethod
    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply for each question, in order; how they are put together or run side by side is the backend's business.

        Raises JudgeUnavailable where none of them can be answered and asking again would not help.
        """

    def answer_each(self, asks: Sequence[Ask]) -> Generator[tuple[int, Reply], None, None]:
        """The number of each question, from 0, and its reply, in any order, so that replies can be kept as they come.

        Once it is closed no more questions are asked. Raises JudgeUnavailable, after the replies that came before.
        """
        yield from enumerate(self.answer(asks))

    def close(self) -> None:
        """Let go of connections and memory."""
        return
